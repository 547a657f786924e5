// SPDX-License-Identifier: Apache-2.0

// Package qr writes and reads what tills and phones show as QR codes: a shop's
// code, plain or with a signed request (EMVCo merchant-presented mode), and a
// payer's token (consumer-presented mode). README.md documents the formats. All
// errors are BAD_CODE, or the codes of what the code carries.
package qr

import (
	"strings"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// signer is how a key is named beside its DID: empty where it is the one key of a
// DID that resolves by itself, else algorithm and fragment.
func signer(h jws.Header) (id, rest string, err error) {
	id, fragment, err := did.Split(h.Kid)
	if err != nil {
		return "", "", err
	}
	if m, err := did.Resolve(id); err == nil && m.URL == h.Kid && m.Key.Alg == h.Alg {
		return id, "", nil
	}
	return id, h.Alg + " " + fragment, nil
}

// header is the header that signer named.
func header(id, rest, typ string) (jws.Header, error) {
	if rest == "" {
		m, err := did.Resolve(id)
		return jws.Header{Alg: m.Key.Alg, Kid: m.URL, Typ: typ}, err
	}
	alg, fragment, ok := strings.Cut(rest, " ")
	if !ok || fragment == "" {
		return jws.Header{}, currency.BadCode.Errorf("key %.80q is not an algorithm and a fragment", rest)
	}
	return jws.Header{Alg: alg, Kid: id + "#" + fragment, Typ: typ}, nil
}

// sealed builds a compact JWS again from its members and its signature.
func sealed(h jws.Header, payload currency.Payload, signature string) (string, error) {
	if err := payload.Validate(); err != nil {
		return "", err
	}
	input, err := jws.SigningInput(h, payload)
	if err != nil {
		return "", currency.BadCode.Errorf("%w", err)
	}
	compact := input + "." + signature
	if _, err := jws.Parse(compact); err != nil {
		return "", currency.BadCode.Errorf("what it carries is no signed statement: %w", err)
	}
	return compact, nil
}
