// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// The accreditation registry under the names of the Trust Registry Query Protocol
// (ToIP TRQP v2.0, HTTPS binding). An authority is the DID of one or several roots,
// an action a standing, a resource a schema.

// TRQPQuery is a query: may this entity do this with that, by this authority?
type TRQPQuery struct {
	Entity    string            `json:"entity_id" doc:"DID; of a recognition that of another authority"`
	Authority string            `json:"authority_id" doc:"DID of a root of accreditation"`
	Action    string            `json:"action" doc:"issue, verify or delegate; of a recognition what the entity is authoritative for"`
	Resource  string            `json:"resource" doc:"Schema (owner.name.version), or @ for every one"`
	Context   map[string]string `json:"context,omitempty" doc:"Conditions: time (RFC 3339 in UTC; now if left out), region, purpose (of verify), root (its name, where the authority is several). One that is not known here does not hold. locator is not needed"`
}

// TRQPAnswer is the answer to a query; one of Authorized and Recognized is there.
type TRQPAnswer struct {
	Entity     string            `json:"entity_id"`
	Authority  string            `json:"authority_id"`
	Action     string            `json:"action"`
	Resource   string            `json:"resource"`
	Authorized *bool             `json:"authorized,omitempty"`
	Recognized *bool             `json:"recognized,omitempty"`
	Requested  string            `json:"time_requested,omitempty" doc:"As asked: the answer is for this time"`
	Evaluated  string            `json:"time_evaluated" format:"date-time" doc:"When it was answered, by the gateway's clock"`
	Message    string            `json:"message"`
	Context    map[string]string `json:"context,omitempty" doc:"As asked"`
}

type trqpInput struct{ Body TRQPQuery }

var actionUnknown = Code{"ACTION_UNKNOWN", http.StatusNotFound, "No authority of this registry defines the action: issue, verify and delegate are."}

var trqpStandings = map[string][]identity.Standing{
	"issue": {identity.Issuer}, "verify": {identity.Verifier}, "delegate": {identity.Delegate},
}

// recognised are the standings of who is an authority in the eyes of another: one
// of its own right, or by delegation.
var recognised = []identity.Standing{identity.Peer, identity.Delegate}

func (a *API) trqp() {
	for _, op := range []struct{ id, summary string }{
		{"authorization", "Is an entity authorized by an authority? (TRQP v2.0)"},
		{"recognition", "Does an authority recognize another as one? (TRQP v2.0)"},
	} {
		huma.Register(a.huma, huma.Operation{
			OperationID: "trqp-" + op.id, Method: http.MethodPost, Path: "/" + op.id, Summary: op.summary, Tags: []string{"identity"},
			Description: "The accreditation registry in the words of ToIP's Trust Registry Query Protocol. A refusal is an answer: 200 with false. " +
				"404 where authority, action or resource is none of this registry's.",
			DefaultStatus: http.StatusOK, MaxBodyBytes: maxOrderBody, Errors: problems(400, 404, 413, 415, 500, 503),
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
		Entity: q.Entity, Authority: q.Authority, Action: q.Action, Resource: q.Resource, Context: q.Context,
		Requested: q.Context["time"], Evaluated: time.Now().UTC().Format(time.RFC3339),
	}
	ask, err := q.ask()
	if err != nil {
		return out, err
	}
	standings, known := trqpStandings[q.Action]
	if !known {
		return out, actionUnknown.problem(fmt.Sprintf("action %.40q", q.Action))
	}
	verb := "authorized"
	if recognition {
		standings, verb = recognised, "recognized"
	}
	roots, err := a.rootsOf(ctx, q)
	if err != nil {
		return out, err
	}
	holds, because, err := a.holds(ctx, q, ask, roots, standings)
	if err != nil {
		return out, err
	}
	if !holds {
		verb = "not " + verb
	}
	out.Message = fmt.Sprintf("%s is %s for %s of %s by %s: %s", q.Entity, verb, q.Action, q.Resource, q.Authority, because)
	if recognition {
		out.Recognized = &holds
	} else {
		out.Authorized = &holds
	}
	return out, nil
}

// holds asks each root for each standing; because is what the answer rests on.
func (a *API) holds(ctx context.Context, q TRQPQuery, ask identity.AccreditedQuery, roots []string, standings []identity.Standing) (holds bool, because string, _ error) {
	for name := range q.Context {
		if !slices.Contains([]string{"time", "region", "purpose", "root", "locator"}, name) {
			return false, fmt.Sprintf("condition %.40q is not known here and so does not hold", name), nil
		}
	}
	if !strings.HasPrefix(q.Entity, identity.Prefix) {
		return false, "entities of this registry are did:komsco", nil
	}
	for _, root := range roots {
		for _, standing := range standings {
			ask.Root, ask.Standing, ask.Purpose = root, standing, ""
			if standing == identity.Verifier {
				if ask.Purpose = q.Context["purpose"]; ask.Purpose == "" {
					return false, "verifiers are accredited for a purpose, and context.purpose names none", nil
				}
			}
			found, err := a.identity.Registries.Accredited(ctx, ask)
			switch {
			case err == nil:
				return true, fmt.Sprintf("%s by %d grants up to root %s", standing, len(found.Chain), root), nil
			case !errors.Is(err, identity.NotAccredited):
				return false, "", err
			}
		}
	}
	return false, fmt.Sprintf("no grant holds under root %s by documents that are all active", strings.Join(roots, ", ")), nil
}

// reference is what RFC 3986 lets a URI or a relative reference consist of.
var reference = regexp.MustCompile(`^([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$`)

// ask checks identifiers and conditions and says them in the registry's terms. It
// returns BAD_REQUEST, BAD_DID or SCHEMA_UNKNOWN.
func (q TRQPQuery) ask() (identity.AccreditedQuery, error) {
	ask := identity.AccreditedQuery{Scope: identity.Scope{Subject: q.Entity, Schema: identity.SchemaRef(q.Resource), Region: identity.Any}}
	for _, id := range []struct{ name, value string }{
		{"entity_id", q.Entity}, {"authority_id", q.Authority}, {"action", q.Action}, {"resource", q.Resource},
	} {
		if _, err := url.Parse(id.value); err != nil || !reference.MatchString(id.value) {
			return ask, code.BadRequest.Errorf("%s %.80q: a string as RFC 3986 has it is needed, and not an empty one", id.name, id.value)
		}
	}
	if strings.HasPrefix(q.Entity, identity.Prefix) {
		if _, err := identity.ParseDID(q.Entity); err != nil {
			return ask, err
		}
	}
	if q.Resource != identity.Any {
		if _, _, _, err := ask.Schema.Split(); err != nil {
			return ask, identity.SchemaUnknown.Errorf("resource %.130q: owner.name.version of a schema, or %s for every one", q.Resource, identity.Any)
		}
	}
	if region := q.Context["region"]; region != "" {
		ask.Region = region
	}
	if text := q.Context["time"]; text != "" {
		at, err := time.Parse(time.RFC3339, text)
		utc := strings.HasSuffix(text, "Z") || strings.HasSuffix(text, "+00:00")
		if err != nil || at.Unix() < 1 || !utc {
			return ask, code.BadRequest.Errorf("context.time %.40q is no time in UTC as 2026-01-02T03:04:05Z", text)
		}
		ask.Time = at.Unix()
	}
	return ask, nil
}

// rootsOf are the roots that the authority is, or the one of them that the context
// names. It returns ROOT_UNKNOWN, or BAD_REQUEST for what is not unique in the world.
func (a *API) rootsOf(ctx context.Context, q TRQPQuery) ([]string, error) {
	if parsed, err := url.Parse(q.Authority); err != nil || parsed.Scheme == "" {
		return nil, code.BadRequest.Errorf("authority_id %.80q: the DID of a root is needed; context.root may say which of several", q.Authority)
	}
	if _, err := identity.ParseDID(q.Authority); err != nil {
		return nil, identity.RootUnknown.Errorf("%.80q is no authority of this registry", q.Authority)
	}
	found, err := a.identity.Registries.RootNames(ctx, q.Authority)
	if name := q.Context["root"]; err == nil && name != "" {
		if !slices.Contains(found.Names, name) {
			return nil, identity.RootUnknown.Errorf("%.60q is no root of %s: %s", name, q.Authority, strings.Join(found.Names, ", "))
		}
		return []string{name}, nil
	}
	return found.Names, err
}
