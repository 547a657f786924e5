// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// The accreditation registry under the names of the Trust Registry Query Protocol
// (ToIP TRQP v2.0). An authority is a root, an action a standing, a resource a
// schema.

// TRQPContext is where and when a query holds.
type TRQPContext struct {
	Time    string `json:"time,omitempty" format:"date-time" doc:"RFC 3339, in UTC; now if left out"`
	Region  string `json:"region,omitempty" doc:"Region of the grant; any that holds for all if left out"`
	Purpose string `json:"purpose,omitempty" doc:"Of a verifier (action verify)"`
}

// TRQPQuery is a query: may this entity do this with that, by this authority?
type TRQPQuery struct {
	Entity    string      `json:"entity_id" doc:"did:komsco DID"`
	Authority string      `json:"authority_id" doc:"Name of the root of accreditation"`
	Action    string      `json:"action" doc:"issue, verify or delegate; of a recognition delegate"`
	Resource  string      `json:"resource" doc:"Schema (owner.name.version), or @ for every one"`
	Context   TRQPContext `json:"context,omitempty"`
}

// TRQPAnswer is the answer to a query; one of Authorized and Recognized is there.
type TRQPAnswer struct {
	Entity     string      `json:"entity_id"`
	Authority  string      `json:"authority_id"`
	Action     string      `json:"action"`
	Resource   string      `json:"resource"`
	Authorized *bool       `json:"authorized,omitempty"`
	Recognized *bool       `json:"recognized,omitempty"`
	Requested  string      `json:"time_requested,omitempty" doc:"As asked"`
	Evaluated  string      `json:"time_evaluated" doc:"For which the answer holds"`
	Message    string      `json:"message"`
	Context    TRQPContext `json:"context"`
}

type trqpInput struct{ Body TRQPQuery }

var trqpStandings = map[string]identity.Standing{"issue": identity.Issuer, "verify": identity.Verifier, "delegate": identity.Delegate}

func (a *API) trqp() {
	for _, op := range []struct{ id, summary string }{
		{"authorization", "Is an entity authorized by an authority? (TRQP v2.0)"},
		{"recognition", "Does an authority recognize an entity as one that accredits others? (TRQP v2.0)"},
	} {
		huma.Register(a.huma, huma.Operation{
			OperationID: "trqp-" + op.id, Method: http.MethodPost, Path: "/" + op.id, Summary: op.summary, Tags: []string{"identity"},
			Description:   "The accreditation registry in the words of ToIP's Trust Registry Query Protocol. A refusal is an answer: 200 with false.",
			DefaultStatus: http.StatusOK, MaxBodyBytes: maxOrderBody, Errors: problems(400, 404, 413, 415, 422, 500, 503),
		}, func(ctx context.Context, in *trqpInput) (*output[TRQPAnswer], error) {
			if a.identity.Registries == nil {
				return nil, errNoIdentity
			}
			return answered(a.query(ctx, in.Body, op.id == "recognition"))
		})
	}
}

func (a *API) query(ctx context.Context, q TRQPQuery, recognition bool) (TRQPAnswer, error) {
	out := TRQPAnswer{
		Entity: q.Entity, Authority: q.Authority, Action: q.Action, Resource: q.Resource, Requested: q.Context.Time, Context: q.Context,
	}
	standing, known := trqpStandings[q.Action]
	if !known || recognition && standing != identity.Delegate {
		return out, code.BadRequest.Errorf("action %.40q: issue, verify or delegate; a recognition is of delegate", q.Action)
	}
	ask := identity.AccreditedQuery{Scope: identity.Scope{
		Root: q.Authority, Subject: q.Entity, Standing: standing, Schema: identity.SchemaRef(q.Resource), Region: q.Context.Region, Purpose: q.Context.Purpose,
	}}
	if ask.Region == "" {
		ask.Region = identity.Any
	}
	evaluated := time.Now()
	if q.Context.Time != "" {
		at, err := time.Parse(time.RFC3339, q.Context.Time)
		if err != nil || at.Unix() < 1 {
			return out, code.BadRequest.Errorf("context.time %.40q is no time as 2026-01-02T03:04:05Z", q.Context.Time)
		}
		evaluated, ask.Time = at, at.Unix()
	}
	found, err := a.identity.Registries.Accredited(ctx, ask)
	holds := err == nil
	switch {
	case holds:
		evaluated = time.Unix(found.Time, 0)
		out.Message = fmt.Sprintf("by %d grants, up to root %s", len(found.Chain), q.Authority)
	case errors.Is(err, identity.NotAccredited):
		out.Message = err.Error()
	default:
		return out, err
	}
	out.Evaluated = evaluated.UTC().Format(time.RFC3339)
	if recognition {
		out.Recognized = &holds
	} else {
		out.Authorized = &holds
	}
	return out, nil
}
