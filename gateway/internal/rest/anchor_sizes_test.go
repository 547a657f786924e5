// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/receipt"
)

// Between any two checkpoints there is a proof, from the empty tree an empty one,
// and none from a larger tree to a smaller, nor of sizes that were no checkpoint.
func TestConsistencyBetweenAnySizes(t *testing.T) {
	a := newArchive(t)
	for i := range 3 { // checkpoints of 1, 2 and 3 records
		got := a.post("docs", rest.Submission{Digest: hexDigest(fmt.Sprint("paper ", i))})
		require.Equal(t, http.StatusCreated, got.status, got.body)
	}
	key := parse[struct{ LogKey string }](t, a.get("/v1/sources/docs").body).LogKey
	policy, err := receipt.ParsePolicy([]byte("log " + key + "\nquorum none"))
	require.NoError(t, err)
	at := func(size int) receipt.Checkpoint {
		c, _, _, err := receipt.Open([]byte(a.get(fmt.Sprint("/v1/logs/docs/checkpoint/", size)).body), policy)
		require.NoError(t, err)
		return c
	}
	for to := 1; to <= 3; to++ {
		for from := 0; from <= 4; from++ {
			answer := a.get(fmt.Sprintf("/v1/sources/docs/consistency?from=%d&to=%d", from, to))
			if from > to {
				require.Equal(t, http.StatusNotFound, answer.status, "from %d to %d: %s", from, to, answer.body)
				continue
			}
			require.Equal(t, http.StatusOK, answer.status, answer.body)
			body := parse[struct{ Hashes []string }](t, answer.body)
			if from == 0 || from == to {
				require.Empty(t, body.Hashes)
			}
			if from == 0 {
				continue
			}
			var path [][receipt.HashSize]byte
			for _, text := range body.Hashes {
				h, err := base64.StdEncoding.DecodeString(text)
				require.NoError(t, err)
				path = append(path, [receipt.HashSize]byte(h))
			}
			require.NoError(t, receipt.CheckConsistency(at(from), at(to), path))
		}
	}
	require.Equal(t, http.StatusNotFound, a.get("/v1/sources/docs/consistency?from=1&to=4").status)
	require.Equal(t, http.StatusNotFound, a.get("/v1/logs/docs/checkpoint/4").status)
	require.NotEqual(t, http.StatusOK, a.get("/v1/logs/beef/checkpoint").status, "an empty log has no checkpoint")
}
