// SPDX-License-Identifier: Apache-2.0

package openid

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/komsco/trust-platform/gateway/credential"
)

// contents are the algorithms that answers are encrypted by (OpenID4VP 1.0 section 8.3),
// their keys agreed on by ECDH-ES over P-256.
var contents = []jose.ContentEncryption{jose.A256GCM, jose.A128GCM}

// NewAnswerKey is a verifier's key for the answers to one request.
func NewAnswerKey() (*jose.JSONWebKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return &jose.JSONWebKey{Key: key, KeyID: "answer", Use: "enc", Algorithm: string(jose.ECDH_ES)}, nil
}

// Encrypted is a request that has its answers encrypted to a key.
func (o RequestObject) Encrypted(key *jose.JSONWebKey) (RequestObject, error) {
	public, err := json.Marshal(key.Public())
	if err != nil {
		return o, err
	}
	o.ResponseMode = DirectPostJWT
	o.Metadata.Keys = &Keys{Keys: []json.RawMessage{public}}
	for _, enc := range contents {
		o.Metadata.Encryptions = append(o.Metadata.Encryptions, string(enc))
	}
	return o, nil
}

// encrypter encrypts to the first key that is known here, by the first algorithm. It
// returns BAD_PRESENTATION_REQUEST where there is none.
func (m ClientMetadata) encrypter() (jose.Encrypter, error) {
	enc := jose.A128GCM // where nothing is said
	if m.Encryptions != nil {
		at := slices.IndexFunc(m.Encryptions, func(said string) bool { return slices.Contains(contents, jose.ContentEncryption(said)) })
		if at < 0 {
			return nil, BadRequest.Errorf("answers encrypted by %.200q, known are %q", m.Encryptions, contents)
		}
		enc = jose.ContentEncryption(m.Encryptions[at])
	}
	if m.Keys == nil {
		return nil, BadRequest.Errorf("%s, but client_metadata has no jwks to encrypt to", DirectPostJWT)
	}
	for _, raw := range m.Keys.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) != nil || key.Algorithm != string(jose.ECDH_ES) || key.KeyID == "" || key.Use != "" && key.Use != "enc" {
			continue
		}
		if public, ok := key.Key.(*ecdsa.PublicKey); ok && public.Curve == elliptic.P256() {
			return jose.NewEncrypter(enc, jose.Recipient{Algorithm: jose.ECDH_ES, Key: public, KeyID: key.KeyID}, nil)
		}
	}
	return nil, BadRequest.Errorf("none of %d keys is one to encrypt to: P-256 with a kid, alg ECDH-ES, use enc", len(m.Keys.Keys))
}

// seal encrypts an answer.
func seal(by jose.Encrypter, answer map[string]any) (string, error) {
	raw, err := json.Marshal(answer)
	if err != nil {
		return "", err
	}
	sealed, err := by.Encrypt(raw)
	if err != nil {
		return "", err
	}
	return sealed.CompactSerialize()
}

// unseal decrypts an answer.
func unseal(sealed string, key *jose.JSONWebKey) (Response, error) {
	parsed, err := jose.ParseEncryptedCompact(sealed, []jose.KeyAlgorithm{jose.ECDH_ES}, contents)
	if err != nil {
		return Response{}, Errorf(InvalidRequest, "response: a compact JWE by ECDH-ES and one of %s is needed: %s", contents, err)
	}
	if parsed.Header.KeyID != key.KeyID {
		return Response{}, Errorf(InvalidRequest, "response is encrypted to the key %.80s, this request's is %s", parsed.Header.KeyID, key.KeyID)
	}
	raw, err := parsed.Decrypt(key.Key)
	if err != nil {
		return Response{}, Errorf(InvalidRequest, "response does not decrypt with this request's key")
	}
	var inner struct {
		Response
		Token json.RawMessage `json:"vp_token"`
	}
	if err := credential.Decode(raw, &inner); err != nil {
		return Response{}, Errorf(InvalidRequest, "response holds no JSON object of an answer: %s", err)
	}
	inner.Response.Token = string(inner.Token)
	return inner.Response, nil
}

// ReadResponse reads a wallet's answer (sections 8.2 and 8.3.1), which has to be encrypted
// to a key unless there is none; but a wallet that cannot encrypt may say that it
// fails. It returns an [*Error].
func ReadResponse(form map[string]string, key *jose.JSONWebKey) (Response, error) {
	plain := Response{Token: form["vp_token"], State: form["state"], Error: form["error"], Description: form["error_description"]}
	sealed := form["response"]
	switch {
	case key == nil && sealed != "":
		return Response{}, Errorf(InvalidRequest, "the answer is encrypted, response_mode is %s", DirectPost)
	case key == nil:
	case sealed != "":
		return unseal(sealed, key)
	case plain.Error == "" || plain.Token != "":
		return plain, Errorf(InvalidRequest, "the answer is not encrypted, response_mode is %s", DirectPostJWT)
	}
	return plain, nil
}
