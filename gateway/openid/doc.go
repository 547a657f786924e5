// SPDX-License-Identifier: Apache-2.0

// Package openid speaks the open standards that wallets speak: OpenID for Verifiable
// Credential Issuance 1.0 (the pre-authorised code) and OpenID for Verifiable
// Presentations 1.0 (DCQL, direct_post, direct_post.jwt), with SD-JWT VC. [Wallet] is a
// holder's side; the messages are here for both sides, the gateway's own side is the
// gateway's.
package openid
