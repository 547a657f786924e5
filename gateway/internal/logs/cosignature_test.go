// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"
)

// A cosignature counts as its key's, also one that a gateway before kept by the
// witness's name alone.
func TestCosignaturesByKey(t *testing.T) {
	dir := t.TempDir()
	s := reopen(t, nil, dir)
	line := func(name string, hash ...byte) string {
		return "— " + name + " " + base64.StdEncoding.EncodeToString(append(hash, "a signature"...)) + "\n"
	}
	_, err := s.write.Exec("INSERT INTO cosignature (source, size, witness, line) VALUES ('docs', 3, 'city.example', ?)", line("city.example", 1, 2, 3, 4))
	require.NoError(t, err)
	s = reopen(t, s, dir)
	// Nor is a gateway before that ran in between, or a line that is none, in the way.
	for size, kept := range map[int]string{3: line("city.example", 1, 2, 3, 4), 4: "?"} {
		_, err = s.write.Exec("INSERT INTO cosignature (source, size, witness, line) VALUES ('docs', ?, 'city.example', ?)", size, kept)
		require.NoError(t, err)
	}
	s = reopen(t, s, dir)
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.Cosign(t.Context(), "docs", 3, line("city.example", 5, 6, 7, 8)))
	require.NoError(t, s.Cosign(t.Context(), "docs", 5, line("bank.example", 9, 9, 9, 9)))
	require.NoError(t, s.Cosign(t.Context(), "docs", 5, line("city.example", 1, 2, 3, 4)))
	require.ErrorContains(t, s.Cosign(t.Context(), "docs", 5, "— city.example !\n"), "no signature")
	for _, tc := range []struct {
		witnesses []string
		at        uint64
	}{
		{[]string{"city.example+01020304"}, 3},
		{[]string{"city.example+05060708"}, 3},
		{[]string{"city.example+01020304", "bank.example+09090909"}, 5},
		{[]string{"city.example+05060708", "bank.example+09090909"}, 0},
		{[]string{"city.example"}, 0},
	} {
		at, err := s.CosignedAt(t.Context(), "docs", 0, tc.witnesses...)
		require.NoError(t, err)
		require.Equal(t, tc.at, at, tc.witnesses)
	}
	size, err := s.Cosigned(t.Context(), "docs", "city.example+05060708")
	require.NoError(t, err)
	require.EqualValues(t, 3, size)
}
