// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
)

const elsewhere = "https://x.example/statuslists/1"

// checkAgainst is the status check of an SD-JWT VC whose entry is in a supplied list.
func (o *office) checkAgainst(list string, index int) credential.Check {
	o.t.Helper()
	s := o.diploma()
	s.Holder, s.Status = nil, &credential.StatusRef{URI: elsewhere, Index: index}
	issued, err := s.Sign(o.issuer.Signer)
	require.NoError(o.t, err)
	v := o.verifier
	v.Lists = map[string]string{elsewhere: list}
	r, err := v.Credential(o.t.Context(), issued, credential.Demand{})
	require.NoError(o.t, err)
	return r.Of(credential.Status)
}

func packed(t *testing.T, raw ...byte) string {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, err := w.Write(raw)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return base64.RawURLEncoding.EncodeToString(b.Bytes())
}

// The lists of the draft's section 4 are read as it says.
func TestStatusTokenVectors(t *testing.T) {
	o := newOffice(t, "ES256")
	for _, tc := range []struct {
		name     string
		bits     int
		lst      string
		statuses []int
	}{
		{"of one bit", 1, "eNrbuRgAAhcBXQ", []int{1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1}},
		{"of two", 2, packed(t, 0xc9, 0x44, 0xf9), []int{1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3}},
		{"of four", 4, packed(t, 0x20, 0xf1), []int{0, 2, 1, 15}},
		{"of a byte", 8, packed(t, 0, 1, 2, 200), []int{0, 1, 2, 200}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			list, err := credential.SignToken(credential.FormatStatusToken, object{
				"sub": elsewhere, "iat": o.now(), "status_list": object{"bits": tc.bits, "lst": tc.lst},
			}, o.issuer.Signer, false)
			require.NoError(t, err)
			for i, status := range tc.statuses {
				want := map[int]string{0: "", 1: "CREDENTIAL_REVOKED", 2: "CREDENTIAL_SUSPENDED"}
				code, known := want[status]
				if !known {
					code = "STATUS_UNPROVED"
				}
				got := o.checkAgainst(list, i)
				require.Equal(t, code, got.Code, "entry %d: %s", i, got.Reason)
			}
			require.Equal(t, "STATUS_UNPROVED", o.checkAgainst(list, len(tc.statuses)).Code)
		})
	}
}

// What is signed here is read back, of both purposes.
func TestSignStatusToken(t *testing.T) {
	o := newOffice(t, "ES256")
	bits := make([]byte, identity.MinEntries/8)
	bits[0], bits[9] = 0x80, 0x01 // entries 0 and 79
	for purpose, code := range map[identity.StatusPurpose]string{identity.Revocation: "CREDENTIAL_REVOKED", identity.Suspension: "CREDENTIAL_SUSPENDED"} {
		t.Run(string(purpose), func(t *testing.T) {
			var list identity.StatusBits
			list.Purpose, list.Bits = purpose, bits
			signed, err := credential.SignStatusToken(list, elsewhere, o.ledger.Now(), o.ledger.Now().Add(time.Hour), o.issuer.Signer)
			require.NoError(t, err)
			for i, want := range map[int]string{0: code, 1: "", 7: "", 72: "", 78: "", 79: code, 80: "", identity.MinEntries - 1: "", identity.MinEntries: "STATUS_UNPROVED"} {
				got := o.checkAgainst(signed, i)
				require.Equal(t, want, got.Code, "entry %d: %s", i, got.Reason)
			}
		})
	}
}

func TestStatusTokenRefused(t *testing.T) {
	o := newOffice(t, "ES256")
	one := packed(t, 1)
	for name, tc := range map[string]struct {
		change func(claims object)
		by     credential.Signer
		want   string
	}{
		"good":              {nil, o.issuer.Signer, "CREDENTIAL_REVOKED"},
		"another's":         {nil, o.company.Signer, "STATUS_UNPROVED"},
		"of another place":  {func(c object) { c["sub"] = elsewhere + "0" }, o.issuer.Signer, "STATUS_UNPROVED"},
		"over":              {func(c object) { c["exp"] = o.now() - 120 }, o.issuer.Signer, "CREDENTIAL_EXPIRED"},
		"of the future":     {func(c object) { c["iat"] = o.now() + 3600 }, o.issuer.Signer, "NOT_YET_VALID"},
		"no list":           {func(c object) { delete(c, "status_list") }, o.issuer.Signer, "CREDENTIAL_MALFORMED"},
		"of three bits":     {func(c object) { c["status_list"] = object{"bits": 3, "lst": one} }, o.issuer.Signer, "CREDENTIAL_MALFORMED"},
		"not packed":        {func(c object) { c["status_list"] = object{"bits": 1, "lst": "AAAA"} }, o.issuer.Signer, "CREDENTIAL_MALFORMED"},
		"packed to the end": {func(c object) { c["status_list"] = object{"bits": 1, "lst": one[:8]} }, o.issuer.Signer, "CREDENTIAL_MALFORMED"},
		"larger than any":   {func(c object) { c["status_list"] = object{"bits": 1, "lst": packed(t, make([]byte, 2<<20+1)...)} }, o.issuer.Signer, "CREDENTIAL_MALFORMED"},
	} {
		t.Run(name, func(t *testing.T) {
			claims := object{"sub": elsewhere, "iat": o.now(), "exp": o.now() + 60, "status_list": object{"bits": 1, "lst": one}}
			if tc.change != nil {
				tc.change(claims)
			}
			list, err := credential.SignToken(credential.FormatStatusToken, claims, tc.by, false)
			require.NoError(t, err)
			got := o.checkAgainst(list, 0)
			require.Equal(t, tc.want, got.Code, got.Reason)
		})
	}
}
