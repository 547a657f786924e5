// SPDX-License-Identifier: Apache-2.0

package jws_test

import (
	"errors"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// ES256K is read only by who asks for it.
func TestES256K(t *testing.T) {
	private := secp256k1.PrivKeyFromBytes([]byte{9})
	key := did.Key{Alg: did.ES256K, Secp256k1: private.PubKey()}
	_, kid := did.OfKey(key)
	compact, err := jws.Signer{Key: did.Secp256k1Signer{Key: private}, Kid: kid}.Sign("note+jws", note{Amount: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jws.Parse(compact); !errors.Is(err, code.BadJWS) {
		t.Errorf("accepted without being asked for: %v", err)
	}
	m, err := jws.Parse(compact, did.ES256K)
	if err != nil || m.Header.Alg != "ES256K" {
		t.Fatalf("%+v, %v", m, err)
	}
	if err := m.Verify(key); err != nil {
		t.Error(err)
	}
	for _, other := range signers(t) {
		if err := m.Verify(other.key); !errors.Is(err, code.BadSignature) {
			t.Errorf("verifies under a key for %s: %v", other.key.Alg, err)
		}
	}
}
