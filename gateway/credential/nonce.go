// SPDX-License-Identifier: Apache-2.0

package credential

import "crypto/rand"

// NewNonce is 16 fresh random bytes in base64url, 22 characters: a challenge, or the
// nonce of an [identity.SetStatus].
func NewNonce() string {
	raw := make([]byte, 16)
	if _, err := rand.Read(raw); err != nil {
		panic("credential: no randomness: " + err.Error()) // crypto/rand never fails on supported systems
	}
	return encode64(raw)
}
