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

// The media types of a signed status list (VC Data Model 2.0, VC-JOSE-COSE, Token Status
// List).
const (
	mediaVC          = "application/vc"
	mediaVCJWT       = "application/" + credential.FormatVCJWT
	mediaStatusToken = "application/" + credential.FormatStatusToken
)

type signedListInput struct {
	Owner  string `path:"owner" doc:"DID of the issuer"`
	List   string `path:"list"`
	Accept string `header:"Accept" doc:"application/vc (with a Data Integrity proof), application/vc+jwt or application/statuslist+jwt; the first if left out"`
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
		Summary:     "A status list as the credential, or the token, that its issuer signs",
		Description: "Bitstring Status List 1.0 or, for SD-JWT VCs, IETF's Token Status List, for verifiers that do not ask the ledger. Signed with the key that the issuer entrusted to this gateway.",
		Responses: map[string]*huma.Response{
			"200": {Description: "The signed list", Content: map[string]*huma.MediaType{
				mediaVC: {Schema: &huma.Schema{Type: "object"}}, mediaVCJWT: {Schema: &huma.Schema{Type: "string"}},
				mediaStatusToken: {Schema: &huma.Schema{Type: "string"}},
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
	media, err := accepted(in.Accept)
	if err != nil {
		return nil, err
	}
	signed, err := a.identity.Lists.List(ctx, in.Owner, in.List, credential.ListURL(a.publicURL(in.base), in.Owner, in.List), strings.TrimPrefix(media, "application/"))
	if err != nil {
		return nil, problemOf(err)
	}
	out := &signedListOutput{
		Status: http.StatusOK, Cache: fmt.Sprintf("public, max-age=%d", statusListAge), ETag: signed.ETag,
		Modified: time.Unix(signed.Modified, 0), Vary: "Accept", Type: media, Body: []byte(signed.Body),
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

// accepted chooses between the forms. It answers NOT_ACCEPTABLE for others.
func accepted(accept string) (media string, err error) {
	if accept == "" {
		return mediaVC, nil
	}
	for _, part := range strings.Split(accept, ",") {
		media, _, _ := strings.Cut(part, ";")
		switch media = strings.TrimSpace(media); media {
		case mediaVCJWT, mediaStatusToken:
			return media, nil
		case mediaVC, "application/json", "application/ld+json", "application/*", "*/*":
			return mediaVC, nil
		}
	}
	return "", notAcceptable.problem(fmt.Sprintf("%s, %s and %s are there", mediaVC, mediaVCJWT, mediaStatusToken))
}
