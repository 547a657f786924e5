// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"encoding/base64"
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway/internal/logs"
	"github.com/komsco/trust-platform/gateway/receipt"
)

func b64(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }

// forever lets caches keep what never changes.
const forever = "public, max-age=31536000, immutable"

// logFiles serves what is text or bytes: receipts, and each log as C2SP
// tlog-tiles under /v1/logs/{source}/.
func (a *API) logFiles() {
	a.mux.HandleFunc("GET /v1/sources/{source}/records/{index}/receipt", a.receipt)
	a.mux.HandleFunc("GET /v1/sources/{source}/records/{index}/evidence", a.evidence)
	a.mux.HandleFunc("GET /v1/logs/{source}/checkpoint", a.checkpoint)
	a.mux.HandleFunc("GET /v1/logs/{source}/checkpoint/{size}", a.checkpoint)
	a.mux.HandleFunc("GET /v1/logs/{source}/tile/{path...}", a.tile)
	a.mux.HandleFunc("POST /v1/witness/add-checkpoint", func(w http.ResponseWriter, r *http.Request) {
		if a.witness == nil {
			writeProblem(w, r, noWitness.problem("start the gateway with --witness-dir and --witness-name"))
			return
		}
		a.witness.ServeHTTP(w, r)
	})
	a.mux.HandleFunc("GET /verify", a.verifyPage)
	a.mux.HandleFunc("GET /v1/witness/key", func(w http.ResponseWriter, r *http.Request) {
		if a.witness == nil {
			writeProblem(w, r, noWitness.problem("start the gateway with --witness-dir and --witness-name"))
			return
		}
		plain(w, a.witness.Key())
	})
}

func (a *API) receipt(w http.ResponseWriter, r *http.Request) {
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
	form, err := formOf(r)
	if err != nil {
		writeProblem(w, r, problemOf(err))
		return
	}
	w.Header().Set("Vary", "Accept")
	got, err := s.Receipt(r.Context(), r.PathValue("source"), n)
	if err != nil {
		writeProblem(w, r, anchorProblem(err))
		return
	}
	if form == receipt.FormProof {
		file(w, "text/plain; charset=utf-8", got.Marshal())
		return
	}
	raw, err := s.COSE(r.Context(), r.PathValue("source"), got)
	if err != nil {
		writeProblem(w, r, anchorProblem(err))
		return
	}
	file(w, mediaCOSE, raw)
}

// mediaCOSE is the media type of a COSE_Sign1 (RFC 9052 section 2).
const mediaCOSE = `application/cose; cose-type="cose-sign1"`

// formOf is the form of receipt that is asked for: ?form wins over Accept, and
// without either it is a tlog-proof.
func formOf(r *http.Request) (string, error) {
	switch form := r.URL.Query().Get("form"); form {
	case receipt.FormProof, receipt.FormCOSE:
		return form, nil
	case "":
	default:
		return "", code.BadRequest.Errorf("form %.40q: %s and %s are known", form, receipt.FormProof, receipt.FormCOSE)
	}
	for one := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		switch media, _, _ := mime.ParseMediaType(one); media {
		case "application/cose":
			return receipt.FormCOSE, nil
		case "text/plain":
			return receipt.FormProof, nil
		}
	}
	return receipt.FormProof, nil
}

func (a *API) checkpoint(w http.ResponseWriter, r *http.Request) {
	s, err := a.anchoring()
	if err != nil {
		writeProblem(w, r, problemOf(err))
		return
	}
	size := uint64(0)
	if text := r.PathValue("size"); text != "" {
		if size, err = index(text); err != nil {
			writeProblem(w, r, anchorProblem(err))
			return
		}
	}
	_, signed, err := s.Checkpoint(r.Context(), r.PathValue("source"), size)
	if err != nil {
		writeProblem(w, r, anchorProblem(err))
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	file(w, "text/plain; charset=utf-8", signed)
}

func (a *API) tile(w http.ResponseWriter, r *http.Request) {
	s, err := a.anchoring()
	if err != nil {
		writeProblem(w, r, problemOf(err))
		return
	}
	if err := s.Err(); err != nil {
		writeProblem(w, r, anchorProblem(err))
		return
	}
	source := r.PathValue("source")
	log, err := s.Store().Log(r.Context(), source)
	if err != nil {
		writeProblem(w, r, anchorProblem(err))
		return
	}
	raw, err := s.Store().Tiles(source).Read(r.PathValue("path"), log.Size)
	if errors.Is(err, logs.ErrNoTile) {
		writeProblem(w, r, notFound.problem("a tree of that size has no such tile: "+strings.TrimPrefix(r.URL.Path, "/v1/logs/"+source+"/")))
		return
	}
	if err != nil {
		writeProblem(w, r, anchorProblem(err))
		return
	}
	w.Header().Set("Cache-Control", forever)
	file(w, "application/octet-stream", raw)
}

// file answers with bytes that no browser takes for a page.
func file(w http.ResponseWriter, media string, raw []byte) {
	w.Header().Set("Content-Type", media)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(raw) //nolint:gosec // neither text/html nor sniffed; the client is gone if this fails
}

// WithVerifyPage has the API serve the page that verifies receipts (see
// cmd/verify-page) at /verify.
func (a *API) WithVerifyPage(page []byte) *API {
	a.page = page
	return a
}

// verifyPage serves the page. The browser is told that it may connect to nothing,
// whatever the page says.
func (a *API) verifyPage(w http.ResponseWriter, r *http.Request) {
	if len(a.page) == 0 {
		writeProblem(w, r, noPage.problem("start the gateway with --verify-page"))
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-cache")
	file(w, "text/html; charset=utf-8", a.page)
}
