// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/once"
	"github.com/komsco/trust-platform/gateway/openid"
)

const mediaForm = "application/x-www-form-urlencoded"

// oauthError is an error in the form of OAuth 2.0, which wallets read.
type oauthError openid.Error

// Error implements error.
func (e *oauthError) Error() string { return (*openid.Error)(e).Error() }

// GetStatus implements huma.StatusError.
func (e *oauthError) GetStatus() int { return e.HTTP }

// GetHeaders implements huma.HeadersError.
func (e *oauthError) GetHeaders() http.Header {
	h := http.Header{"Cache-Control": {"no-store"}}
	if e.HTTP == http.StatusUnauthorized { // RFC 6750 section 3
		h.Set("WWW-Authenticate", `Bearer error="`+e.Code+`"`)
	}
	return h
}

// ContentType implements huma.ContentTypeFilter.
func (e *oauthError) ContentType(string) string { return "application/json" }

// oauth makes errors of the protocols' side into answers; all others are problems.
func oauth(err error) error {
	var said *openid.Error
	switch {
	case errors.As(err, &said):
		return (*oauthError)(said)
	case errors.Is(err, once.ErrFull):
		return overloaded.problem(err.Error()).after(60)
	case errors.Is(err, openid.NotOffered):
		return problemOf(err)
	case credential.Refused(err): // about what was sent
		return (*oauthError)(openid.Errorf(openid.InvalidRequest, "%s", err))
	default:
		return problemOf(err)
	}
}

// rawInput is a body that a standard gives a form of its own.
type rawInput struct {
	Type          string `header:"Content-Type"`
	Authorization string `header:"Authorization"`
	RawBody       []byte
	base          string
}

// Resolve implements huma.Resolver.
func (in *rawInput) Resolve(c huma.Context) []error {
	in.base = baseOf(c)
	return nil
}

// baseOf is the URL that a request reached the gateway by.
func baseOf(c huma.Context) string {
	if c.TLS() != nil {
		return "https://" + c.Host()
	}
	return "http://" + c.Host()
}

// publicURL is that of the gateway as others reach it, without a slash at the end;
// where the configuration names none, that of the request.
func (a *API) publicURL(base string) string {
	if a.identity.PublicURL != "" {
		return strings.TrimSuffix(a.identity.PublicURL, "/")
	}
	return base
}

// of checks the media type.
func (in *rawInput) of(media, code string) error {
	if said, _, err := mime.ParseMediaType(in.Type); err != nil || said != media {
		return (*oauthError)(openid.Errorf(code, "Content-Type %.60s, %s is needed", in.Type, media))
	}
	return nil
}

// protocol describes an endpoint of a standard whose errors are OAuth's.
func (a *API) protocol(method, id, path, summary, media string, body any) huma.Operation {
	op := huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"wallets"}, DefaultStatus: http.StatusOK,
		SkipValidateBody: true, MaxBodyBytes: credential.MaxSize, Errors: problems(404, 413, 500, 503),
		Responses: map[string]*huma.Response{"400": a.response("What is wrong, as the standard names it", openid.Error{})},
	}
	if body != nil {
		op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{
			media: {Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(body), true, "")},
		}}
	}
	return op
}

// caller is the DID of who signed in to this gateway itself.
func (a *API) caller(authorization string) (string, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if a.doorkeeper == nil {
		return "", noSignIn.problem("and only who signs in may do this")
	}
	if !strings.EqualFold(scheme, "Bearer") {
		return "", coded(openid.ClientUnknown, "no Authorization: Bearer <sign-in token for "+a.doorkeeper.Issuer()+">").bearer()
	}
	who, err := a.doorkeeper.Caller(token)
	if err != nil {
		return "", problemOf(err).bearer()
	}
	return who, nil
}

func noStored[T any](v T, err error) (*noStore[T], error) {
	if err != nil {
		return nil, oauth(err)
	}
	return &noStore[T]{"no-store", v}, nil
}

// raw registers an endpoint that reads its body itself, an empty one too: huma would
// refuse that in a form that wallets do not know.
func raw[O any](a *API, op huma.Operation, handler func(context.Context, *rawInput) (*O, error)) {
	huma.Register(a.huma, op, handler)
	op.RequestBody.Required = false
}
