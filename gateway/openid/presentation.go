// SPDX-License-Identifier: Apache-2.0

package openid

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway/credential"
)

// Names of OpenID4VP 1.0, and of the accreditation that a request carries.
const (
	TypRequest    = "oauth-authz-req+jwt"
	ByDID         = "decentralized_identifier:" // prefix of a client_id
	RequestScheme = "openid4vp"
	Accreditation = "urn:komsco:accreditation" //nolint:gosec // a format of verifier_info
	selfIssued    = "https://self-issued.me/v2"
)

// RequestObject is what a verifier signs (section 5).
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

// ClientMetadata says which formats a verifier takes (section 11.1).
type ClientMetadata struct {
	Formats map[string]Algorithms `json:"vp_formats_supported"`
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
	Verifier string // DID
	Standing *Standing
	Query    Query
	object   RequestObject
}

// NewRequestObject is a request in a verifier's name, but for what is asked.
func NewRequestObject(verifier string) RequestObject {
	all := []string{"ES256", "EdDSA", "ES256K"}
	return RequestObject{
		Audience: selfIssued, ClientID: ByDID + verifier, ResponseMode: "direct_post", ResponseType: "vp_token",
		Metadata: ClientMetadata{Formats: map[string]Algorithms{credential.FormatSDJWT: {Issuer: all, Binding: all}}},
	}
}

// Request fetches a request by its link (openid4vp://?client_id=…&request_uri=…) and
// checks that the verifier signed it, with a key for authentication of its DID, and
// may ask for all of it by its standing on the ledger. It returns
// BAD_PRESENTATION_REQUEST, BAD_QUERY, OVER_ASKING, NOT_ACCREDITED or what is wrong with
// the signature.
func (w *Wallet) Request(ctx context.Context, link string) (*Request, error) {
	u, err := url.Parse(link)
	if err != nil || len(link) > 16<<10 {
		return nil, BadRequest.Errorf("%.80q is no link", link)
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil || len(q["client_id"]) != 1 || len(q["request_uri"]) != 1 {
		return nil, BadRequest.Errorf("the link has client_id and request_uri, each once")
	}
	raw, err := w.do(ctx, http.MethodGet, q.Get("request_uri"), "", "", nil)
	if err != nil {
		return nil, err
	}
	return w.check(ctx, string(raw), q.Get("client_id"))
}

func (w *Wallet) check(ctx context.Context, object, client string) (*Request, error) {
	t, err := w.Verifier.Token(ctx, object, TypRequest, identity.Authentication)
	if err != nil {
		return nil, err
	}
	said, err := json.Marshal(t.Claims)
	if err != nil {
		return nil, err
	}
	r := &Request{}
	d := json.NewDecoder(bytes.NewReader(said))
	if err := d.Decode(&r.object); err != nil {
		return nil, BadRequest.Errorf("%w", err)
	}
	o, now := r.object, w.now().Unix()
	signer, _, _ := strings.Cut(t.Kid, "#")
	r.Verifier, _ = strings.CutPrefix(o.ClientID, ByDID)
	switch {
	case o.ClientID != client:
		return nil, BadRequest.Errorf("of client_id %.160q, the link says %.160q", o.ClientID, client)
	case !strings.HasPrefix(client, ByDID) || did.Validate(r.Verifier) != nil:
		return nil, BadRequest.Errorf("client_id %.160q: %s and a DID is accepted", client, ByDID)
	case signer != r.Verifier:
		return nil, BadRequest.Errorf("signed by %.160q, not by %.160s", t.Kid, r.Verifier)
	case o.ResponseType != "vp_token" || o.ResponseMode != "direct_post" || o.Nonce == "":
		return nil, BadRequest.Errorf("response_type %.20q, response_mode %.20q, nonce %.20q: vp_token, direct_post and a nonce are needed", o.ResponseType, o.ResponseMode, o.Nonce)
	case o.Audience != "" && o.Audience != selfIssued:
		return nil, BadRequest.Errorf("aud %.80q, %s is expected", o.Audience, selfIssued)
	case o.Expires != 0 && now >= o.Expires:
		return nil, BadRequest.Errorf("until %s", time.Unix(o.Expires, 0).UTC().Format(time.RFC3339))
	case t.Claims["transaction_data"] != nil:
		return nil, BadRequest.Errorf("transaction_data is not supported")
	}
	if err := CheckURL(o.ResponseURI); err != nil {
		return nil, BadRequest.Errorf("response_uri: %w", err)
	}
	if r.Query, err = ParseQuery(o.Query); err != nil {
		return nil, err
	}
	return r, w.mayAsk(ctx, r)
}

// mayAsk checks the verifier's standing.
func (w *Wallet) mayAsk(ctx context.Context, r *Request) error {
	for _, info := range r.object.Info {
		if info.Format != Accreditation {
			continue
		}
		var s Standing
		if err := json.Unmarshal(info.Data, &s); err != nil {
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

// Choose finds among the credentials that the holder has one for each that is asked
// for, with the places it would show: for the person to agree to. It returns
// NOTHING_TO_SHOW.
func (r *Request) Choose(held []string) ([]Choice, error) {
	var all []Choice
	for _, asked := range r.Query.Credentials {
		found := false
		for _, sdjwt := range held {
			claims, err := credential.Revealed(sdjwt)
			if err != nil {
				continue // of another format
			}
			places, ok := asked.Match(claims)
			if !ok {
				continue
			}
			available, err := credential.Disclosures(sdjwt)
			if err != nil {
				return nil, err
			}
			all = append(all, Choice{ID: asked.ID, Credential: sdjwt, Disclose: disclose(available, places)})
			found = true
			break
		}
		if !found {
			return nil, NothingToShow.Errorf("nothing held answers %s, of type %.300q", asked.ID, asked.Meta.Types)
		}
	}
	return all, nil
}

// Choice is a credential to be shown.
type Choice struct {
	ID         string // in the query
	Credential string
	Disclose   []string // paths of what is shown of what could be kept back
}

// Answer shows what the person agreed to, unless a name in it, such as that of what an
// asked claim lies within, is none that the verifier may see (OVER_ASKING). It returns
// where the person goes on, if the verifier says so, and an [*Error] of the verifier's.
func (w *Wallet) Answer(ctx context.Context, r *Request, choices []Choice) (redirect string, err error) {
	shown := map[string][]string{}
	var names []string
	for _, c := range choices {
		p, err := credential.Presenting{Disclose: c.Disclose, Nonce: r.object.Nonce, Audience: r.object.ClientID, Issued: w.now().Unix()}.Present(c.Credential, w.Holder)
		if err != nil {
			return "", err
		}
		shown[c.ID] = append(shown[c.ID], p)
		paths, err := credential.Disclosures(p)
		if err != nil {
			return "", err
		}
		for _, path := range paths {
			if name := path[strings.LastIndexByte(path, '/')+1:]; strings.Trim(name, "0123456789") != "" { // no element of an array
				names = append(names, name)
			}
		}
	}
	if r.Standing != nil {
		asking := r.Standing.Asking(r.Verifier, r.Query)
		asking.Attributes = append(asking.Attributes, names...)
		slices.Sort(asking.Attributes)
		asking.Attributes = slices.Compact(asking.Attributes)
		if err := asking.Check(ctx, w.Verifier.Ledger); err != nil {
			return "", err
		}
	}
	token, err := json.Marshal(shown)
	if err != nil {
		return "", err
	}
	return w.respond(ctx, r, url.Values{"vp_token": {string(token)}})
}

// Decline tells the verifier that the person does not agree.
func (w *Wallet) Decline(ctx context.Context, r *Request) error {
	_, err := w.respond(ctx, r, url.Values{"error": {AccessDenied}})
	return err
}

func (w *Wallet) respond(ctx context.Context, r *Request, form url.Values) (string, error) {
	if r.object.State != "" {
		form.Set("state", r.object.State)
	}
	raw, err := w.do(ctx, http.MethodPost, r.object.ResponseURI, "", mediaForm, []byte(form.Encode()))
	if err != nil {
		return "", err
	}
	var answer struct {
		Redirect string `json:"redirect_uri"`
	}
	if err := decode(raw, &answer); err != nil {
		return "", errors.Join(BadAnswer.Errorf("%.160s", r.object.ResponseURI), err)
	}
	return answer.Redirect, nil
}

// Response is the form of an authorization response (section 8).
type Response struct {
	Token string `json:"vp_token,omitempty" doc:"JSON: by the id of each credential asked for, an array of one presentation"`
	State string `json:"state" doc:"That of the request"`
	Error string `json:"error,omitempty" doc:"Why nothing is shown, such as access_denied"`
}

// ReadPresentations reads a vp_token: one presentation for each credential of a query.
// It returns an [*Error].
func ReadPresentations(token string, q Query) (map[string]string, error) {
	if _, err := credential.DecodeObject([]byte(token)); err != nil {
		return nil, Errorf(InvalidRequest, "vp_token: %s", err)
	}
	var shown map[string][]string
	if err := json.Unmarshal([]byte(token), &shown); err != nil {
		return nil, Errorf(InvalidRequest, "vp_token: %s", err)
	}
	if len(shown) != len(q.Credentials) {
		return nil, Errorf(InvalidRequest, "vp_token answers %d credentials, %d are asked for", len(shown), len(q.Credentials))
	}
	out := map[string]string{}
	for _, c := range q.Credentials {
		if len(shown[c.ID]) != 1 {
			return nil, Errorf(InvalidRequest, "vp_token has %d presentations for %s, 1 is asked for", len(shown[c.ID]), c.ID)
		}
		out[c.ID] = shown[c.ID][0]
	}
	return out, nil
}
