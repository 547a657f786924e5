// SPDX-License-Identifier: Apache-2.0

// Package credential issues, holds and verifies credentials, for issuers, wallets
// and verifiers. It needs no gateway and no network: what it asks of the ledger
// goes through the [Ledger] it is given, which [gateway.Identity] is.
//
// Formats, each issued and verified:
//
//   - SD-JWT VC (dc+sd-jwt) with key binding: RFC 9901, draft-ietf-oauth-sd-jwt-vc.
//   - VC 2.0 as JOSE (vc+jwt, vp+jwt): W3C VC-JOSE-COSE.
//   - VC 2.0 with Data Integrity: ecdsa-jcs-2019 and eddsa-jcs-2022; eddsa-rdfc-2022
//     is verified only.
//
// A [Verifier] answers a [Report] that tells each check by itself. What a credential
// or a [Demand] calls for and cannot be checked has failed: only what nobody calls
// for is told as not checked.
//
// Keys sign through [crypto.Signer], so they may live in a phone's secure element or
// an HSM; where not even that is possible, Prepare functions answer a [Draft] to be
// signed elsewhere. CREDENTIALS.md has the formats and rules in full.
package credential
