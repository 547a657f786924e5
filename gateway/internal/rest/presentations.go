// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/gateway/internal/asking"
	"github.com/komsco/trust-platform/gateway/openid"
)

// WithAsking has the API ask holders for credentials. Call it before serving.
func (a *API) WithAsking(asker *asking.Asker) *API {
	a.asker = asker
	return a
}

type newRequestInput struct {
	Authorization string `header:"Authorization" doc:"Bearer, and a sign-in token whose audience is this gateway (the issuer of its tokens)"`
	Body          asking.NewRequest
}

type requestInput struct {
	Request string `path:"request"`
}

type outcomeInput struct {
	Request       string `path:"request"`
	Authorization string `header:"Authorization" doc:"Bearer, and a sign-in token whose audience is this gateway"`
}

type objectOutput struct {
	Cache string `header:"Cache-Control"`
	Type  string `header:"Content-Type"`
	Body  []byte
}

type responseInput struct {
	Request string `path:"request"`
	Type    string `header:"Content-Type"`
	RawBody []byte
}

// PresentationTaken is the answer to a wallet; it has nothing to do any more.
type PresentationTaken struct{}

const mediaRequest = "application/oauth-authz-req+jwt"

// presentations registers what holders show credentials by.
func (a *API) presentations() {
	none := openid.NotOffered.Errorf("this gateway asks for no credentials")
	huma.Register(a.huma, huma.Operation{
		OperationID: "ask-for-credentials", Method: http.MethodPost, Path: "/v1/presentation-requests", Tags: []string{"wallets"},
		Summary: "Ask a holder for credentials",
		Description: "For the verifier whose key this gateway has, and those it names. What the verifier is not registered for on the ledger, " +
			"for this purpose, is not asked (OVER_ASKING). Show the holder the link; read the outcome. With client_id_prefix redirect_uri the link is " +
			"the whole request, for wallets that know no DIDs; with response_mode direct_post.jwt their answers are encrypted.",
		DefaultStatus: http.StatusCreated, MaxBodyBytes: maxRegistration, Errors: problems(400, 401, 403, 404, 409, 413, 415, 422, 500, 503),
	}, func(ctx context.Context, in *newRequestInput) (*noStore[asking.Asked], error) {
		if a.asker == nil {
			return nil, problemOf(none)
		}
		who, err := a.caller(in.Authorization)
		if err != nil {
			return nil, err
		}
		made, err := a.asker.Ask(ctx, who, in.Body)
		if err != nil {
			return nil, problemOf(err)
		}
		return &noStore[asking.Asked]{"no-store", made}, nil
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "presentation-outcome", Method: http.MethodGet, Path: asking.PathRequests + "{request}", Tags: []string{"wallets"},
		Summary:     "What became of a request, with the report of every check",
		Description: "For who made it, until ten minutes after its end.",
		Errors:      problems(400, 401, 404, 500),
	}, func(_ context.Context, in *outcomeInput) (*noStore[asking.Outcome], error) {
		if a.asker == nil {
			return nil, problemOf(none)
		}
		who, err := a.caller(in.Authorization)
		if err != nil {
			return nil, err
		}
		out, err := a.asker.Outcome(who, in.Request)
		if err != nil {
			return nil, problemOf(err)
		}
		return &noStore[asking.Outcome]{"no-store", out}, nil
	})
	object := a.protocol(http.MethodGet, "presentation-request", asking.PathRequests+"{request}/object", "A request as wallets fetch it, signed by the verifier (OpenID4VP 1.0)", "", nil)
	object.Responses["200"] = &huma.Response{Description: "The signed request", Content: map[string]*huma.MediaType{mediaRequest: {Schema: &huma.Schema{Type: "string"}}}}
	huma.Register(a.huma, object, func(_ context.Context, in *requestInput) (*objectOutput, error) {
		if a.asker == nil {
			return nil, problemOf(none)
		}
		signed, err := a.asker.Object(in.Request)
		if err != nil {
			return nil, problemOf(err)
		}
		return &objectOutput{"no-store", mediaRequest, []byte(signed)}, nil
	})
	response := a.protocol(http.MethodPost, "presentation-response", asking.PathRequests+"{request}/response", "A wallet's answer (direct_post, direct_post.jwt)", mediaForm, openid.Response{})
	response.MaxBodyBytes = asking.MaxAnswer
	huma.Register(a.huma, response, func(ctx context.Context, in *responseInput) (*noStore[PresentationTaken], error) {
		if a.asker == nil {
			return nil, problemOf(none)
		}
		if err := (&rawInput{Type: in.Type}).of(mediaForm, openid.InvalidRequest); err != nil {
			return nil, err
		}
		if err := a.asker.Answer(ctx, in.Request, string(in.RawBody)); err != nil {
			return nil, oauth(err)
		}
		return &noStore[PresentationTaken]{"no-store", PresentationTaken{}}, nil
	})
	response.RequestBody.Required = false
}
