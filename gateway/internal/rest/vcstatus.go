// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	jsonx "github.com/go-json-experiment/json"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/statuses"
)

// typeEntry is the type of a credentialStatus (Bitstring Status List 1.0 section 2.1).
const typeEntry = "BitstringStatusListEntry"

// StatusRequest changes the status of a credential (UpdateCredentialStatusRequest of the
// VC API).
type StatusRequest struct {
	CredentialID string      `json:"credentialId" doc:"The credential's id, the credentialId it was issued with, or that of its offer"`
	Status       StatusEntry `json:"credentialStatus" doc:"Which of its statuses"`
	Set          *bool       `json:"status,omitempty" doc:"Whether it holds from now on; true if left out, as W3C's suite does"`
	Allocator    string      `json:"indexAllocator,omitempty" doc:"Not used"`
}

// StatusEntry says which status of a credential is meant.
type StatusEntry struct {
	ID      string `json:"id,omitempty"`
	Type    string `json:"type" doc:"BitstringStatusListEntry; the VC API's example says BitstringStatusList"`
	Purpose string `json:"statusPurpose" enum:"revocation,suspension"`
	Index   string `json:"statusListIndex,omitempty" doc:"With statusListCredential, for a credential that was issued elsewhere"`
	List    string `json:"statusListCredential,omitempty"`
}

// StatusChanged is what the ledger holds since.
type StatusChanged struct {
	Changed []statuses.Changed `json:"changed" doc:"By list, the transaction with the issuer's statement"`
}

// vcStatus registers what changes the status of credentials.
func (a *API) vcStatus(op huma.Operation, none error) {
	op.Description = "By a statement that the gateway signs with the issuer's key: the ledger has it when the answer comes, verifiers without the ledger " +
		"once their copy of the list is old. A revocation is never taken back (STATUS_FINAL)."
	op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusConflict, http.StatusGatewayTimeout)
	raw(a, op, func(ctx context.Context, in *rawInput) (*noStore[StatusChanged], error) {
		if a.vc == nil || a.vc.Statuses == nil {
			return nil, problemOf(none)
		}
		change, err := readStatus(in.RawBody)
		if err != nil {
			return nil, problemOf(err)
		}
		if !a.vc.Anyone {
			if change.Caller, err = a.caller(in.Authorization); err != nil {
				return nil, err
			}
		}
		done, err := a.vc.Statuses.Change(ctx, change)
		if err != nil {
			return nil, problemOf(err)
		}
		return &noStore[StatusChanged]{"no-store", StatusChanged{done}}, nil
	})
}

// readStatus reads a change. It returns CREDENTIAL_MALFORMED or BAD_STATUS_CHANGE.
func readStatus(body []byte) (c statuses.Change, err error) {
	if _, err := credential.DecodeObject(body); err != nil {
		return c, err
	}
	var r StatusRequest
	if err := jsonx.Unmarshal(body, &r, jsonx.RejectUnknownMembers(true)); err != nil {
		return c, credential.BadStatusChange.Errorf("%w", err)
	}
	c = statuses.Change{ID: r.CredentialID, Purpose: identity.StatusPurpose(r.Status.Purpose), Set: r.Set == nil || *r.Set}
	switch {
	case c.ID == "":
		return c, credential.BadStatusChange.Errorf("credentialId is needed")
	case r.Status.Type != typeEntry && r.Status.Type != "BitstringStatusList":
		return c, credential.BadStatusChange.Errorf("credentialStatus of type %.60q, %s is known", r.Status.Type, typeEntry)
	case c.Purpose != identity.Revocation && c.Purpose != identity.Suspension:
		return c, credential.BadStatusChange.Errorf("statusPurpose %.20q is none of revocation, suspension", r.Status.Purpose)
	case r.Status.Index == "" && r.Status.List == "":
		return c, nil
	}
	e, err := readEntry(r.Status.List, r.Status.Index)
	c.Entry = &e
	return c, err
}

func readEntry(list, index string) (e statuses.Entry, err error) {
	owner, name, ok := credential.ParseListURL(list)
	if !ok {
		return e, credential.BadStatusChange.Errorf("statusListCredential %.160q is no list on the ledger, …/v1/status-lists/{did}/{list}/credential", list)
	}
	n, err := strconv.Atoi(index)
	if err != nil || n < 0 || strconv.Itoa(n) != index {
		return e, credential.BadStatusChange.Errorf("statusListIndex %.20q is no number from 0", index)
	}
	return statuses.Entry{Issuer: owner, List: name, Index: n}, nil
}

// withStatus remembers which entries a credential to be issued has, or gives it some.
func (a *API) withStatus(ctx context.Context, request, vc credential.Object, issuer, base string) error {
	if a.vc.Statuses == nil {
		return nil
	}
	id, _ := vc["id"].(string)
	if options, ok := request["options"].(credential.Object); ok && id == "" {
		id, _ = options["credentialId"].(string)
	}
	if vc["credentialStatus"] == nil {
		var all []any
		for _, list := range a.vc.Lists[issuer] {
			e, err := a.vc.Statuses.Draw(ctx, issuer, list, id)
			if err != nil {
				return err
			}
			url, index := credential.ListURL(base, issuer, list), strconv.Itoa(e.Index)
			all = append(all, credential.Object{
				"id": url + "#" + index, "type": typeEntry, "statusPurpose": string(e.Purpose), "statusListIndex": index, "statusListCredential": url,
			})
		}
		switch len(all) {
		case 0:
		case 1: // as most software expects it
			vc["credentialStatus"] = all[0]
		default:
			vc["credentialStatus"] = all
		}
		return nil
	}
	given, ok := vc["credentialStatus"].([]any)
	if !ok {
		given = []any{vc["credentialStatus"]}
	}
	for _, v := range given {
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		var s StatusEntry
		if err := credential.Decode(raw, &s); err != nil {
			return credential.BadStatusChange.Errorf("credentialStatus: %w", err)
		}
		if s.Type != typeEntry {
			continue // of another mechanism
		}
		if owner, _, ok := credential.ParseListURL(s.List); !ok || owner != issuer {
			continue // kept elsewhere
		}
		e, err := readEntry(s.List, s.Index)
		if err != nil {
			return err
		}
		e.Purpose = identity.StatusPurpose(s.Purpose)
		if err := a.vc.Statuses.Note(ctx, id, e); err != nil {
			return err
		}
	}
	return nil
}
