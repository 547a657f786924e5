// SPDX-License-Identifier: Apache-2.0

// Package asking is the gateway's side of OpenID4VP 1.0: a verifier that entrusts its
// key to the gateway asks holders for credentials, their wallets answer to the
// gateway, the verifier reads the reports. What a verifier is not registered for on
// the ledger is not asked. Requests and answers are in memory only, and for a while.
package asking

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/once"
	"github.com/komsco/trust-platform/gateway/openid"
)

// Lives and bounds.
const (
	Life    = 5 * time.Minute  // of a request, if the verifier says no other
	maxLife = 10 * time.Minute // no longer than a presentation's proof may be old
	keep    = 10 * time.Minute // for which an answer may be read, after the request's end
	maxOpen = 2_000
	// MaxAnswer bounds an answer in bytes.
	MaxAnswer = 256 << 10
)

// PathRequests is where requests are, behind the gateway's URL.
const PathRequests = "/v1/presentation-requests/"

// Options set up a verifier.
type Options struct {
	URL      string            // as wallets reach this gateway
	Signer   credential.Signer // the verifier's key, for authentication
	Clients  []string          // DIDs that may ask in its name, besides its own
	Verifier *credential.Verifier
	Now      func() time.Time // time.Now if nil
}

// Asker asks and takes answers.
type Asker struct {
	Options
	id string // DID

	mu       sync.Mutex
	requests map[string]*request
	swept    time.Time
}

// NewRequest is what a verifier asks for.
type NewRequest struct {
	openid.Standing
	Query map[string]any `json:"dcql_query" doc:"OpenID4VP 1.0 section 6: SD-JWT VCs, all that are listed, each once"`

	IssuerRoot   string          `json:"issuerRoot,omitempty" doc:"Root of accreditation under which the issuers have to stand"`
	IssuerRegion string          `json:"issuerRegion,omitempty"`
	Unlock       identity.Unlock `json:"unlock,omitempty" enum:"none,pin,biometric" doc:"The least that the holder's key has to be unlocked with"`
	Expires      int64           `json:"expires,omitempty" minimum:"0" doc:"Unix seconds, at most ten minutes from now; in five if left out"`
}

// Asked is a request that was made.
type Asked struct {
	ID       string `json:"id"`
	Link     string `json:"link" doc:"openid4vp://…: for a QR code"`
	ClientID string `json:"client_id"`
	Request  string `json:"request_uri"`
	Expires  int64  `json:"expires" doc:"Unix seconds"`
}

// State is what became of a request.
type State string

// The states.
const (
	Open     State = "open"
	Answered State = "answered" // and verified
	Declined State = "declined"
	Over     State = "over" // nobody answered in time
)

// Outcome is a request as its verifier sees it.
type Outcome struct {
	State   State                        `json:"state" enum:"open,answered,declined,over"`
	Expires int64                        `json:"expires" doc:"Of the request, Unix seconds"`
	Reports map[string]credential.Report `json:"reports,omitempty" doc:"By the ids of the query; of the answer or, while the request is open, of the last that did not verify, without what it says"`
	Refused int                          `json:"refused,omitempty" doc:"Answers that did not verify"`
	Reason  string                       `json:"reason,omitempty" doc:"Why the last was refused, or the wallet declined"`
}

type request struct {
	Outcome
	ask      NewRequest
	client   string
	query    openid.Query
	object   string // signed
	nonce    string
	state    string
	expires  time.Time
	checking int // answers that are being verified
}

// New sets up a verifier. It returns what is wrong with the options.
func New(o Options) (*Asker, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := openid.CheckURL(o.URL); err != nil {
		return nil, err
	}
	o.URL = strings.TrimSuffix(o.URL, "/")
	id, _, err := did.Split(o.Signer.Kid)
	if err != nil {
		return nil, err
	}
	if o.Verifier == nil || o.Verifier.Ledger == nil {
		return nil, fmt.Errorf("the registry of verifiers is on the ledger, which is not there")
	}
	return &Asker{Options: o, id: id, requests: map[string]*request{}}, nil
}

// Ask makes a request on behalf of a client. It returns CLIENT_REFUSED, BAD_QUERY,
// BAD_PRESENTATION_REQUEST, TOO_MANY_OPEN, or OVER_ASKING and NOT_ACCREDITED as the ledger
// has it.
func (a *Asker) Ask(ctx context.Context, client string, n NewRequest) (Asked, error) {
	if client != a.id && !slices.Contains(a.Clients, client) {
		return Asked{}, openid.ClientRefused.Errorf("%.160s may not ask in the name of %s", client, a.id)
	}
	raw, err := json.Marshal(n.Query)
	if err != nil {
		return Asked{}, openid.BadQuery.Errorf("%w", err)
	}
	query, err := openid.ParseQuery(raw)
	if err != nil {
		return Asked{}, err
	}
	if err := noIndexes(query); err != nil {
		return Asked{}, err
	}
	now := a.Now()
	expires := now.Add(Life)
	if n.Expires != 0 {
		expires = time.Unix(n.Expires, 0)
	}
	if !expires.After(now) || expires.After(now.Add(maxLife)) {
		return Asked{}, openid.BadRequest.Errorf("until %s, it is %s: to come, and at most %s from now", expires.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339), maxLife)
	}
	if n.Schema == "" {
		n.Schema = identity.Any
	}
	if n.Region == "" {
		n.Region = identity.Any
	}
	if err := n.Asking(a.id, query).Check(ctx, a.Verifier.Ledger); err != nil {
		return Asked{}, err
	}
	id := once.Secret()
	r := &request{ask: n, client: client, query: query, nonce: once.Secret(), state: once.Secret(), expires: expires}
	r.State, r.Expires = Open, expires.Unix()
	if r.object, err = a.sign(r, raw, id, now); err != nil {
		return Asked{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sweep(now)
	if len(a.requests) >= maxOpen {
		return Asked{}, openid.TooManyOpen.Errorf("%d requests", len(a.requests))
	}
	a.requests[id] = r
	made := Asked{ID: id, ClientID: openid.ByDID + a.id, Request: a.URL + PathRequests + id + "/object", Expires: expires.Unix()}
	made.Link = openid.RequestScheme + "://?" + url.Values{"client_id": {made.ClientID}, "request_uri": {made.Request}}.Encode()
	return made, nil
}

// noIndexes refuses what cannot be checked: elements that are kept back shift those
// behind them.
func noIndexes(q openid.Query) error {
	for _, c := range q.Credentials {
		for _, claim := range c.Claims {
			for _, step := range claim.Path {
				if _, index := step.(json.Number); index {
					return openid.BadQuery.Errorf("path %v: ask for null, every element, not for one by its number", claim.Path)
				}
			}
		}
	}
	return nil
}

func (a *Asker) sign(r *request, query []byte, id string, now time.Time) (string, error) {
	o := openid.NewRequestObject(a.id)
	o.Query, o.Nonce, o.State = query, r.nonce, r.state
	o.Issued, o.Expires = now.Unix(), r.expires.Unix()
	o.ResponseURI = a.URL + PathRequests + id + "/response"
	standing, err := json.Marshal(r.ask.Standing)
	if err != nil {
		return "", err
	}
	o.Info = []openid.VerifierInfo{{Format: openid.Accreditation, Data: standing}}
	return credential.SignToken(openid.TypRequest, o, a.Signer, false)
}

// Object is a request as wallets fetch it, until it was answered. It returns NOT_OFFERED.
func (a *Asker) Object(id string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.requests[id]
	if r == nil || a.state(r) != Open {
		return "", openid.NotOffered.Errorf("no open request %.40q", id)
	}
	return r.object, nil
}

// Outcome is what became of a request, for the client that made it. It returns
// NOT_OFFERED.
func (a *Asker) Outcome(client, id string) (Outcome, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.requests[id]
	if r == nil || r.client != client {
		return Outcome{}, openid.NotOffered.Errorf("no request %.40q of yours", id)
	}
	out := r.Outcome
	out.State = a.state(r)
	return out, nil
}

func (a *Asker) state(r *request) State {
	if r.State == Open && !a.Now().Before(r.expires) {
		return Over
	}
	return r.State
}

// sweep throws away what nobody may read any more: once a minute, or when there is no
// room.
func (a *Asker) sweep(now time.Time) {
	if len(a.requests) < maxOpen && now.Sub(a.swept) < time.Minute {
		return
	}
	a.swept = now
	for id, r := range a.requests {
		if now.After(r.expires.Add(keep)) {
			delete(a.requests, id)
		}
	}
}
