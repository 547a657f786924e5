// SPDX-License-Identifier: Apache-2.0

// Package rest is the gateway's HTTP API: OpenAPI 3.1 from the code, answers in
// JSON, errors as problems (RFC 9457).
package rest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/komsco/trust-platform/gateway/internal/asking"
	"github.com/komsco/trust-platform/gateway/internal/doorkeeper"
	"github.com/komsco/trust-platform/gateway/internal/issuing"
	"github.com/komsco/trust-platform/gateway/internal/lanes"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
	"github.com/komsco/trust-platform/gateway/internal/service"
	"github.com/komsco/trust-platform/gateway/internal/witness"
)

// Version is that of the API. What is under /v1 keeps working for who uses it
// now.
const Version = "1.0.0"

const description = `Local currency and vouchers on a consortium's ledger.

What moves a holder's money is an **order**: a compact JWS that the holder signed (ES256 or EdDSA, canonical JSON, bound
to network, channel, contract, programme, holder, sequence number and expiry). Whoever sends it gains no power by it.
An order is carried out once: sent again, it gives the first result, so after any doubt send the same order again.

Histories are shown to their owner: ` + "`Authorization: Order <read order>`" + `, signed by the holder, good for 15 minutes at most.

Errors are problems (RFC 9457) with a stable ` + "`code`" + `; ` + "`/v1/errors`" + ` explains them all. Amounts are whole won.`

// API serves a service over HTTP.
type API struct {
	service    *service.Service
	identity   Identity
	sealer     *sealer.Sealer         // nil where this gateway seals no logs
	witness    *witness.Witness       // nil where it is none
	page       []byte                 // that verifies receipts; empty where there is none
	doorkeeper *doorkeeper.Doorkeeper // nil where it gives out no sign-in tokens
	issuer     *issuing.Issuer        // nil where it issues no credentials
	asker      *asking.Asker          // nil where it asks for none
	vc         *VCAPI                 // nil where it does not serve the VC API
	huma       huma.API
	mux        *http.ServeMux
	carries    map[string]bool // paths that take orders
}

// New builds the API. Service may be nil where only the document is wanted.
func New(s *service.Service) *API {
	mux := http.NewServeMux()
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Trust Platform", Version: Version, Description: description,
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					readOrder: {
						Type: "apiKey", In: "header", Name: "Authorization",
						Description: "`Order <read order>`: a compact JWS of type read-order+jws, signed by the holder, that expires within 15 minutes.",
					},
				},
			},
			Tags: []*huma.Tag{
				{Name: "orders", Description: "What holders sign."},
				{Name: "codes", Description: "QR codes, as gateway/qr/README.md documents them."},
				{Name: "accounts", Description: "What holders see of their own."},
				{Name: "programmes", Description: "What everybody may know."},
				{Name: "identity", Description: "DIDs: resolved as W3C, registered as DIF has it."},
				{Name: "wallets", Description: "The open standards that wallets speak, in their paths, forms and errors: OpenID4VCI 1.0 and OpenID4VP 1.0."},
				{Name: "vc-api", Description: "The paths and forms of the VC API of W3C's Credentials Community Group, for conformance suites."},
				{Name: "anchoring", Description: "Tamper-evident logs of other systems' digests; receipts verify offline. Each log is served as C2SP tlog-tiles under /v1/logs/{source}/."},
			},
		},
		OpenAPIPath: "/openapi",
		Formats: map[string]huma.Format{
			"application/json": {Marshal: marshal, Unmarshal: json.Unmarshal},
			"json":             {Marshal: marshal, Unmarshal: json.Unmarshal},
		},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers: []huma.Transformer{func(c huma.Context, _ string, answer any) (any, error) {
			if p, ok := answer.(*Problem); ok {
				return noted(c.Context(), p), nil
			}
			return answer, nil
		}},
	}
	a := &API{service: s, huma: humago.New(mux, config), mux: mux, carries: map[string]bool{}}
	a.orders()
	a.accounts()
	a.traces()
	a.events()
	a.programs()
	a.paymentCodes()
	a.identifiers()
	a.signIn()
	a.trqp()
	a.issuance()
	a.presentations()
	a.vcAPI()
	a.anchors()
	a.operations()
	for name, schema := range registry.Map() {
		if !strings.HasSuffix(name, "InputBody") {
			// Answers may get more members without a new version of the API; requests are taken as they are known.
			schema.AdditionalProperties = nil
		}
	}
	return a
}

// OpenAPI is the document, indented.
func (a *API) OpenAPI() ([]byte, error) {
	raw, err := json.MarshalIndent(a.huma.OpenAPI(), "", "  ")
	if err != nil {
		return nil, err
	}
	return append(raw, '\n'), nil
}

// ServeHTTP implements http.Handler. Orders that come while too many wait are
// turned away unread: under a storm that is what leaves time for those taken.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && a.carries[r.URL.Path] && a.service.Crowded() {
		// net/http drains what it did not give us; who never sends it does not keep us.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(5 * time.Second)) // not in tests' recorders
		r.Pattern = r.Method + " " + r.URL.Path                                            // as the mux would note
		writeProblem(w, r, problemOf(lanes.ErrOverloaded))
		return
	}
	handler, pattern := a.mux.Handler(r)
	if pattern != "" {
		a.mux.ServeHTTP(w, r)
		return
	}
	// The mux answers in plain text: see what it would say, and say it as a problem.
	said := answer{header: http.Header{}}
	handler.ServeHTTP(&said, r)
	switch said.status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", said.header.Get("Allow"))
		writeProblem(w, r, wrongMethod.problem(r.Method+": allowed are "+said.header.Get("Allow")))
	case http.StatusNotFound:
		writeProblem(w, r, notFound.problem("see /docs for what there is"))
	default: // a redirect to the path's clean form
		handler.ServeHTTP(w, r)
	}
}

// answer keeps status and header of an answer and drops its body.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) Write(b []byte) (int, error) { return len(b), nil }
func (a *answer) WriteHeader(status int)      { a.status = status }

func writeProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	p = noted(r.Context(), p)
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = marshal(w, p) // the client is gone if this fails
}

func marshal(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
