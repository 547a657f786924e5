// SPDX-License-Identifier: Apache-2.0

package did_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// The generator of secp256k1 (SEC 2 section 2.4.1), the public key of 1.
const generatorX, generatorY = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
	"483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"

func secp256k1Key(b byte) (did.Secp256k1Signer, did.Key) {
	private := secp256k1.PrivKeyFromBytes([]byte{b})
	return did.Secp256k1Signer{Key: private}, did.Key{Alg: did.ES256K, Secp256k1: private.PubKey()}
}

func TestSecp256k1IsAskedFor(t *testing.T) {
	_, key := secp256k1Key(1)
	url, _ := did.OfKey(key)
	if jwk := key.JWK(); jwk.Crv != "secp256k1" || jwk.Kty != "EC" || jwk.X != fromHex(t, generatorX) || jwk.Y != fromHex(t, generatorY) {
		t.Errorf("the generator is %+v", jwk)
	}
	if _, err := did.Resolve(url); !errors.Is(err, code.BadDID) {
		t.Errorf("accepted without being asked for: %v", err)
	}
	if _, err := key.JWK().Key(); !errors.Is(err, code.BadDID) {
		t.Errorf("JWK accepted without being asked for: %v", err)
	}
	m, err := did.Resolve(url, did.ES256K)
	if err != nil || m.Key.Alg != did.ES256K || !m.Key.Secp256k1.IsEqual(key.Secp256k1) {
		t.Errorf("resolves to %+v, %v", m, err)
	}
	again, err := key.JWK().Key(did.ES256K)
	if err != nil || again.Thumbprint() != key.Thumbprint() || again.Multikey() != key.Multikey() {
		t.Errorf("by way of a JWK: %+v, %v", again, err)
	}
	off := key.JWK()
	off.Y = off.X
	if _, err := off.Key(did.ES256K); !errors.Is(err, code.BadDID) {
		t.Errorf("a point off the curve: %v", err)
	}
}

// Both s and n−s are accepted; zero and numbers from n on are not.
func TestSecp256k1Signatures(t *testing.T) {
	signer, key := secp256k1Key(7)
	message := []byte("note")
	digest := sha256.Sum256(message)
	der, err := signer.Sign(nil, digest[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	sig := raw(t, der)
	var s secp256k1.ModNScalar
	s.SetByteSlice(sig[32:])
	if s.IsOverHalfOrder() {
		t.Error("we signed with the higher s, which other libraries refuse")
	}
	if !key.Verify(message, sig) {
		t.Error("the lower s does not verify")
	}
	s.Negate()
	high := s.Bytes()
	if !key.Verify(message, append(sig[:32:32], high[:]...)) {
		t.Error("the higher s does not verify")
	}
	_, other := secp256k1Key(8)
	n, _ := hex.DecodeString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
	for name, bad := range map[string][]byte{
		"63 bytes": sig[:63], "65 bytes": append(sig[:64:64], 0),
		"r zero": append(make([]byte, 32), sig[32:]...), "s zero": append(sig[:32:32], make([]byte, 32)...),
		"r is n": append(n[:32:32], sig[32:]...), "s is n": append(sig[:32:32], n...),
	} {
		if key.Verify(message, bad) {
			t.Errorf("%s verifies", name)
		}
	}
	if key.Verify([]byte("nota"), sig) || other.Verify(message, sig) {
		t.Error("verifies for another message or key")
	}
	if _, err := signer.Sign(nil, message, nil); err == nil {
		t.Error("signed what is no digest")
	}
}

// RFC 7638 section 3.1 has an RSA key only; RFC 8037 appendix A.3 has this one.
func TestThumbprint(t *testing.T) {
	key, err := did.JWK{Crv: "Ed25519", Kty: "OKP", X: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}.Key()
	if err != nil || key.Thumbprint() != "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" {
		t.Errorf("thumbprint %s, %v", key.Thumbprint(), err)
	}
}

func raw(t *testing.T, der []byte) []byte {
	t.Helper()
	// 0x30 len 0x02 len r 0x02 len s, each number without leading zeros but for its sign.
	sig := make([]byte, 64)
	r := der[4 : 4+int(der[3])]
	s := der[6+len(r):]
	for r[0] == 0 {
		r = r[1:]
	}
	copy(sig[32-len(r):], r)
	copy(sig[64-len(s):], s)
	return sig
}

func fromHex(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}
