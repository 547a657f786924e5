// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/logs"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
	"github.com/komsco/trust-platform/gateway/internal/witness"
)

// The codes of anchoring that are the gateway's own.
var (
	noSealer      = Code{"NO_SEALER", http.StatusNotFound, "This gateway seals no logs."}
	sealerStopped = Code{"SEALER_STOPPED", http.StatusServiceUnavailable, "The gateway's logs are not what the ledger says they are, or cannot be written; nothing is sealed or served until an operator has looked."}
	queueFull     = Code{"QUEUE_FULL", http.StatusServiceUnavailable, "As many records wait to be sealed as the gateway holds; none of the request was taken. Send it again later."}
	recordUnknown = Code{"RECORD_UNKNOWN", http.StatusNotFound, "The source has no such record, and none waits to be sealed."}

	noPage    = Code{"NO_VERIFY_PAGE", http.StatusNotFound, "This gateway does not serve the page that verifies receipts."}
	noWitness = Code{"NO_WITNESS", http.StatusNotFound, "This gateway is not a witness."}

	anchorCodes = []Code{noSealer, sealerStopped, queueFull, recordUnknown, noWitness, noPage}
)

// sealWait is how long a submission waits to be sealed before it is answered
// without.
const sealWait = 30 * time.Second

// WithAnchor has the API serve a sealer's logs.
func (a *API) WithAnchor(s *sealer.Sealer) *API {
	a.sealer = s
	return a
}

// WithWitness has the API cosign checkpoints as its organisation's witness.
func (a *API) WithWitness(w *witness.Witness) *API {
	a.witness = w
	return a
}

// Submission is a record to be anchored. Exactly one of digest, deposit, step,
// header and block says what it is.
type Submission struct {
	Digest    string   `json:"digest,omitempty" doc:"Digest of the content (of salt and content, where it could be guessed), lower-case hex"`
	Algorithm string   `json:"algorithm,omitempty" enum:"sha-256,sha-384,sha-512,sha3-256,sha3-512,keccak-256" doc:"Of the digest; sha-256 if left out"`
	Kind      string   `json:"kind,omitempty" enum:"notarise,manifest" doc:"notarise if left out; manifest: the digest is the root of many files' tree"`
	Reference string   `json:"reference,omitempty" doc:"SHA-256 of your own reference, hex, to find the record by"`
	Submitter string   `json:"submitter,omitempty" doc:"Name under which it is deposited; nothing proves it. To deposit under a DID, sign a deposit"`
	Deposit   string   `json:"deposit,omitempty" doc:"deposit+jws: digest and all, signed by the submitter's DID"`
	Step      string   `json:"step,omitempty" doc:"step+jws: a step in an item's history, signed by a DID"`
	Header    []string `json:"header,omitempty" maxItems:"16" doc:"header+jws: another chain's header, signed by its keys"`
	// Block is a pointer so that it can be left out.
	Block *BlockSubmission `json:"block,omitempty" doc:"Another chain's header with the chain's own signatures"`
}

// unsigned is the submitter of what names none.
const unsigned = "unsigned"

// record is the record that a submission stands for.
func (s Submission) record(p anchor.Place, source string) (anchor.Record, error) {
	forms := 0
	for _, there := range []bool{s.Digest != "", s.Deposit != "", s.Step != "", len(s.Header) > 0, s.Block != nil} {
		if there {
			forms++
		}
	}
	plain := s.Algorithm == "" && s.Kind == "" && s.Reference == ""
	if forms != 1 || s.Digest == "" && !plain {
		return anchor.Record{}, anchor.InvalidRecord.Errorf("exactly one of digest, deposit, step, header and block is needed; algorithm, kind and reference belong to digest")
	}
	if strings.HasPrefix(s.Submitter, "did:") || s.Submitter != "" && (s.Deposit != "" || s.Step != "") {
		return anchor.Record{}, anchor.InvalidRecord.Errorf("submitter %.80q: a DID is proved by a signature, in deposit or step, and named nowhere else", s.Submitter)
	}
	submitter := s.Submitter
	if submitter == "" {
		submitter = unsigned
	}
	switch {
	case s.Deposit != "":
		return anchor.DepositRecord(s.Deposit, p, source)
	case s.Step != "":
		return anchor.StepRecord(s.Step)
	case len(s.Header) > 0:
		return anchor.HeaderRecord(submitter, s.Header...)
	case s.Block != nil:
		return s.Block.record(submitter)
	}
	kind, algorithm := anchor.Notarise, anchor.SHA256
	if s.Kind != "" {
		if err := kind.UnmarshalText([]byte(s.Kind)); err != nil {
			return anchor.Record{}, err
		}
	}
	if s.Algorithm != "" {
		if err := algorithm.UnmarshalText([]byte(s.Algorithm)); err != nil {
			return anchor.Record{}, err
		}
	}
	r, err := anchor.NewRecord(kind, algorithm, s.Digest, s.Reference)
	r.Submitter = submitter
	return r, err
}

// Anchored is where a record stands.
type Anchored struct {
	Status    string  `json:"status" enum:"sealed,waiting,refused"`
	Source    string  `json:"source"`
	Algorithm string  `json:"algorithm"`
	Digest    string  `json:"digest" doc:"Lower-case hex"`
	Index     *uint64 `json:"index,omitempty" doc:"Of the leaf in the source's log, once sealed"`
	Receipt   string  `json:"receipt,omitempty" doc:"Where its receipt is"`
	Code      string  `json:"code,omitempty" doc:"Why the ledger refused it; see /v1/errors"`
	Detail    string  `json:"detail,omitempty"`
}

func anchored(source string, algorithm anchor.Algorithm, digest []byte, st logs.State) Anchored {
	out := Anchored{Status: "waiting", Source: source, Algorithm: algorithm.String(), Digest: hex.EncodeToString(digest)}
	switch {
	case st.Sealed:
		out.Status, out.Index = "sealed", &st.Index
		out.Receipt = fmt.Sprintf("/v1/sources/%s/records/%d/receipt", source, st.Index)
	case st.Code != "":
		out.Status, out.Code, out.Detail = "refused", st.Code, st.Detail
	}
	return out
}

func (o Anchored) location() string {
	return fmt.Sprintf("/v1/sources/%s/digests/%s/%s", o.Source, o.Algorithm, o.Digest)
}

type anchorOutput struct {
	Status   int
	Location string `header:"Location" doc:"Where the record's status is told"`
	Hit      string `header:"Idempotency-Hit" doc:"true, where the digest was there before: the first receipt"`
	Body     Anchored
}

// SourceInput is exported so that huma fills it where it is embedded.
type SourceInput struct {
	Source string `path:"source" doc:"Source id"`
}

// anchors registers what serves sources and their logs.
func (a *API) anchors() {
	get := func(id, path, summary string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"anchoring"},
			Errors: problems(400, 403, 404, 500, 503),
		}
	}
	huma.Register(a.huma, huma.Operation{
		OperationID: "anchor-record", Method: http.MethodPost, Path: "/v1/sources/{source}/records", Tags: []string{"anchoring"},
		Summary: "Anchor a record in a source's log",
		Description: "201 when it was sealed now, 200 when the source has the digest since before (under the same DID, where one signed for it), 202 when it waits: it is on the gateway's disk then and " +
			"will be sealed. For thousands, POST NDJSON to /v1/sources/{source}/records:batch, a submission a line; each line is answered in turn with " +
			"where its record stands, or a problem. Lines are answered once they are on disk.",
		DefaultStatus: http.StatusCreated, MaxBodyBytes: maxAnchorBody,
		Responses: map[string]*huma.Response{
			"200": a.response("The source has the digest since before", Anchored{}),
			"202": a.response("Taken; Location tells where its status is", Anchored{}),
		},
		Errors: problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 500, 503),
	}, a.anchorOne)
	a.mux.HandleFunc("POST /v1/sources/{source}/records:batch", a.anchorMany)
	huma.Register(a.huma, get("digest-status", "/v1/sources/{source}/digests/{algorithm}/{digest}", "Where a digest stands: sealed, waiting or refused"), a.digestStatus)
	huma.Register(a.huma, get("find-records", "/v1/sources/{source}/records", "Records of a reference, an item or a height"), a.findRecords)
	huma.Register(a.huma, get("record", "/v1/sources/{source}/records/{index}", "A record of a source's log"), a.record)
	huma.Register(a.huma, get("source", "/v1/sources/{source}", "A source, its log, and what this gateway would seal it with"), a.source)
	huma.Register(a.huma, get("consistency", "/v1/sources/{source}/consistency", "Proof that a log only grew between two checkpoints"), a.consistency)
	a.logFiles()
}

// anchoring is the sealer, or the problem that there is none.
func (a *API) anchoring() (*sealer.Sealer, error) {
	if a.sealer == nil {
		return nil, noSealer.problem("start the gateway with --anchor-dir")
	}
	return a.sealer, nil
}

func (a *API) anchorOne(ctx context.Context, in *struct {
	SourceInput
	Wait string `query:"wait" enum:"sealed,accepted" doc:"sealed (default): answer when it is sealed. accepted: answer as soon as it is on disk"`
	Body Submission
},
) (*anchorOutput, error) {
	s, err := a.anchoring()
	if err != nil {
		return nil, err
	}
	r, err := in.Body.record(s.Place, in.Source)
	if err != nil {
		return nil, anchorProblem(err)
	}
	states, err := s.Submit(ctx, in.Source, []anchor.Record{r})
	if err != nil {
		return nil, anchorProblem(err)
	}
	st := states[0]
	if !st.Sealed && in.Wait != "accepted" {
		waiting, cancel := context.WithTimeout(ctx, sealWait)
		defer cancel()
		settled, err := s.Await(waiting, in.Source, r)
		if err != nil && waiting.Err() == nil {
			return nil, anchorProblem(err)
		}
		if err == nil {
			settled[0].Before = st.Before
			st = settled[0]
		}
	}
	if st.Code != "" {
		return nil, anchorProblem(sealer.Refusal(st))
	}
	out := &anchorOutput{Status: http.StatusAccepted, Body: anchored(in.Source, r.Algorithm, r.Digest, st)}
	out.Location = out.Body.location()
	if st.Before {
		out.Hit = "true"
	}
	if st.Sealed {
		out.Status = http.StatusCreated
		if st.Before {
			out.Status = http.StatusOK
		}
	}
	return out, nil
}

func (a *API) digestStatus(ctx context.Context, in *struct {
	SourceInput
	Algorithm string `path:"algorithm" enum:"sha-256,sha-384,sha-512,sha3-256,sha3-512,keccak-256"`
	Digest    string `path:"digest" doc:"Lower-case hex"`
},
) (*output[Anchored], error) {
	s, err := a.anchoring()
	if err != nil {
		return nil, err
	}
	r, err := Submission{Digest: in.Digest, Algorithm: in.Algorithm}.record(s.Place, in.Source)
	if err != nil {
		return nil, anchorProblem(err)
	}
	st, err := s.Store().State(ctx, in.Source, logs.Name(r))
	if err != nil {
		return nil, anchorProblem(err)
	}
	return &output[Anchored]{Body: anchored(in.Source, r.Algorithm, r.Digest, st)}, nil
}

// AnchorRecord is a record in a log.
type AnchorRecord struct {
	Index     uint64 `json:"index"`
	Kind      string `json:"kind"`
	Algorithm string `json:"algorithm"`
	Digest    string `json:"digest"`
	Submitter string `json:"submitter"`
	Reference string `json:"reference,omitempty"`
	Body      string `json:"body,omitempty" doc:"Of a step or header: what was signed, one JWS a line. Of a block: its format (1 byte) and its header, in base64"`
	Receipt   string `json:"receipt"`
}

func anchorRecord(source string, index uint64, r anchor.Record) AnchorRecord {
	return AnchorRecord{
		Index: index, Kind: r.Kind.String(), Algorithm: r.Algorithm.String(), Digest: hex.EncodeToString(r.Digest), Submitter: r.Submitter,
		Reference: hex.EncodeToString(r.Reference), Body: r.Evidence(), Receipt: fmt.Sprintf("/v1/sources/%s/records/%d/receipt", source, index),
	}
}

func (a *API) record(ctx context.Context, in *struct {
	SourceInput
	Index uint64 `path:"index" maximum:"1125899906842624" doc:"Index of the leaf, from 0"`
},
) (*output[AnchorRecord], error) {
	s, err := a.anchoring()
	if err != nil {
		return nil, err
	}
	r, err := s.Record(ctx, in.Source, in.Index)
	if err != nil {
		return nil, anchorProblem(err)
	}
	return &output[AnchorRecord]{Body: anchorRecord(in.Source, in.Index, r)}, nil
}

type recordsBody struct {
	Records []AnchorRecord `json:"records" doc:"In the order of the log"`
	Next    *uint64        `json:"next,omitempty" doc:"from of the next page, if there may be one"`
}

// maxRecords bounds a page of records.
const maxRecords = 100

func (a *API) findRecords(ctx context.Context, in *struct {
	SourceInput
	Reference string `query:"reference" doc:"SHA-256 of a reference, lower-case hex"`
	Item      string `query:"item" doc:"Item id: its history"`
	Height    string `query:"height" pattern:"^[0-9]{1,16}$" doc:"Height of another chain's header"`
	From      uint64 `query:"from" maximum:"1125899906842624" doc:"First index that counts"`
},
) (*output[recordsBody], error) {
	s, err := a.anchoring()
	if err != nil {
		return nil, err
	}
	var reference []byte
	switch {
	case in.Reference != "" && in.Item == "" && in.Height == "":
		if err := anchor.CheckDigest("reference", in.Reference); err != nil {
			return nil, anchorProblem(err)
		}
		reference, _ = hex.DecodeString(in.Reference) // was checked
	case in.Item != "" && in.Reference == "" && in.Height == "":
		reference = anchor.ReferenceOf(in.Item)
	case in.Height != "" && in.Reference == "" && in.Item == "":
		reference = anchor.ReferenceOf(in.Height)
	default:
		return nil, anchorProblem(anchor.InvalidID.Errorf("exactly one of reference, item and height is needed"))
	}
	if _, err := s.Store().Source(ctx, in.Source); err != nil {
		return nil, anchorProblem(err)
	}
	found, err := s.Store().FindReference(ctx, in.Source, reference, in.From, maxRecords)
	if err != nil {
		return nil, anchorProblem(err)
	}
	body := recordsBody{Records: []AnchorRecord{}}
	for _, index := range found {
		r, err := s.Record(ctx, in.Source, index)
		if err != nil {
			return nil, anchorProblem(err)
		}
		body.Records = append(body.Records, anchorRecord(in.Source, index, r))
	}
	if len(found) == maxRecords {
		next := found[len(found)-1] + 1
		body.Next = &next
	}
	return &output[recordsBody]{Body: body}, nil
}

type sourceBody struct {
	Source *anchor.Source   `json:"source,omitempty" doc:"Left out where the source is not registered yet"`
	Size   uint64           `json:"size" doc:"Leaves of its log"`
	Sealer string           `json:"sealer" doc:"DID to which a source grants its log for this gateway to seal it"`
	LogKey string           `json:"logKey" doc:"Note verifier key with which this gateway signs the log's checkpoints"`
	Origin string           `json:"origin" doc:"First line of its checkpoints"`
	Chain  *anchor.ChainTip `json:"chain,omitempty" doc:"Where another chain stands in its log"`
	Lag    *int64           `json:"lagSeconds,omitempty" doc:"How long ago something was sealed last, where the source promises a cadence"`
	Late   bool             `json:"late,omitempty" doc:"Whether that is longer than it promised"`
}

func (a *API) source(ctx context.Context, in *SourceInput) (*output[sourceBody], error) {
	s, err := a.anchoring()
	if err != nil {
		return nil, err
	}
	if err := anchor.CheckID("source id", in.Source); err != nil {
		return nil, anchorProblem(err)
	}
	body := sourceBody{Sealer: s.DID, Origin: anchor.Origin(s.Place, in.Source)}
	if body.LogKey, err = s.LogKey(in.Source); err != nil {
		return nil, anchorProblem(err)
	}
	from, err := s.Store().Source(ctx, in.Source)
	if errors.Is(err, anchor.SourceUnknown) {
		return &output[sourceBody]{Body: body}, nil
	}
	if err != nil {
		return nil, anchorProblem(err)
	}
	log, err := s.Store().Log(ctx, in.Source)
	if err != nil {
		return nil, anchorProblem(err)
	}
	body.Source, body.Size = &from, log.Size
	if from.Cadence > 0 {
		lag, late := sealer.Lag(from, log, time.Now())
		seconds := int64(lag / time.Second)
		body.Lag, body.Late = &seconds, late
	}
	tip, found, err := s.Store().Tip(ctx, in.Source)
	if err != nil {
		return nil, anchorProblem(err)
	}
	if found {
		body.Chain = &tip
	}
	return &output[sourceBody]{Body: body}, nil
}

type consistencyBody struct {
	From   uint64   `json:"from"`
	To     uint64   `json:"to"`
	Hashes []string `json:"hashes" doc:"Base64, RFC 9162 section 2.1.4; empty from size 0 and from a size to itself"`
}

func (a *API) consistency(ctx context.Context, in *struct {
	SourceInput
	From uint64 `query:"from" maximum:"1125899906842624" doc:"Size of the earlier checkpoint"`
	To   uint64 `query:"to" required:"true" maximum:"1125899906842624" doc:"Size of the later one"`
},
) (*output[consistencyBody], error) {
	s, err := a.anchoring()
	if err != nil {
		return nil, err
	}
	hashes, err := s.Consistency(ctx, in.Source, in.From, in.To)
	if err != nil {
		return nil, anchorProblem(err)
	}
	body := consistencyBody{From: in.From, To: in.To, Hashes: []string{}}
	for _, h := range hashes {
		body.Hashes = append(body.Hashes, b64(h[:]))
	}
	return &output[consistencyBody]{Body: body}, nil
}

// anchorProblem is problemOf with what anchoring adds to it.
func anchorProblem(err error) *Problem {
	switch {
	case errors.Is(err, sealer.ErrStopped):
		return sealerStopped.problem("the gateway's log says why").because(err)
	case errors.Is(err, sealer.ErrOverloaded):
		return queueFull.problem(err.Error()).after(1)
	case errors.Is(err, logs.ErrUnknown):
		return recordUnknown.problem("this digest was not submitted, or under another source or algorithm")
	default:
		return problemOf(err)
	}
}

func index(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || strconv.FormatUint(n, 10) != text {
		return 0, anchor.InvalidID.Errorf("index %.30q is not a number", text)
	}
	return n, nil
}
