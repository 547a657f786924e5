// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/credential"
)

// A member is read by its exact name alone, and numbers stay as they were written.
func TestDecode(t *testing.T) {
	type said struct {
		Nonce string `json:"nonce"`
		Any   any    `json:"any"`
	}
	for name, tc := range map[string]struct {
		raw     string
		want    said
		refused bool
	}{
		"exact":         {raw: `{"nonce":"n","any":1.50}`, want: said{"n", json.Number("1.50")}},
		"within":        {raw: `{"any":[{"a":12345678901234567890}]}`, want: said{Any: []any{map[string]any{"a": json.Number("12345678901234567890")}}}},
		"another case":  {raw: `{"nonCe":"x"}`, want: said{}},
		"beside":        {raw: `{"nonce":"n","NONCE":"x"}`, want: said{Nonce: "n"}},
		"unknown":       {raw: `{"nonce":"n","other":{}}`, want: said{Nonce: "n"}},
		"twice":         {raw: `{"nonce":"n","nonce":"x"}`, refused: true},
		"another type":  {raw: `{"nonce":1}`, refused: true},
		"no object":     {raw: `["nonce"]`, refused: true},
		"something too": {raw: `{"nonce":"n"} {}`, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			var got said
			err := credential.Decode([]byte(tc.raw), &got)
			if tc.refused {
				require.ErrorIs(t, err, credential.Malformed)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}
