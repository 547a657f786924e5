// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"encoding/base64"
	"errors"
	"net/http"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
)

// evidence serves the ledger's own block behind a receipt's checkpoint, by which
// the receipt proves itself down to the consortium's certificates.
func (a *API) evidence(w http.ResponseWriter, r *http.Request) {
	s, err := a.anchoring()
	if err != nil {
		writeProblem(w, r, problemOf(err))
		return
	}
	n, err := index(r.PathValue("index"))
	if err != nil {
		writeProblem(w, r, anchorProblem(err))
		return
	}
	block, err := s.Evidence(r.Context(), r.PathValue("source"), n)
	if errors.Is(err, sealer.ErrNoEvidence) {
		writeProblem(w, r, notFound.problem(err.Error()))
		return
	}
	if err != nil {
		writeProblem(w, r, anchorProblem(err))
		return
	}
	file(w, "application/octet-stream", block)
}

// maxAnchorBody bounds a submission: a configuration block's data in base64 and
// what stands around it.
const maxAnchorBody = anchor.MaxData/3*4 + 1<<16

// BlockSubmission is another chain's header with the chain's own signatures.
type BlockSubmission struct {
	Format string `json:"format" enum:"fabric,qbft" doc:"fabric: Hyperledger Fabric, Raft or BFT. qbft: Besu and GoQuorum"`
	Header string `json:"header" maxLength:"32768" doc:"Base64. fabric: a common.Block with header and signatures alone. qbft: the header in RLP"`
	Data   string `json:"data,omitempty" maxLength:"1398104" doc:"Base64. fabric: the one envelope of a configuration block, and nothing of others"`
}

func (b BlockSubmission) record(submitter string) (anchor.Record, error) {
	header, err := base64.StdEncoding.Strict().DecodeString(b.Header)
	if err != nil {
		return anchor.Record{}, anchor.InvalidRecord.Errorf("header is not in base64")
	}
	data, err := base64.StdEncoding.Strict().DecodeString(b.Data)
	if err != nil {
		return anchor.Record{}, anchor.InvalidRecord.Errorf("data is not in base64")
	}
	return anchor.BlockRecord(submitter, anchor.Format(b.Format), header, data)
}
