// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/internal/doorkeeper"
	"github.com/komsco/trust-platform/gateway/internal/once"
	"github.com/komsco/trust-platform/gateway/signin"
)

var noSignIn = Code{"NO_SIGN_IN", http.StatusNotFound, "This gateway gives out no sign-in tokens."}

// WithSignIn has the API give out sign-in tokens. Call it before serving.
func (a *API) WithSignIn(d *doorkeeper.Doorkeeper) *API {
	a.doorkeeper = d
	return a
}

type challengeInput struct {
	Body struct {
		Audience string          `json:"audience" minLength:"1" maxLength:"256" doc:"Whom the person signs in to: an origin such as https://bank.example, or a DID"`
		Unlock   identity.Unlock `json:"unlock,omitempty" enum:"none,pin,biometric" doc:"The least that the key has to be unlocked with; none if left out"`
	}
}

type answerInput struct {
	Body struct {
		Answer string `json:"answer" minLength:"1" doc:"Compact JWS (sign-in+jws) by a key for authentication of the person's DID"`
	}
}

// TokenBody is a token as it is given out.
type TokenBody struct {
	Token     string        `json:"token" doc:"JSON Web Token, for the audience"`
	Type      string        `json:"token_type" example:"Bearer"`
	ExpiresIn int64         `json:"expires_in" doc:"Seconds"`
	Claims    signin.Claims `json:"claims" doc:"What it says"`
}

type keysOutput struct {
	Cache string `header:"Cache-Control"`
	Body  signin.Keys
}

type noStore[T any] struct {
	Cache string `header:"Cache-Control"`
	Body  T
}

func (a *API) signIn() {
	operation := func(method, id, path, summary, description string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, Description: description, Tags: []string{"identity"},
			DefaultStatus: status, MaxBodyBytes: maxOrderBody, Errors: problems(400, 401, 404, 409, 413, 415, 422, 500, 503),
		}
	}
	huma.Register(a.huma, operation(http.MethodPost, "sign-in-challenge", "/v1/sign-in/challenges", "Ask for a challenge to sign in with",
		"Good for two minutes, for one token, for that audience only.", http.StatusCreated),
		func(_ context.Context, in *challengeInput) (*noStore[signin.Challenge], error) {
			if a.doorkeeper == nil {
				return nil, noSignIn.problem("")
			}
			c, err := a.doorkeeper.Challenge(in.Body.Audience, in.Body.Unlock)
			if err != nil {
				return nil, problemOf(err)
			}
			return &noStore[signin.Challenge]{"no-store", c}, nil
		})
	huma.Register(a.huma, operation(http.MethodPost, "sign-in-token", "/v1/sign-in/tokens", "Exchange a signed challenge for a token",
		"The payload that is signed is canonical JSON (RFC 8785) of audience, challenge, perhaps nonce and pairwise, and v (1). The audience "+
			"checks the token by /.well-known/jwks.json, within five minutes: iss, aud, exp, nonce, and unlock, the level of the key.", http.StatusCreated),
		func(ctx context.Context, in *answerInput) (*noStore[TokenBody], error) {
			if a.doorkeeper == nil {
				return nil, noSignIn.problem("")
			}
			token, c, err := a.doorkeeper.Token(ctx, in.Body.Answer)
			if errors.Is(err, once.ErrFull) {
				return nil, overloaded.problem(err.Error()).after(int(doorkeeper.ChallengeLife / time.Second))
			}
			if err != nil {
				return nil, problemOf(err)
			}
			return &noStore[TokenBody]{"no-store", TokenBody{Token: token, Type: "Bearer", ExpiresIn: c.Expires - c.Issued, Claims: c}}, nil
		})
	keys := operation(http.MethodGet, "sign-in-keys", "/.well-known/jwks.json", "The public keys of sign-in tokens", "", http.StatusOK)
	keys.Errors = problems(404, 500)
	huma.Register(a.huma, keys, func(context.Context, *struct{}) (*keysOutput, error) {
		if a.doorkeeper == nil {
			return nil, noSignIn.problem("")
		}
		return &keysOutput{"public, max-age=300", a.doorkeeper.Keys()}, nil
	})
}
