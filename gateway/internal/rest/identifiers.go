// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/internal/publisher"
	"github.com/komsco/trust-platform/gateway/internal/registrar"
	"github.com/komsco/trust-platform/gateway/internal/resolver"
)

// IdentityLedger is an identity contract on a channel.
type IdentityLedger interface {
	registrar.Ledger
	History(ctx context.Context, q identity.HistoryQuery) ([]identity.Version, error)
}

// Identity is what serves DIDs. Without a ledger only those methods resolve that
// need none.
type Identity struct {
	Resolver  resolver.Resolver
	Registrar registrar.Registrar
	Ledger    IdentityLedger

	Registries Registries
	Lists      *publisher.Publisher // of signed status lists; may be nil
	PublicURL  string               // as others reach this gateway; as each request has it if empty
}

// WithIdentity has the API serve an identity contract. Call it before serving.
func (a *API) WithIdentity(i Identity) *API {
	a.identity = i
	return a
}

var errNoIdentity = unavailable.problem("this gateway serves no identity contract")

// maxRegistration bounds the body of a registration request, in bytes: a job comes
// back whole.
const maxRegistration = 256 << 10

// operationInput is an operation on a document.
type operationInput struct {
	Body struct {
		Signatures []string `json:"signatures" minItems:"1" maxItems:"40" doc:"The operation as its signatures: compact JWS (did-operation+jws) over one payload, in any order"`
	}
}

type historyInput struct {
	DID   string `path:"did" doc:"did:komsco DID"`
	From  int64  `query:"from" minimum:"1" default:"1" doc:"First version"`
	Limit int    `query:"limit" minimum:"1" maximum:"50" default:"50" doc:"At most as many"`
}

// identifiers registers what serves DIDs. Resolution and registration follow
// standards of their own in path, form and errors; the rest is as all of /v1.
func (a *API) identifiers() {
	a.registries()
	huma.Register(a.huma, huma.Operation{
		OperationID: "did-operation", Method: http.MethodPost, Path: "/v1/did-operations", Tags: []string{"identity"},
		Summary: "Create or change a DID document by a signed operation",
		Description: "Who signed what they may is all that counts; see the method's specification. The same operation again gives the " +
			"first result, so after 503, 504 or no answer at all send it again.",
		DefaultStatus: http.StatusCreated, MaxBodyBytes: maxBatchBody, Errors: problems(400, 401, 403, 404, 409, 413, 415, 422, 500, 503, 504),
	}, func(ctx context.Context, in *operationInput) (*output[identity.Outcome], error) {
		if a.identity.Ledger == nil {
			return nil, errNoIdentity
		}
		if _, err := identity.Parse(a.identity.Registrar.Place, in.Body.Signatures); err != nil {
			return nil, problemOf(err) // what is no operation is not carried to the peers
		}
		return answered(a.identity.Ledger.Operate(ctx, in.Body.Signatures...))
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "did-history", Method: http.MethodGet, Path: "/v1/dids/{did}/history", Tags: []string{"identity"},
		Summary:     "The versions of a DID document, with the signed operations that made them",
		Description: "By these anyone can check a document from its first version on, without trusting the gateway.",
		Errors:      problems(400, 404, 500, 503),
	}, func(ctx context.Context, in *historyInput) (*output[[]identity.Version], error) {
		if a.identity.Ledger == nil {
			return nil, errNoIdentity
		}
		return answered(a.identity.Ledger.History(ctx, identity.HistoryQuery{DID: in.DID, From: in.From, Limit: in.Limit}))
	})

	a.mux.HandleFunc("GET /1.0/identifiers/{identifier...}", func(w http.ResponseWriter, r *http.Request) {
		a.identity.Resolver.Serve(w, r, r.PathValue("identifier"))
	})
	a.describe(http.MethodGet, "/1.0/identifiers/{identifier}", "resolve-did", "Resolve a DID, or dereference a DID URL",
		"W3C DID Resolution v1, and a driver of the Universal Resolver. The form of the answer goes by Accept: application/did-resolution "+
			"(the default), application/did-url-dereferencing, application/did, application/did+json, application/did+ld+json; text/uri-list goes to a "+
			"service's URL. did:komsco, did:key and did:jwk. Parameters: versionId, versionTime, service, serviceType, relativeRef, "+
			"verificationRelationship. 410 with a null document where the DID is deactivated.",
		map[string]string{"200": "Resolved", "303": "The service's URL", "400": "Malformed", "404": "Not found", "406": "No such form", "410": "Deactivated", "500": "The ledger could not be asked, or the key is not for that", "501": "Not supported"})

	for _, op := range []struct {
		name, summary string
		carry         func(*registrar.Registrar, context.Context, registrar.Request) (registrar.Answer, error)
	}{
		{"create", "Register a DID", (*registrar.Registrar).Create},
		{"update", "Change a DID document", (*registrar.Registrar).Update},
		{"deactivate", "End a DID, for good", (*registrar.Registrar).Deactivate},
	} {
		a.mux.HandleFunc("POST /1.0/"+op.name, func(w http.ResponseWriter, r *http.Request) {
			a.register(w, r, op.name == "create", op.carry)
		})
		a.describe(http.MethodPost, "/1.0/"+op.name, op.name+"-did", op.summary,
			"DIF DID Registration in client-managed secret mode: the first answer says what to sign (didState.action signPayload) and carries a jobId; "+
				"send jobId and secret.signingResponse back to the same path; the jobId alone tells where the job stands. Keys never leave the client. "+
				"didState.wait: it is not known yet whether it was carried out, send the same again.",
			map[string]string{"200": "To be signed, to be waited for, or done", "201": "Created", "400": "Refused: didState.reason is a code of /v1/errors", "500": "The ledger could not be asked"})
	}
}

// register answers a registration request in the registrar's own form, errors
// included.
func (a *API) register(w http.ResponseWriter, r *http.Request, creates bool,
	carry func(*registrar.Registrar, context.Context, registrar.Request) (registrar.Answer, error),
) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	q, err := readRegistration(w, r)
	var answer registrar.Answer
	switch {
	case err != nil:
	case a.identity.Ledger == nil:
		err = errNoIdentity
	default:
		answer, err = carry(&a.identity.Registrar, r.Context(), q)
	}
	status := http.StatusOK
	switch {
	case err != nil:
		p := noted(r.Context(), problemOf(err))
		if status = http.StatusBadRequest; p.Status >= http.StatusInternalServerError {
			status = http.StatusInternalServerError // the binding knows no others
		}
		answer = registrar.Failure(q, p.Code, p.Detail)
	case creates && answer.State.State == registrar.Finished:
		status = http.StatusCreated
	}
	w.WriteHeader(status)
	_ = marshal(w, answer) // the client is gone if this fails
}

func readRegistration(w http.ResponseWriter, r *http.Request) (registrar.Request, error) {
	var q registrar.Request
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistration))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return q, tooLarge.problem("at most 256 KiB")
	}
	if err == nil {
		err = json.Unmarshal(raw, &q)
	}
	if err != nil {
		return q, huma.Error400BadRequest("the body is not the JSON of a registration request: " + err.Error())
	}
	if method := r.URL.Query().Get("method"); method != "" {
		q.Method = method
	}
	return q, nil
}

// digestOf is a short name of a text.
func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// describe puts what is not huma's into the document.
func (a *API) describe(method, path, id, summary, description string, responses map[string]string) {
	op := &huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: description, Tags: []string{"identity"}, Responses: map[string]*huma.Response{}}
	object := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
	for status, meaning := range responses {
		op.Responses[status] = &huma.Response{Description: meaning}
	}
	if method == http.MethodPost {
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: object}}}
		op.Responses["200"].Content = map[string]*huma.MediaType{"application/json": {Schema: object}}
	} else {
		op.Parameters = []*huma.Param{{Name: "identifier", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}, Description: "A DID or a DID URL, percent-encoded where it has ? or #"}}
		op.Responses["200"].Content = map[string]*huma.MediaType{"application/did-resolution": {Schema: object}, "application/did": {Schema: object}}
	}
	a.huma.OpenAPI().AddOperation(op)
}
