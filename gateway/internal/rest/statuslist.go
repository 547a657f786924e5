// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/gateway/credential"
)

// The media types of a signed status list (VC-JOSE-COSE, VC Data Model 2.0).
const (
	mediaVC    = "application/vc"
	mediaVCJWT = "application/vc+jwt"
)

type signedListInput struct {
	Owner  string `path:"owner" doc:"DID of the issuer"`
	List   string `path:"list"`
	Accept string `header:"Accept" doc:"application/vc (with a Data Integrity proof) or application/vc+jwt; the first if left out"`
	Match  string `header:"If-None-Match" doc:"ETag of what is kept already"`
	base   string
}

// Resolve implements huma.Resolver: without a public URL the list's id is the URL that
// it was asked for by.
func (in *signedListInput) Resolve(c huma.Context) []error {
	in.base = baseOf(c)
	return nil
}

type signedListOutput struct {
	Status   int
	Cache    string    `header:"Cache-Control"`
	ETag     string    `header:"ETag"`
	Modified time.Time `header:"Last-Modified"`
	Vary     string    `header:"Vary"`
	Type     string    `header:"Content-Type"`
	Body     []byte
}

// signedLists registers what serves status lists as credentials.
func (a *API) signedLists() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "status-list-credential", Method: http.MethodGet, Path: "/v1/status-lists/{owner}/{list}/credential", Tags: []string{"identity"},
		Summary:     "A status list as the credential that its issuer signs",
		Description: "Bitstring Status List 1.0, for verifiers that do not ask the ledger. Signed with the key that the issuer entrusted to this gateway.",
		Responses: map[string]*huma.Response{
			"200": {Description: "The signed list", Content: map[string]*huma.MediaType{
				mediaVC: {Schema: &huma.Schema{Type: "object"}}, mediaVCJWT: {Schema: &huma.Schema{Type: "string"}},
			}},
			"304": {Description: "It is the one that is kept already"},
		},
		Errors: problems(400, 404, 406, 500, 503),
	}, a.signedList)
}

func (a *API) signedList(ctx context.Context, in *signedListInput) (*signedListOutput, error) {
	if a.identity.Lists == nil {
		return nil, coded(credential.ListUnsigned, "this gateway signs no lists")
	}
	jwt, err := acceptsJWT(in.Accept)
	if err != nil {
		return nil, err
	}
	signed, err := a.identity.Lists.List(ctx, in.Owner, in.List, credential.ListURL(a.publicURL(in.base), in.Owner, in.List), jwt)
	if err != nil {
		return nil, problemOf(err)
	}
	out := &signedListOutput{
		Status: http.StatusOK, Cache: fmt.Sprintf("public, max-age=%d", statusListAge), ETag: signed.ETag,
		Modified: time.Unix(signed.Modified, 0), Vary: "Accept", Type: mediaVC, Body: []byte(signed.Body),
	}
	if jwt {
		out.Type = mediaVCJWT
	}
	if kept(in.Match, signed.ETag) {
		out.Status, out.Body = http.StatusNotModified, nil
	}
	return out, nil
}

// kept reports whether who asks has what an ETag stands for (If-None-Match, RFC 9110
// section 13.1.2).
func kept(match, etag string) bool {
	for _, tag := range strings.Split(match, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// acceptsJWT chooses between the two forms. It answers NOT_ACCEPTABLE for others.
func acceptsJWT(accept string) (jwt bool, err error) {
	if accept == "" {
		return false, nil
	}
	for _, part := range strings.Split(accept, ",") {
		media, _, _ := strings.Cut(part, ";")
		switch strings.TrimSpace(media) {
		case mediaVCJWT:
			return true, nil
		case mediaVC, "application/json", "application/ld+json", "application/*", "*/*":
			return false, nil
		}
	}
	return false, notAcceptable.problem(fmt.Sprintf("%s and %s are there", mediaVC, mediaVCJWT))
}
