// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"crypto/rand"
	"encoding/base64"
)

// Begin is an operation that creates a document with these keys. Each of them
// signs it; services, quorums and next keys may be set before.
func Begin(place Place, keys ...Key) Operation {
	entropy := make([]byte, 16)
	_, _ = rand.Read(entropy) // never fails (crypto/rand)
	return Operation{
		Type: Create, DID: Placeholder, Number: 1, AddKeys: keys, Entropy: base64.RawURLEncoding.EncodeToString(entropy),
	}.At(place)
}

// Next makes an operation continue what the result is of.
func (r Outcome) Next(place Place, o Operation) Operation {
	o.DID, o.Number, o.Previous = r.DID, r.Version+1, r.Digest
	return o.At(place)
}
