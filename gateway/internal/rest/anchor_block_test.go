// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric/fabrictest"
	"github.com/komsco/trust-platform/gateway/internal/anchortest"
	"github.com/komsco/trust-platform/gateway/internal/rest"
)

func TestBlocksOverHTTP(t *testing.T) {
	a := newArchive(t)
	chain, genesis := fabrictest.New(t, "kt", 1, false)
	hash := genesis.Hash()
	s := anchortest.NewSource(t, "kt", anchor.Chain, anchortest.Key("sealer"))
	s.Headers = &anchor.HeaderTerms{Format: anchor.FabricChain, Start: hex.EncodeToString(hash[:])}
	a.ledger.RegisterSource(t, s)
	require.Eventually(t, func() bool {
		_, err := a.sealer.Store().Source(t.Context(), "kt")
		return err == nil
	}, 10*time.Second, time.Millisecond)
	submission := func(b fabrictest.Block) rest.Submission {
		return rest.Submission{Submitter: "agent", Block: &rest.BlockSubmission{
			Format: "fabric", Header: base64.StdEncoding.EncodeToString(b.Marshal()), Data: base64.StdEncoding.EncodeToString(b.Data),
		}}
	}
	require.Equal(t, http.StatusCreated, a.post("kt", submission(genesis)).status)
	require.Equal(t, http.StatusOK, a.post("kt", submission(genesis)).status, "the first receipt again")
	next := chain.Next(t, []byte("transaction"))
	for name, tc := range map[string]struct {
		change func(*rest.Submission)
		code   string
	}{
		"not in base64":       {func(s *rest.Submission) { s.Block.Header = "%" }, "INVALID_RECORD"},
		"no block":            {func(s *rest.Submission) { s.Block.Header = "AAAA" }, "INVALID_RECORD"},
		"another format":      {func(s *rest.Submission) { s.Block.Format = "qbft" }, "INVALID_RECORD"},
		"an unknown format":   {func(s *rest.Submission) { s.Block.Format = "bitcoin" }, "BAD_REQUEST"},
		"data that is unused": {func(s *rest.Submission) { s.Block.Data = "AAAA" }, "INVALID_RECORD"},
		"a digest beside it":  {func(s *rest.Submission) { s.Digest = strings.Repeat("0", 64) }, "INVALID_RECORD"},
		"a DID for submitter": {func(s *rest.Submission) { s.Submitter = "did:key:z1" }, "INVALID_RECORD"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := submission(next)
			tc.change(&bad)
			got := a.post("kt", bad)
			require.GreaterOrEqual(t, got.status, 400)
			require.Contains(t, got.body, tc.code)
		})
	}
	require.Contains(t, a.post("docs", submission(next)).body, "KIND_REFUSED")
	require.Equal(t, http.StatusCreated, a.post("kt", submission(next)).status)
	var state struct {
		Chain *anchor.ChainTip
		Lag   *int64 `json:"lagSeconds"`
		Late  bool
	}
	require.NoError(t, json.Unmarshal([]byte(a.get("/v1/sources/kt").body), &state))
	require.EqualValues(t, 1, state.Chain.Height)
	require.NotNil(t, state.Lag)
	require.Equal(t, http.StatusNotFound, a.get("/v1/sources/kt/records/0/evidence").status, "a ledger in memory has no blocks to give")
}
