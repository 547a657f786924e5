// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/gateway/internal/issuing"
	"github.com/komsco/trust-platform/gateway/openid"
)

// WithIssuing has the API issue credentials to wallets. Call it before serving.
func (a *API) WithIssuing(i *issuing.Issuer) *API {
	a.issuer = i
	return a
}

type newOfferInput struct {
	Authorization string `header:"Authorization" doc:"Bearer, and a sign-in token whose audience is this gateway (the issuer of its tokens)"`
	Body          issuing.NewOffer
}

type offerInput struct {
	Offer string `path:"offer"`
}

// TokenRequest is the form of a token request (OpenID4VCI 1.0 section 6.1).
type TokenRequest struct {
	GrantType string `json:"grant_type" example:"urn:ietf:params:oauth:grant-type:pre-authorized_code"`
	Code      string `json:"pre-authorized_code"`
	TxCode    string `json:"tx_code,omitempty"`
}

// issuance registers what wallets get credentials by.
func (a *API) issuance() {
	none := openid.NotOffered.Errorf("this gateway issues no credentials")
	huma.Register(a.huma, huma.Operation{
		OperationID: "make-offer", Method: http.MethodPost, Path: "/v1/issuance/offers", Tags: []string{"wallets"},
		Summary: "Offer somebody a credential",
		Description: "For the issuer whose key this gateway has, and those it names. The offer is kept until it was accepted or has " +
			"expired. Give the holder the link, and a second code by another way.",
		DefaultStatus: http.StatusCreated, MaxBodyBytes: maxRegistration, Errors: problems(400, 401, 403, 404, 409, 413, 415, 422, 500, 503),
	}, func(ctx context.Context, in *newOfferInput) (*noStore[issuing.Made], error) {
		if a.issuer == nil {
			return nil, problemOf(none)
		}
		who, err := a.caller(in.Authorization)
		if err != nil {
			return nil, err
		}
		made, err := a.issuer.Offer(ctx, who, in.Body)
		if err != nil {
			return nil, problemOf(err)
		}
		return &noStore[issuing.Made]{"no-store", made}, nil
	})
	huma.Register(a.huma, a.protocol(http.MethodGet, "credential-offer", issuing.PathOffers+"{offer}", "An offer, for the wallet that has its link", "", nil),
		func(_ context.Context, in *offerInput) (*noStore[openid.Offer], error) {
			if a.issuer == nil {
				return nil, problemOf(none)
			}
			offer, err := a.issuer.Offered(in.Offer)
			if err != nil {
				return nil, problemOf(err)
			}
			return &noStore[openid.Offer]{"no-store", offer}, nil
		})
	huma.Register(a.huma, a.protocol(http.MethodGet, "credential-issuer", "/.well-known/openid-credential-issuer", "What this gateway issues (OpenID4VCI 1.0)", "", nil),
		func(context.Context, *struct{}) (*output[openid.IssuerMetadata], error) {
			if a.issuer == nil {
				return nil, problemOf(none)
			}
			return answered(a.issuer.Metadata(), nil)
		})
	huma.Register(a.huma, a.protocol(http.MethodGet, "authorization-server", "/.well-known/oauth-authorization-server", "Where wallets get access tokens (RFC 8414)", "", nil),
		func(context.Context, *struct{}) (*output[openid.ServerMetadata], error) {
			if a.issuer == nil {
				return nil, problemOf(none)
			}
			return answered(a.issuer.Server(), nil)
		})
	raw(a, a.protocol(http.MethodPost, "access-token", issuing.PathToken, "Exchange a pre-authorised code for an access token", mediaForm, TokenRequest{}),
		func(_ context.Context, in *rawInput) (*noStore[openid.Access], error) {
			if a.issuer == nil {
				return nil, problemOf(none)
			}
			if err := in.of(mediaForm, openid.InvalidRequest); err != nil {
				return nil, err
			}
			return noStored(a.issuer.Token(string(in.RawBody)))
		})
	huma.Register(a.huma, a.protocol(http.MethodPost, "credential-nonce", issuing.PathNonce, "A nonce for one proof of a key", "", nil),
		func(context.Context, *struct{}) (*noStore[openid.Nonce], error) {
			if a.issuer == nil {
				return nil, problemOf(none)
			}
			return noStored(a.issuer.Nonce(), nil)
		})
	credentials := a.protocol(http.MethodPost, "credential", issuing.PathCredential, "The credential that an access token stands for, bound to the key that is proved",
		"application/json", openid.CredentialRequest{})
	credentials.Responses["401"] = a.response("The access token does not serve", openid.Error{})
	raw(a, credentials, func(ctx context.Context, in *rawInput) (*noStore[openid.Issued], error) {
		if a.issuer == nil {
			return nil, problemOf(none)
		}
		if err := in.of("application/json", openid.InvalidCredentialRequest); err != nil {
			return nil, err
		}
		return noStored(a.issuer.Credential(ctx, in.Authorization, in.RawBody))
	})
}
