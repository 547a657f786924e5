// SPDX-License-Identifier: Apache-2.0

// Package asking is the gateway's side of OpenID4VP 1.0: a verifier that entrusts its
// key to the gateway asks holders for credentials, their wallets answer to the
// gateway, the verifier reads the reports. What a verifier is not registered for on
// the ledger is not asked. Requests and what was answered lie on the shelf, sealed with
// the request's id, and for a while.
package asking

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/once"
	"github.com/komsco/trust-platform/gateway/internal/party"
	"github.com/komsco/trust-platform/gateway/internal/shelf"
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

// Asker asks in the name of a verifier, by a key for authentication, and takes answers.
type Asker struct {
	party.Party

	mu       sync.Mutex
	checking map[string]int // answers that are being verified, by the request's id
}

// NewRequest is what a verifier asks for.
type NewRequest struct {
	openid.Standing
	Query credential.AsWritten `json:"dcql_query" doc:"OpenID4VP 1.0 section 6: SD-JWT VCs, each once; all that are listed, or what credential_sets say"`

	IssuerRoot   string          `json:"issuerRoot,omitempty" doc:"Root of accreditation under which the issuers have to stand"`
	IssuerRegion string          `json:"issuerRegion,omitempty"`
	Unlock       identity.Unlock `json:"unlock,omitempty" enum:"none,pin,biometric" doc:"The least that the holder's key has to be unlocked with"`
	Prefix       string          `json:"client_id_prefix,omitempty" enum:"decentralized_identifier,redirect_uri" doc:"How wallets see who asks: by a signature of the verifier's, which is so if left out, or by the URL that they answer to. The latter is not signed, stands in the link as a whole, and wallets have no way to tell that the verifier is registered"`
	Mode         string          `json:"response_mode,omitempty" enum:"direct_post,direct_post.jwt" doc:"direct_post if left out; direct_post.jwt has answers encrypted to a key that is made for this request"`
	Expires      int64           `json:"expires,omitempty" minimum:"0" doc:"Unix seconds, at most ten minutes from now; in five if left out"`
}

// Asked is a request that was made.
type Asked struct {
	ID       string `json:"id"`
	Link     string `json:"link" doc:"openid4vp://…: for a QR code"`
	ClientID string `json:"client_id"`
	Request  string `json:"request_uri,omitempty" doc:"Of a signed request"`
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

// kindRequest is the kind of records on the shelf: a request, by its id.
const kindRequest = "request"

type request struct {
	Outcome
	Ask    NewRequest      `json:"ask"`
	Client string          `json:"client"`
	Query  json.RawMessage `json:"query"`
	Object string          `json:"object,omitempty"` // signed
	ID     string          `json:"clientId"`         // by which the verifier asks
	Nonce  string          `json:"nonce"`
	Secret string          `json:"secret"` // that the answer repeats as its state

	Key   *jose.JSONWebKey `json:"key,omitempty"` // for encrypted answers, until there is one
	query openid.Query
}

// until is how long a request is kept.
func (r *request) until() time.Time { return time.Unix(r.Expires, 0).Add(keep) }

// New sets up a verifier. It returns what is wrong with the party.
func New(p party.Party) (*Asker, error) {
	p, err := p.Ready()
	if err != nil {
		return nil, err
	}
	if p.Verifier.Ledger == nil {
		return nil, fmt.Errorf("the registry of verifiers is on the ledger, which is not there")
	}
	return &Asker{Party: p, checking: map[string]int{}}, nil
}

// Ask makes a request on behalf of a client. It returns CLIENT_REFUSED, BAD_QUERY,
// BAD_PRESENTATION_REQUEST, TOO_MANY_OPEN, or OVER_ASKING and NOT_ACCREDITED as the ledger
// has it.
func (a *Asker) Ask(ctx context.Context, client string, n NewRequest) (Asked, error) {
	if err := a.Allow(client); err != nil {
		return Asked{}, err
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
	expires, ok := a.Until(n.Expires, Life, maxLife)
	if !ok {
		return Asked{}, openid.BadRequest.Errorf("until %s, it is %s: to come, and at most %s from now", expires.UTC().Format(time.RFC3339), a.Now().UTC().Format(time.RFC3339), maxLife)
	}
	if n.Schema == "" {
		n.Schema = identity.Any
	}
	if n.Region == "" {
		n.Region = identity.Any
	}
	if err := n.Asking(a.ID(), query).Check(ctx, a.Verifier.Ledger); err != nil {
		return Asked{}, err
	}
	id := once.Secret()
	r := &request{Ask: n, Client: client, Query: raw, Nonce: once.Secret(), Secret: once.Secret()}
	r.State, r.Expires = Open, expires.Unix()
	made, err := a.write(r, id)
	if err != nil {
		return Asked{}, err
	}
	err = a.Shelf.Do(func(tx *shelf.Tx) error {
		open, err := tx.Count(kindRequest)
		if err != nil {
			return err
		}
		if open >= maxOpen {
			return openid.TooManyOpen.Errorf("%d requests", open)
		}
		return tx.Put(kindRequest, id, r.until(), r)
	})
	return made, err
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

// write makes the request that wallets see, and the key for its answer.
func (a *Asker) write(r *request, id string) (Asked, error) {
	o := openid.NewRequestObject(a.ID())
	o.Query, o.Nonce, o.State = r.Query, r.Nonce, r.Secret
	o.Issued, o.Expires = a.Now().Unix(), r.Expires
	o.ResponseURI = a.URL + PathRequests + id + "/response"
	var err error
	switch r.Ask.Mode {
	case "", openid.DirectPost:
	case openid.DirectPostJWT:
		if r.Key, err = openid.NewAnswerKey(); err != nil {
			return Asked{}, err
		}
		if o, err = o.Encrypted(r.Key); err != nil {
			return Asked{}, err
		}
	default:
		return Asked{}, openid.BadRequest.Errorf("response_mode %.40q: %s or %s", r.Ask.Mode, openid.DirectPost, openid.DirectPostJWT)
	}
	made := Asked{ID: id, Expires: r.Expires}
	switch r.Ask.Prefix + ":" {
	case ":", openid.ByDID:
		standing, err := json.Marshal(r.Ask.Standing)
		if err != nil {
			return Asked{}, err
		}
		o.Info = []openid.VerifierInfo{{Format: openid.Accreditation, Data: standing}}
		if r.Object, err = credential.SignToken(openid.TypRequest, o, a.Signer, false); err != nil {
			return Asked{}, err
		}
		made.ClientID, made.Request = o.ClientID, a.URL+PathRequests+id+"/object"
		made.Link = openid.RequestScheme + "://?" + url.Values{"client_id": {made.ClientID}, "request_uri": {made.Request}}.Encode()
	case openid.ByResponse:
		made.ClientID = openid.ByResponse + o.ResponseURI
		if made.Link, err = o.Link(); err != nil {
			return Asked{}, err
		}
	default:
		return Asked{}, openid.BadRequest.Errorf("client_id_prefix %.40q: %s or %s", r.Ask.Prefix, strings.TrimSuffix(openid.ByDID, ":"), strings.TrimSuffix(openid.ByResponse, ":"))
	}
	r.ID = made.ClientID
	return made, nil
}

// Object is a signed request as wallets fetch it, until it was answered. It returns
// NOT_OFFERED.
func (a *Asker) Object(id string) (string, error) {
	r, err := a.request(id)
	switch {
	case err != nil:
	case a.state(r) != Open:
		err = openid.NotOffered.Errorf("no open request %.40q", id)
	case r.Object == "":
		err = openid.NotOffered.Errorf("request %.40q is not signed: it is in its link", id)
	}
	return r.Object, err
}

// Outcome is what became of a request, for the client that made it. It returns
// NOT_OFFERED.
func (a *Asker) Outcome(client, id string) (Outcome, error) {
	r, err := a.request(id)
	if err == nil && r.Client != client {
		err = openid.NotOffered.Errorf("no request %.40q of yours", id)
	}
	if err != nil {
		return Outcome{}, err
	}
	out := r.Outcome
	out.State = a.state(r)
	return out, nil
}

// request is one that is kept still. It returns NOT_OFFERED.
func (a *Asker) request(id string) (r request, err error) {
	err = a.Shelf.Do(func(tx *shelf.Tx) (err error) {
		r, err = load(tx, id)
		return err
	})
	return r, err
}

func load(tx *shelf.Tx, id string) (r request, err error) {
	found, err := tx.Get(kindRequest, id, &r)
	switch {
	case err != nil:
		return r, err
	case !found:
		return r, openid.NotOffered.Errorf("no request %.40q", id)
	}
	r.query, err = openid.ParseQuery(r.Query)
	return r, err
}

func (a *Asker) state(r request) State {
	if r.State == Open && !a.Now().Before(time.Unix(r.Expires, 0)) {
		return Over
	}
	return r.State
}
