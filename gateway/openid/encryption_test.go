// SPDX-License-Identifier: Apache-2.0

package openid_test

import (
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/openid"
)

// Whatever is sent as an encrypted answer, or encrypted as one: it is read or refused as
// the standard has it.
func FuzzReadResponse(f *testing.F) {
	key, err := openid.NewAnswerKey()
	require.NoError(f, err)
	by, err := jose.NewEncrypter(jose.A128GCM, jose.Recipient{Algorithm: jose.ECDH_ES, Key: key.Public().Key, KeyID: key.KeyID}, nil)
	require.NoError(f, err)
	f.Add(`{"vp_token":{"d":["x"]},"state":"s"}`, true)
	f.Add(`{"error":"access_denied"}`, true)
	f.Add(`{"vp_token":7,"state":[]}`, true)
	f.Add(example, false) // to another key
	f.Fuzz(func(t *testing.T, said string, encrypt bool) {
		if encrypt {
			box, err := by.Encrypt([]byte(said))
			require.NoError(t, err)
			said, err = box.CompactSerialize()
			require.NoError(t, err)
		}
		_, err := openid.ReadResponse(map[string]string{"response": said}, key)
		if err != nil {
			require.ErrorIs(t, err, &openid.Error{Code: openid.InvalidRequest})
		}
	})
}

// The example of section 8.3, decrypted with the key that the standard gives for it.
func TestExampleOfTheStandard(t *testing.T) {
	var key jose.JSONWebKey
	require.NoError(t, key.UnmarshalJSON([]byte(`{"kty":"EC","kid":"ac","use":"enc","crv":"P-256","alg":"ECDH-ES",
		"x":"YO4epjifD-KWeq1sL2tNmm36BhXnkJ0He-WqMYrp9Fk","y":"Hekpm0zfK7C-YccH5iBjcIXgf6YdUvNUac_0At55Okk","d":"Et-3ce0omz8_TuZ96Df9lp0GAaaDoUnDe6X-CRO7Aww"}`)))
	r, err := openid.ReadResponse(map[string]string{"response": example}, &key)
	require.NoError(t, err)
	require.JSONEq(t, `{"example_credential_id":["eyJhb...YMetA"]}`, r.Token)
	key.KeyID = "answer"
	_, err = openid.ReadResponse(map[string]string{"response": example}, &key)
	require.ErrorContains(t, err, "encrypted to the key ac")
}

const example = "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSIsImtpZCI6ImFjIiwiZXBrIjp7Imt0eSI6IkVDIiwieCI6Im5ubVZwbTNWM2piaGNhZlFhUkJrU1ZOSGx3Wkh3dC05ck9wSnVmeVlJdWsiLCJ5I" +
	"joicjRmakRxd0p5czlxVU9QLV9iM21SNVNaRy0tQ3dPMm1pYzVWU05UWU45ZyIsImNydiI6IlAtMjU2In19..uAYcHRUSSn2X0WPX.yVzlGSYG4qbg0bq18JcUiDRw56yVnbKR8E7S7YlEtzT00RqE3Pw5oTpUG3hdLN" +
	"4taHZ9gC1kwak8JOnJgQ.1wR024_3-qtAlx1oFIUpQQ"
