// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// The JOSE algorithms that are accepted (RFC 7518, 8037, 8812).
var algorithms = []string{"ES256", "EdDSA", did.ES256K}

// token is a parsed compact JWS whose signature was not checked yet.
type token struct {
	typ, kid, alg string
	header        Object
	claims        Object
	input         string
	signature     []byte
}

// parseToken reads a compact JWS with a JSON object as payload. It returns
// CREDENTIAL_MALFORMED, or CREDENTIAL_UNSUPPORTED for another algorithm or a header
// that changes what the signature means.
func parseToken(compact string) (*token, error) {
	if len(compact) > MaxSize {
		return nil, Malformed.Errorf("%d bytes, at most %d", len(compact), MaxSize)
	}
	parts := strings.Split(compact, ".")
	if len(parts) != 3 {
		return nil, Malformed.Errorf("a compact JWS has 3 parts, this %d", len(parts))
	}
	var raw [3][]byte
	for i, part := range parts {
		var err error
		if raw[i], err = decode64(part); err != nil {
			return nil, err
		}
	}
	header, err := decodeObject(raw[0])
	if err != nil {
		return nil, err
	}
	if _, critical := header["crit"]; critical {
		return nil, Unsupported.Errorf("header with crit")
	}
	if _, unencoded := header["b64"]; unencoded {
		return nil, Unsupported.Errorf("header with b64")
	}
	t := &token{header: header, input: parts[0] + "." + parts[1], signature: raw[2]}
	for _, member := range []struct {
		name string
		to   *string
	}{{"alg", &t.alg}, {"kid", &t.kid}, {"typ", &t.typ}} {
		v, there := header[member.name]
		if *member.to, _ = v.(string); there && *member.to == "" {
			return nil, Malformed.Errorf("%s of the header is no text", member.name)
		}
	}
	if !slices.Contains(algorithms, t.alg) {
		return nil, Unsupported.Errorf("alg %.20q; accepted are %s", t.alg, strings.Join(algorithms, ", "))
	}
	t.claims, err = decodeObject(raw[1])
	return t, err
}

// verify returns BAD_SIGNATURE unless the signature is the key's.
func (t *token) verify(key did.Key) error {
	if key.Alg != t.alg {
		return code.BadSignature.Errorf("signed as %s by a key for %s", t.alg, key.Alg)
	}
	if !key.Verify([]byte(t.input), t.signature) {
		return code.BadSignature.Errorf("the signature does not verify under %.120s", t.kid)
	}
	return nil
}

// header of a token that is made here.
type header struct {
	Alg string   `json:"alg"`
	Cty string   `json:"cty,omitempty"`
	JWK *did.JWK `json:"jwk,omitempty"`
	Kid string   `json:"kid,omitempty"`
	Typ string   `json:"typ"`
}

// draftToken is a token to be signed.
func draftToken(h header, claims Object, finish func(compact string) (string, error)) (Draft, error) {
	head, err := encode(h)
	if err != nil {
		return Draft{}, err
	}
	body, err := encode(claims)
	if err != nil {
		return Draft{}, err
	}
	input := encode64(head) + "." + encode64(body)
	return Draft{Alg: h.Alg, Kid: h.Kid, Input: []byte(input), finish: func(signature []byte) (string, error) {
		return finish(input + "." + encode64(signature))
	}}, nil
}
