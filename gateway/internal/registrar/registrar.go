// SPDX-License-Identifier: Apache-2.0

// Package registrar registers did:komsco in client-managed secret mode (DIF DID
// Registration): it answers what to sign, the device signs, and nothing else
// leaves it. It keeps nothing between the two steps: a job's id is the operation
// itself, which means nothing without the signatures.
package registrar

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"sort"
	"strings"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// Ledger is where documents are kept.
type Ledger interface {
	Operate(ctx context.Context, signatures ...string) (identity.Outcome, error)
	Resolve(ctx context.Context, q identity.ResolveQuery) (identity.Resolved, error)
}

// Registrar registers documents at one place.
type Registrar struct {
	Place  identity.Place
	Ledger Ledger
}

// Request is a create, update or deactivate, or the signatures for one.
type Request struct {
	JobID      string          `json:"jobId"`
	DID        string          `json:"did"`
	Operations []string        `json:"didDocumentOperation"` // of an update, one for each document
	Document   json.RawMessage `json:"didDocument"`          // of an update also a list
	Options    Options         `json:"options"`
	Secret     Secret          `json:"secret"`
	Method     string          `json:"method"` // komsco
}

// Options of a request. Operation, Control, Recovery and NextKeyHashes are those
// of this method.
type Options struct {
	ClientSecretMode *bool            `json:"clientSecretMode"`
	Operation        identity.Type    `json:"operation"` // of an update: update, rotate, suspend, resume or recover
	Control          *identity.Quorum `json:"control"`
	Recovery         *identity.Quorum `json:"recovery"`
	NextKeyHashes    []string         `json:"nextKeyHashes"`
}

// Secret carries signatures and never a private key.
type Secret struct {
	SigningResponse map[string]Signature `json:"signingResponse"`
}

// Signature answers a signing request.
type Signature struct {
	Signature string `json:"signature"` // 64 bytes r‖s, base64
}

// Answer is where a registration stands.
type Answer struct {
	JobID                string            `json:"jobId,omitempty"`
	State                State             `json:"didState"`
	RegistrationMetadata map[string]string `json:"didRegistrationMetadata"`
	DocumentMetadata     map[string]string `json:"didDocumentMetadata"`
}

// State is finished, failed, or action: payloads are to be signed.
type State struct {
	State          string                    `json:"state"`
	DID            string                    `json:"did,omitempty"`
	Action         string                    `json:"action,omitempty"`
	SigningRequest map[string]SigningRequest `json:"signingRequest,omitempty"`
	Document       *identity.Document        `json:"didDocument,omitempty"`
	Reason         string                    `json:"reason,omitempty"`      // the stable code of a refusal
	Description    string                    `json:"description,omitempty"` // its sentence
}

// SigningRequest is a payload for one key. The map of them has the key's DID URL
// as its name. Those whose key is elsewhere may be left out of the response.
type SigningRequest struct {
	Payload    identity.Operation `json:"payload"`           // to be shown to who signs
	Serialized string             `json:"serializedPayload"` // base64 of the bytes to sign: a JWS signing input
	Kid        string             `json:"kid"`
	Alg        string             `json:"alg"`
	Purpose    string             `json:"purpose,omitempty"`
}

// job is what the id of a job holds.
type job struct {
	Operation identity.Operation `json:"operation"`
	Keys      map[string]string  `json:"keys"` // DID URL to algorithm
}

// Create registers a document: the first step, or with a job id the second.
func (r *Registrar) Create(ctx context.Context, q Request) (Answer, error) {
	if q.JobID != "" {
		return r.finish(ctx, q, identity.Create)
	}
	if err := q.check(); err != nil {
		return Answer{}, err
	}
	content, err := parseDocument(q.Document, "")
	if err != nil {
		return Answer{}, err
	}
	o := identity.Begin(r.Place, content.keys...)
	o.AddServices, o.Control, o.Recovery, o.NextKeyHashes = content.services, q.Options.Control, q.Options.Recovery, q.Options.NextKeyHashes
	return r.ask(ctx, o, identity.State{})
}

// Update changes a document, by any operation but create and deactivate.
func (r *Registrar) Update(ctx context.Context, q Request) (Answer, error) {
	if q.JobID != "" {
		return r.finish(ctx, q, identity.Update, identity.Rotate, identity.Suspend, identity.Resume, identity.Recover)
	}
	if err := q.check(); err != nil {
		return Answer{}, err
	}
	current, err := r.Ledger.Resolve(ctx, identity.ResolveQuery{DID: q.DID})
	if err != nil {
		return Answer{}, err
	}
	o := identity.Operation{Type: q.Options.Operation, Control: q.Options.Control, Recovery: q.Options.Recovery, NextKeyHashes: q.Options.NextKeyHashes}
	if o.Type == "" {
		o.Type = identity.Update
	}
	if err := q.change(&o, current.Version.State); err != nil {
		return Answer{}, err
	}
	return r.ask(ctx, current.Version.Outcome().Next(r.Place, o), current.Version.State)
}

// Deactivate ends a document, for good.
func (r *Registrar) Deactivate(ctx context.Context, q Request) (Answer, error) {
	if q.JobID != "" {
		return r.finish(ctx, q, identity.Deactivate)
	}
	if err := q.check(); err != nil {
		return Answer{}, err
	}
	current, err := r.Ledger.Resolve(ctx, identity.ResolveQuery{DID: q.DID})
	if err != nil {
		return Answer{}, err
	}
	o := current.Version.Outcome().Next(r.Place, identity.Operation{Type: identity.Deactivate})
	return r.ask(ctx, o, current.Version.State)
}

func (q Request) check() error {
	if q.Method != "" && q.Method != "komsco" {
		return code.BadRequest.Errorf("method %.40q: komsco is registered here", q.Method)
	}
	if m := q.Options.ClientSecretMode; m != nil && !*m {
		return code.BadRequest.Errorf("clientSecretMode false: keys stay with the client here")
	}
	return nil
}

// ask answers who may sign what.
func (r *Registrar) ask(ctx context.Context, o identity.Operation, before identity.State) (Answer, error) {
	if err := o.Validate(); err != nil {
		return Answer{}, err
	}
	subject, err := o.Subject()
	if err != nil {
		return Answer{}, code.Broken.Errorf("%w", err)
	}
	keys := map[string]string{}
	for _, k := range o.AddKeys {
		if err := offer(keys, subject, k); err != nil {
			return Answer{}, err
		}
	}
	// A recovery is signed by the recovery controllers, all else by those who have a say.
	quorums := []*identity.Quorum{&before.Control, o.Control}
	if o.Type == identity.Recover || o.Type == identity.Suspend {
		quorums = append(quorums, before.Recovery)
	}
	for _, k := range before.Keys {
		if k.Has(identity.CapabilityInvocation) && o.Type != identity.Recover {
			if err := offer(keys, subject, k); err != nil {
				return Answer{}, err
			}
		}
	}
	for _, q := range quorums {
		if q == nil || (o.Type != identity.Create && q == o.Control) {
			continue
		}
		for _, c := range q.Controllers {
			if err := r.offerController(ctx, keys, c); err != nil {
				return Answer{}, err
			}
		}
	}
	id, err := json.Marshal(job{o, keys})
	if err != nil {
		return Answer{}, code.Broken.Errorf("%w", err)
	}
	answer := Answer{JobID: base64.RawURLEncoding.EncodeToString(id), State: State{State: "action", Action: "signPayload", DID: subject, SigningRequest: map[string]SigningRequest{}}}
	for kid, alg := range keys {
		input, err := jws.SigningInput(jws.Header{Alg: alg, Kid: kid, Typ: identity.TypOperation}, o)
		if err != nil {
			return Answer{}, code.Broken.Errorf("%w", err)
		}
		answer.State.SigningRequest[kid] = SigningRequest{Payload: o, Serialized: base64.StdEncoding.EncodeToString([]byte(input)), Kid: kid, Alg: alg}
	}
	return answer.whole(), nil
}

func offer(keys map[string]string, subject string, k identity.Key) error {
	public, err := k.Public()
	if err == nil {
		keys[subject+"#"+public.Thumbprint()] = public.Alg
	}
	return err
}

func (r *Registrar) offerController(ctx context.Context, keys map[string]string, controller string) error {
	if !strings.HasPrefix(controller, identity.Prefix) {
		m, err := did.Resolve(controller, did.ES256K)
		if err == nil {
			keys[m.URL] = m.Key.Alg
		}
		return err
	}
	found, err := r.Ledger.Resolve(ctx, identity.ResolveQuery{DID: controller})
	if err != nil {
		return err
	}
	for _, k := range found.Version.State.Keys {
		if k.Has(identity.CapabilityInvocation) {
			if err := offer(keys, controller, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish puts signatures and operation together and has them carried out.
func (r *Registrar) finish(ctx context.Context, q Request, types ...identity.Type) (Answer, error) {
	raw, err := base64.RawURLEncoding.DecodeString(q.JobID)
	var j job
	if err != nil || json.Unmarshal(raw, &j) != nil {
		return Answer{}, code.BadRequest.Errorf("jobId is none that was given out")
	}
	fits := false
	for _, t := range types {
		fits = fits || j.Operation.Type == t
	}
	if !fits {
		return Answer{}, code.BadRequest.Errorf("the job is a %.20q, which is not finished here", string(j.Operation.Type))
	}
	kids := make([]string, 0, len(q.Secret.SigningResponse))
	for kid := range q.Secret.SigningResponse {
		kids = append(kids, kid)
	}
	sort.Strings(kids)
	var compacts []string
	for _, kid := range kids {
		alg, known := j.Keys[kid]
		if !known {
			return Answer{}, code.BadRequest.Errorf("signingResponse %.160q answers no request", kid)
		}
		signature, err := decodeBase64(q.Secret.SigningResponse[kid].Signature)
		if err != nil {
			return Answer{}, code.BadRequest.Errorf("signature of %.160s is not base64", kid)
		}
		input, err := jws.SigningInput(jws.Header{Alg: alg, Kid: kid, Typ: identity.TypOperation}, j.Operation)
		if err != nil {
			return Answer{}, code.BadRequest.Errorf("jobId is none that was given out")
		}
		compacts = append(compacts, input+"."+base64.RawURLEncoding.EncodeToString(signature))
	}
	if _, err := identity.Parse(r.Place, compacts); err != nil {
		return Answer{}, err
	}
	done, err := r.Ledger.Operate(ctx, compacts...)
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{State: State{State: "finished", DID: done.DID}}.whole()
	if done.Status == identity.Deactivated {
		return answer, nil
	}
	made, err := r.Ledger.Resolve(ctx, identity.ResolveQuery{DID: done.DID, Version: done.Version})
	if err != nil {
		return answer, nil //nolint:nilerr // it is registered; only the document could not be shown
	}
	d := made.Version.State.Document(done.DID)
	answer.State.Document = &d
	return answer, nil
}

// whole fills in what must be there, empty or not.
func (a Answer) whole() Answer {
	a.RegistrationMetadata, a.DocumentMetadata = map[string]string{}, map[string]string{}
	return a
}

// decodeBase64 takes base64 and base64url, padded or not: clients differ.
func decodeBase64(s string) ([]byte, error) {
	s = strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(s)
	return base64.RawURLEncoding.DecodeString(s)
}
