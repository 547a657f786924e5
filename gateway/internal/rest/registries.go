// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// Registries are the registries of an identity contract.
type Registries interface {
	Tell(ctx context.Context, typ, statement string) (identity.Told, error)
	Schema(ctx context.Context, ref identity.SchemaRef) (identity.Schema, error)
	Accredited(ctx context.Context, q identity.AccreditedQuery) (identity.AccreditedAnswer, error)
	RootNames(ctx context.Context, did string) (identity.RootNames, error)
	StatusAt(ctx context.Context, q identity.StatusQuery) (identity.StatusAnswer, error)
	StatusBits(ctx context.Context, owner, list string) (identity.StatusBits, error)
}

type statementInput struct {
	Body struct {
		Statement string `json:"statement" doc:"Compact JWS by a key for assertions of the document of who makes it"`
	}
}

// AccreditationInput asks whether a subject has a standing.
type AccreditationInput struct {
	Root       string   `path:"root" doc:"Root of accreditation"`
	Subject    string   `path:"subject" doc:"DID"`
	Standing   string   `query:"standing" required:"true" enum:"delegate,issuer,verifier,peer"`
	Schema     string   `query:"schema" required:"true" doc:"owner.name.version, or @ for every one"`
	Region     string   `query:"region" default:"@" doc:"Region, or @ for every one"`
	Purpose    string   `query:"purpose" doc:"Of a verifier"`
	Attributes []string `query:"attributes" doc:"What the verifier means to ask for"`
	Time       int64    `query:"time" minimum:"0" doc:"Unix seconds; now if left out"`
}

// StatusListBody is a status list as a credential carries it.
type StatusListBody struct {
	Owner       string                 `json:"owner" doc:"DID of the issuer"`
	Purpose     identity.StatusPurpose `json:"purpose"`
	Entries     int                    `json:"entries"`
	Changed     int64                  `json:"changed,omitempty" doc:"Unix seconds of the last change"`
	EncodedList string                 `json:"encodedList" doc:"Bitstring Status List 1.0: gzip, then base64url behind a u"`
}

type statusListInput struct {
	Owner string `path:"owner" doc:"DID of the issuer"`
	List  string `path:"list"`
	Match string `header:"If-None-Match" doc:"ETag of what is kept already"`
}

type statusListOutput struct {
	Status int
	Cache  string `header:"Cache-Control"`
	ETag   string `header:"ETag"`
	Body   *StatusListBody
}

// statusListAge is how long a list may be kept, in seconds: a revocation shows
// everywhere after that.
const statusListAge = 60

// registries registers what serves the registries.
func (a *API) registries() {
	operation := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"identity"}, Errors: problems(400, 403, 404, 500, 503)}
	}
	huma.Register(a.huma, huma.Operation{
		OperationID: "registry-statement", Method: http.MethodPost, Path: "/v1/registry-statements", Tags: []string{"identity"},
		Summary: "Make a statement to a registry: about a schema, an accreditation, a status list",
		Description: "Its typ says which: schema+jws, schema-deprecation+jws, accreditation+jws, accreditation-withdrawal+jws, status-list+jws, " +
			"status+jws. The same statement again gives the first result.",
		DefaultStatus: http.StatusCreated, MaxBodyBytes: maxOrderBody, Errors: problems(400, 401, 403, 404, 409, 413, 415, 422, 500, 503, 504),
	}, func(ctx context.Context, in *statementInput) (*output[identity.Told], error) {
		m, err := jws.Parse(in.Body.Statement, did.ES256K)
		if err != nil {
			return nil, problemOf(err)
		}
		if a.identity.Registries == nil {
			return nil, errNoIdentity
		}
		return answered(a.identity.Registries.Tell(ctx, m.Header.Typ, in.Body.Statement))
	})
	huma.Register(a.huma, operation("schema", "/v1/schemas/{schema}", "A version of a schema"),
		func(ctx context.Context, in *struct {
			Schema string `path:"schema" doc:"owner.name.version"`
		},
		) (*output[identity.Schema], error) {
			if a.identity.Registries == nil {
				return nil, errNoIdentity
			}
			return answered(a.identity.Registries.Schema(ctx, identity.SchemaRef(in.Schema)))
		})
	huma.Register(a.huma, operation("accreditation", "/v1/roots/{root}/accreditations/{subject}", "By which grants a subject has a standing, now or at a time"),
		func(ctx context.Context, in *AccreditationInput) (*output[identity.AccreditedAnswer], error) {
			if a.identity.Registries == nil {
				return nil, errNoIdentity
			}
			return answered(a.identity.Registries.Accredited(ctx, identity.AccreditedQuery{
				Scope: identity.Scope{
					Root: in.Root, Subject: in.Subject, Standing: identity.Standing(in.Standing), Schema: identity.SchemaRef(in.Schema),
					Region: in.Region, Purpose: in.Purpose,
				},
				Time: in.Time, Attributes: in.Attributes,
			}))
		})
	list := operation("status-list", "/v1/status-lists/{owner}/{list}", "A status list")
	list.Responses = map[string]*huma.Response{"304": {Description: "It is the one that is kept already"}}
	huma.Register(a.huma, list, a.statusList)
	huma.Register(a.huma, operation("status", "/v1/status-lists/{owner}/{list}/{index}", "One entry of a status list, as the ledger has it now or had it at a time"),
		func(ctx context.Context, in *struct {
			Owner string `path:"owner" doc:"DID of the issuer"`
			List  string `path:"list"`
			Index int    `path:"index" minimum:"0"`
			Time  int64  `query:"time" minimum:"0" doc:"Unix seconds; now if left out"`
		},
		) (*output[identity.StatusAnswer], error) {
			if a.identity.Registries == nil {
				return nil, errNoIdentity
			}
			return answered(a.identity.Registries.StatusAt(ctx, identity.StatusQuery{Owner: in.Owner, List: in.List, Index: in.Index, Time: in.Time}))
		})
	a.signedLists()
}

func (a *API) statusList(ctx context.Context, in *statusListInput) (*statusListOutput, error) {
	if a.identity.Registries == nil {
		return nil, errNoIdentity
	}
	found, err := a.identity.Registries.StatusBits(ctx, in.Owner, in.List)
	if err != nil {
		return nil, problemOf(err)
	}
	encoded, err := identity.EncodeStatusList(found.Bits)
	if err != nil {
		return nil, problemOf(err)
	}
	out := &statusListOutput{
		Status: http.StatusOK, Cache: fmt.Sprintf("public, max-age=%d", statusListAge), ETag: fmt.Sprintf("%q", digestOf(encoded)),
	}
	if kept(in.Match, out.ETag) {
		out.Status = http.StatusNotModified
		return out, nil
	}
	out.Body = &StatusListBody{Owner: found.Owner, Purpose: found.Purpose, Entries: found.Entries, Changed: found.Changed, EncodedList: encoded}
	return out, nil
}
