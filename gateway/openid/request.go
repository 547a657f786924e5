// SPDX-License-Identifier: Apache-2.0

package openid

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway/credential"
)

// Names of OpenID4VP 1.0, and of the accreditation that a request carries.
const (
	TypRequest    = "oauth-authz-req+jwt"
	RequestScheme = "openid4vp"
	Accreditation = "urn:komsco:accreditation" //nolint:gosec // a format of verifier_info
	selfIssued    = "https://self-issued.me/v2"

	// Prefixes of a client_id (section 5.9.3).
	ByDID      = "decentralized_identifier:"
	ByResponse = "redirect_uri:" // and the URL that is answered to: nobody signs

	// Response modes (sections 8.2 and 8.3.1).
	DirectPost    = "direct_post"
	DirectPostJWT = "direct_post.jwt" // encrypted
)

// RequestObject is what a verifier signs, or has in a link (section 5).
type RequestObject struct {
	Audience     string          `json:"aud"`
	ClientID     string          `json:"client_id"`
	Metadata     ClientMetadata  `json:"client_metadata"`
	Query        json.RawMessage `json:"dcql_query"`
	Expires      int64           `json:"exp"`
	Issued       int64           `json:"iat"`
	Nonce        string          `json:"nonce"`
	ResponseMode string          `json:"response_mode"`
	ResponseType string          `json:"response_type"`
	ResponseURI  string          `json:"response_uri"`
	State        string          `json:"state"`
	Info         []VerifierInfo  `json:"verifier_info,omitempty"`
}

// ClientMetadata says what a verifier takes (sections 5.1 and 11.1).
type ClientMetadata struct {
	Formats     map[string]Algorithms `json:"vp_formats_supported"`
	Keys        *Keys                 `json:"jwks,omitempty"` // that answers are encrypted to
	Encryptions []string              `json:"encrypted_response_enc_values_supported,omitempty"`
}

// Keys is a JWK set, of keys that this package need not know.
type Keys struct {
	Keys []json.RawMessage `json:"keys"`
}

// Algorithms are those of SD-JWT VCs and their bindings (appendix B.3.4).
type Algorithms struct {
	Issuer  []string `json:"sd-jwt_alg_values"`
	Binding []string `json:"kb-jwt_alg_values"`
}

// VerifierInfo says by whose word a verifier asks (section 5.1).
type VerifierInfo struct {
	Format string          `json:"format"`
	Data   json.RawMessage `json:"data"`
}

// Standing is the data of [Accreditation]: which grant on the ledger lets a verifier
// ask.
type Standing struct {
	Root    string             `json:"root" minLength:"1" doc:"Of accreditation"`
	Purpose string             `json:"purpose" minLength:"1" doc:"That the verifier is registered for"`
	Schema  identity.SchemaRef `json:"schema,omitempty" doc:"@ for every one, which is also if left out"`
	Region  string             `json:"region,omitempty" doc:"@ for every one, which is also if left out"`
}

// Asking is what a verifier by this standing asks for with a query.
func (s Standing) Asking(verifier string, q Query) *credential.Asking {
	return &credential.Asking{Verifier: verifier, Root: s.Root, Schema: s.Schema, Region: s.Region, Purpose: s.Purpose, Attributes: q.Attributes()}
}

// Request is a verifier's request that a wallet has checked.
type Request struct {
	Verifier string // DID; empty where nobody signed
	AnswerTo string // URL of the verifier's
	Standing *Standing
	Query    Query
	object   RequestObject
	by       jose.Encrypter // of answers, nil where they are plain
}

// NewRequestObject is a request in a verifier's name, but for what is asked.
func NewRequestObject(verifier string) RequestObject {
	all := []string{"ES256", "EdDSA", "ES256K"}
	return RequestObject{
		Audience: selfIssued, ClientID: ByDID + verifier, ResponseMode: DirectPost, ResponseType: "vp_token",
		Metadata: ClientMetadata{Formats: map[string]Algorithms{credential.FormatSDJWT: {Issuer: all, Binding: all}}},
	}
}

// Link is a request that nobody signs, in a link: whoever is answered to asks
// (section 5.9.3, redirect_uri).
func (o RequestObject) Link() (string, error) {
	metadata, err := json.Marshal(o.Metadata)
	if err != nil {
		return "", err
	}
	return RequestScheme + "://?" + url.Values{
		"client_id": {ByResponse + o.ResponseURI}, "client_metadata": {string(metadata)}, "dcql_query": {string(o.Query)}, "nonce": {o.Nonce},
		"response_mode": {o.ResponseMode}, "response_type": {o.ResponseType}, "response_uri": {o.ResponseURI}, "state": {o.State},
	}.Encode(), nil
}

// Request reads a request by its link.
//
// A signed one (openid4vp://?client_id=…&request_uri=…) it fetches, and checks that the
// verifier signed it, with a key for authentication of its DID, and may ask for all of
// it by its standing on the ledger.
//
// One that nobody signed (openid4vp://?client_id=redirect_uri:…&…) shows no standing, so
// only a wallet with AnyVerifier takes it.
//
// It returns BAD_PRESENTATION_REQUEST, BAD_QUERY, OVER_ASKING, NOT_ACCREDITED or what is
// wrong with the signature. A request that comes with an error is for [Wallet.Refuse].
func (w *Wallet) Request(ctx context.Context, link string) (*Request, error) {
	u, err := url.Parse(link)
	if err != nil || len(link) > 16<<10 {
		return nil, BadRequest.Errorf("%.80q is no link", link)
	}
	q, err := ReadForm(u.RawQuery)
	if err != nil {
		return nil, BadRequest.Errorf("the link: %w", err)
	}
	if strings.HasPrefix(q["client_id"], ByResponse) {
		return w.unsigned(ctx, q)
	}
	if q["client_id"] == "" || q["request_uri"] == "" {
		return nil, BadRequest.Errorf("the link has client_id and request_uri, unless it is a whole request of a %s", ByResponse)
	}
	raw, err := w.do(ctx, http.MethodGet, q["request_uri"], "", "", nil)
	if err != nil {
		return nil, err
	}
	return w.signed(ctx, string(raw), q["client_id"])
}

func (w *Wallet) signed(ctx context.Context, object, client string) (*Request, error) {
	t, err := w.Verifier.Token(ctx, object, TypRequest, identity.Authentication)
	if err != nil {
		return nil, err
	}
	said, err := json.Marshal(t.Claims)
	if err != nil {
		return nil, err
	}
	r := &Request{}
	if err := credential.Decode(said, &r.object); err != nil {
		return nil, BadRequest.Errorf("%w", err)
	}
	o, now := r.object, w.now().Unix()
	signer, _, _ := strings.Cut(t.Kid, "#")
	r.Verifier, _ = strings.CutPrefix(o.ClientID, ByDID)
	switch {
	case o.ClientID != client:
		return nil, BadRequest.Errorf("of client_id %.160q, the link says %.160q", o.ClientID, client)
	case !strings.HasPrefix(client, ByDID) || did.Validate(r.Verifier) != nil:
		return nil, BadRequest.Errorf("client_id %.160q: %s and a DID is accepted of who signs", client, ByDID)
	case signer != r.Verifier:
		return nil, BadRequest.Errorf("signed by %.160q, not by %.160s", t.Kid, r.Verifier)
	case o.Audience != "" && o.Audience != selfIssued:
		return nil, BadRequest.Errorf("aud %.80q, %s is expected", o.Audience, selfIssued)
	case o.Expires != 0 && now >= o.Expires:
		return nil, BadRequest.Errorf("until %s", time.Unix(o.Expires, 0).UTC().Format(time.RFC3339))
	}
	return r, w.check(ctx, r, func(name string) bool { return t.Claims[name] != nil })
}

// unsigned reads the parameters of a request that nobody signed.
func (w *Wallet) unsigned(ctx context.Context, q map[string]string) (*Request, error) {
	r := &Request{object: RequestObject{
		ClientID: q["client_id"], Nonce: q["nonce"], Query: json.RawMessage(q["dcql_query"]),
		ResponseMode: q["response_mode"], ResponseType: q["response_type"], ResponseURI: q["response_uri"], State: q["state"],
	}}
	to := strings.TrimPrefix(q["client_id"], ByResponse)
	if r.object.ResponseURI == "" {
		r.object.ResponseURI = to
	}
	switch {
	case q["request"] != "" || q["request_uri"] != "":
		return nil, BadRequest.Errorf("client_id %.160q, but a request object: what is asked by a %s stands in the link, nobody signs it", q["client_id"], ByResponse)
	case r.object.ResponseURI != to:
		return nil, BadRequest.Errorf("client_id %.160q, to be answered to %.160q", q["client_id"], r.object.ResponseURI)
	}
	if said := q["client_metadata"]; said != "" {
		if err := credential.Decode([]byte(said), &r.object.Metadata); err != nil {
			return nil, BadRequest.Errorf("client_metadata: %w", err)
		}
	}
	return r, w.check(ctx, r, func(name string) bool { return q[name] != "" })
}

// check checks what is asked, and how it is to be answered. has tells whether the request has
// a parameter.
func (w *Wallet) check(ctx context.Context, r *Request, has func(string) bool) error {
	o := r.object
	if err := CheckURL(o.ResponseURI); err != nil {
		return BadRequest.Errorf("response_uri: %w", err)
	}
	r.AnswerTo = o.ResponseURI
	var err error
	switch {
	case o.ResponseMode == DirectPostJWT:
		if r.by, err = o.Metadata.encrypter(); err != nil {
			return err
		}
	case o.ResponseMode != DirectPost:
		return BadRequest.Errorf("response_mode %.40q, known are %s and %s", o.ResponseMode, DirectPost, DirectPostJWT)
	}
	switch {
	case o.ResponseType != "vp_token" || o.Nonce == "":
		return BadRequest.Errorf("response_type %.20q, nonce %.20q: vp_token and a nonce are needed", o.ResponseType, o.Nonce)
	case has("redirect_uri"):
		return BadRequest.Errorf("redirect_uri, but the answer goes to response_uri")
	case has("scope"):
		return BadRequest.Errorf("scope is not supported: dcql_query says what is asked for")
	case has("transaction_data"):
		return BadRequest.Errorf("transaction_data is not supported: %w", Errorf(InvalidTransactionData, "no type of it is known"))
	}
	if r.Query, err = ParseQuery(o.Query); err != nil {
		return err
	}
	return w.mayAsk(ctx, r)
}

// mayAsk checks the verifier's standing.
func (w *Wallet) mayAsk(ctx context.Context, r *Request) error {
	if r.Verifier == "" {
		if w.AnyVerifier {
			return nil
		}
		return BadRequest.Errorf("nobody signed the request, so none is accredited to ask")
	}
	for _, info := range r.object.Info {
		if info.Format != Accreditation {
			continue
		}
		var s Standing
		if err := credential.Decode(info.Data, &s); err != nil {
			return BadRequest.Errorf("verifier_info: %w", err)
		}
		r.Standing = &s
		if w.Verifier.Ledger == nil {
			return credential.NotRegistryHere.Errorf("the registry of verifiers is on it")
		}
		return s.Asking(r.Verifier, r.Query).Check(ctx, w.Verifier.Ledger)
	}
	if w.AnyVerifier {
		return nil
	}
	return BadRequest.Errorf("%.160s does not say by which accreditation it asks", r.Verifier)
}
