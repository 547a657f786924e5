// SPDX-License-Identifier: Apache-2.0

// Package registrar registers did:komsco in client-managed secret mode (DIF DID
// Registration): it answers what to sign, the device signs, and nothing else
// leaves it. It keeps nothing between the two steps: a job's id is the operation
// itself, which means nothing without the signatures. So a restart forgets no job,
// and any gateway of the channel goes on with one that another began.
package registrar

import (
	"context"
	"errors"
	"strings"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway/internal/resolver"
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

// Answer is where a registration stands. A job has an id until it is finished.
type Answer struct {
	JobID                string            `json:"jobId,omitempty"`
	State                State             `json:"didState"`
	RegistrationMetadata map[string]string `json:"didRegistrationMetadata"`
	DocumentMetadata     resolver.Metadata `json:"didDocumentMetadata"`
}

// The states of a registration.
const (
	Finished = "finished"
	Failed   = "failed"
	Action   = "action" // payloads are to be signed
	Wait     = "wait"   // it is not known yet whether it was carried out
)

// State tells where a registration stands and what is to be done.
type State struct {
	State          string                    `json:"state"`
	DID            string                    `json:"did,omitempty"`
	Action         string                    `json:"action,omitempty"`
	SigningRequest map[string]SigningRequest `json:"signingRequest,omitempty"`
	Document       *identity.Document        `json:"didDocument,omitempty"`
	Wait           string                    `json:"wait,omitempty"`
	WaitTime       int                       `json:"waitTime,omitempty"`    // milliseconds
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
}

// Failure is the answer to a request that was refused with a code.
func Failure(q Request, reason, description string) Answer {
	return Answer{State: State{State: Failed, DID: q.Subject(), Reason: reason, Description: description}, RegistrationMetadata: map[string]string{}}
}

// Create registers a document: the first step, or with a job id the second.
func (r *Registrar) Create(ctx context.Context, q Request) (Answer, error) {
	if err := q.check(r.Place, false); err != nil {
		return Answer{}, err
	}
	if q.JobID != "" {
		return r.proceed(ctx, q, identity.Create)
	}
	switch {
	case q.DID != "":
		return Answer{}, code.BadRequest.Errorf("did %.80q: the DID is the hash of the operation that creates it and cannot be chosen", q.DID)
	case len(q.Operations) > 0:
		return Answer{}, code.BadRequest.Errorf("didDocumentOperation: a document is created as didDocument says it")
	}
	o := identity.Begin(r.Place)
	o.Control, o.Recovery, o.NextKeyHashes = q.Options.Control, q.Options.Recovery, q.Options.NextKeyHashes
	if err := q.change(&o, identity.State{}); err != nil {
		return Answer{}, err
	}
	if len(o.AddKeys) == 0 && o.Control == nil {
		return Answer{}, code.BadRequest.Errorf("didDocument has no verificationMethod: nobody would have a say in the document")
	}
	return r.ask(ctx, o, identity.State{})
}

// Update changes a document, by any operation but create and deactivate.
func (r *Registrar) Update(ctx context.Context, q Request) (Answer, error) {
	if err := q.check(r.Place, false); err != nil {
		return Answer{}, err
	}
	if q.JobID != "" {
		return r.proceed(ctx, q, identity.Update, identity.Rotate, identity.Suspend, identity.Resume, identity.Recover)
	}
	current, err := r.current(ctx, q)
	if err != nil {
		return Answer{}, err
	}
	o := identity.Operation{
		Type: q.Options.Operation, DID: q.DID, Control: q.Options.Control, Recovery: q.Options.Recovery, NextKeyHashes: q.Options.NextKeyHashes,
	}
	switch o.Type {
	case "":
		o.Type = identity.Update
	case identity.Create, identity.Deactivate:
		return Answer{}, code.BadRequest.Errorf("options.operation %s: there is /1.0/%s for it", o.Type, o.Type)
	}
	if err := q.change(&o, current.State); err != nil {
		return Answer{}, err
	}
	return r.ask(ctx, current.Outcome().Next(r.Place, o), current.State)
}

// Deactivate ends a document, for good.
func (r *Registrar) Deactivate(ctx context.Context, q Request) (Answer, error) {
	if err := q.check(r.Place, true); err != nil {
		return Answer{}, err
	}
	if q.JobID != "" {
		return r.proceed(ctx, q, identity.Deactivate)
	}
	current, err := r.current(ctx, q)
	if err != nil {
		return Answer{}, err
	}
	o := current.Outcome().Next(r.Place, identity.Operation{Type: identity.Deactivate})
	return r.ask(ctx, o, current.State)
}

func (r *Registrar) current(ctx context.Context, q Request) (identity.Version, error) {
	if q.DID == "" {
		return identity.Version{}, code.BadDID.Errorf("did is missing: which document is it about?")
	}
	found, err := r.Ledger.Resolve(ctx, identity.ResolveQuery{DID: q.DID})
	return found.Version, err
}

// ask answers who may sign what.
func (r *Registrar) ask(ctx context.Context, o identity.Operation, before identity.State) (Answer, error) {
	if err := before.Allows(o); err != nil {
		return Answer{}, err
	}
	if err := o.Validate(); err != nil {
		return Answer{}, err
	}
	j, err := newJob(o)
	if err != nil {
		return Answer{}, err
	}
	for _, k := range o.AddKeys {
		if err := j.offer(j.subject, k); err != nil {
			return Answer{}, err
		}
	}
	// A recovery is signed by the recovery controllers, all else by those who have a say.
	quorums := []*identity.Quorum{&before.Control}
	switch o.Type {
	case identity.Create:
		quorums = append(quorums, o.Control)
	case identity.Recover, identity.Suspend:
		quorums = append(quorums, before.Recovery)
	}
	for _, k := range before.Keys {
		if k.Has(identity.CapabilityInvocation) && o.Type != identity.Recover {
			if err := j.offer(j.subject, k); err != nil {
				return Answer{}, err
			}
		}
	}
	for _, q := range quorums {
		if q == nil {
			continue
		}
		for _, c := range q.Controllers {
			if err := r.offerController(ctx, j, c); err != nil {
				return Answer{}, err
			}
		}
	}
	return j.request()
}

func (r *Registrar) offerController(ctx context.Context, j *job, controller string) error {
	if !strings.HasPrefix(controller, identity.Prefix) {
		m, err := did.Resolve(controller, did.ES256K)
		if err == nil {
			j.Keys[m.URL] = m.Key.Alg
		}
		return err
	}
	found, err := r.Ledger.Resolve(ctx, identity.ResolveQuery{DID: controller})
	if err != nil {
		return err
	}
	for _, k := range found.Version.State.Keys {
		if k.Has(identity.CapabilityInvocation) {
			if err := j.offer(controller, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// proceed goes on with a job: with signatures it is carried out, without any the
// answer is where it stands.
func (r *Registrar) proceed(ctx context.Context, q Request, types ...identity.Type) (Answer, error) {
	j, err := parseJob(q.JobID, r.Place)
	if err != nil {
		return Answer{}, err
	}
	if err := j.fits(q, types); err != nil {
		return Answer{}, err
	}
	if len(q.Secret.SigningResponse) == 0 {
		return r.standing(ctx, j)
	}
	compacts, err := j.signed(q.Secret.SigningResponse)
	if err != nil {
		return Answer{}, err
	}
	if _, err := identity.Parse(r.Place, compacts); err != nil {
		return Answer{}, err
	}
	done, err := r.Ledger.Operate(ctx, compacts...)
	var late interface{ InDoubt() bool }
	switch {
	case errors.As(err, &late) && late.InDoubt():
		return Answer{JobID: q.JobID, RegistrationMetadata: map[string]string{}, State: State{
			State: Wait, DID: j.subject, WaitTime: 2000,
			Wait: "It is not known yet whether the operation was carried out. Send the same again, or the jobId alone to see: it is carried out once at most.",
		}}, nil
	case err != nil:
		return Answer{}, err
	}
	return r.finished(ctx, done), nil
}

// standing answers where a job stands that came without signatures: to be signed,
// carried out, or overtaken.
func (r *Registrar) standing(ctx context.Context, j *job) (Answer, error) {
	made, err := r.Ledger.Resolve(ctx, identity.ResolveQuery{DID: j.subject, Version: j.Operation.Number})
	switch {
	case errors.Is(err, identity.DIDUnknown), errors.Is(err, identity.VersionUnknown):
		return j.request()
	case err != nil:
		return Answer{}, err
	case made.Version.Digest != j.digest:
		return Answer{}, identity.VersionConflict.Errorf("version %d was made by another operation, in transaction %s", made.Version.Number, made.Version.Tx)
	default:
		return finished(made), nil
	}
}

// finished tells what was made.
func (r *Registrar) finished(ctx context.Context, done identity.Outcome) Answer {
	made, err := r.Ledger.Resolve(ctx, identity.ResolveQuery{DID: done.DID, Version: done.Version})
	if err != nil { // it is registered; only the document cannot be shown
		return Answer{State: State{State: Finished, DID: done.DID}, RegistrationMetadata: map[string]string{}}
	}
	return finished(made)
}

func finished(made identity.Resolved) Answer {
	v := made.Version
	a := Answer{
		State: State{State: Finished, DID: v.DID}, RegistrationMetadata: map[string]string{"transaction": v.Tx}, DocumentMetadata: resolver.Describe(made),
	}
	if v.State.Status != identity.Deactivated {
		d := v.State.Document(v.DID)
		a.State.Document = &d
	}
	return a
}
