// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// content is what a document says, in this method's terms.
type content struct {
	keys     []identity.Key
	services []identity.Service
}

// wanted is a DID document as a client sends it.
type wanted struct {
	Keys []struct {
		ID          string             `json:"id"`
		JWK         *did.JWK           `json:"publicKeyJwk"`
		Multikey    string             `json:"publicKeyMultibase"`
		Unlock      identity.Unlock    `json:"unlock"`
		Attestation string             `json:"attestation"`
		Purpose     []identity.Purpose `json:"purpose"`
	} `json:"verificationMethod"`
	AssertionMethod      []string                `json:"assertionMethod"`
	Authentication       []string                `json:"authentication"`
	CapabilityDelegation []string                `json:"capabilityDelegation"`
	CapabilityInvocation []string                `json:"capabilityInvocation"`
	Service              []identity.ServiceEntry `json:"service"`
}

// parseDocument reads a document of a DID; of one that is to be created, with
// relative ids. Keys are known here by what they are, so ids serve only to tell
// which relationship is whose. It returns BAD_REQUEST.
func parseDocument(raw json.RawMessage, id string) (content, error) {
	var w wanted
	if len(raw) == 0 {
		return content{}, code.BadRequest.Errorf("didDocument is missing")
	}
	if err := json.Unmarshal(raw, &w); err != nil {
		return content{}, code.BadRequest.Errorf("didDocument: %v", err)
	}
	var c content
	relative := func(s string) string { return strings.TrimPrefix(strings.TrimPrefix(s, id), "#") }
	known := map[string]bool{}
	for _, m := range w.Keys {
		known[relative(m.ID)] = true
		k := identity.Key{JWK: m.JWK, Multikey: m.Multikey, Unlock: m.Unlock, Attestation: m.Attestation, Purposes: slices.Clone(m.Purpose)}
		if k.Unlock == "" {
			k.Unlock = identity.UnlockNone
		}
		for _, r := range w.relationships() {
			if m.ID != "" && slices.ContainsFunc(r.keys, func(url string) bool { return relative(url) == relative(m.ID) }) {
				k.Purposes = append(k.Purposes, r.purpose)
			}
		}
		slices.Sort(k.Purposes)
		k.Purposes = slices.Compact(k.Purposes)
		c.keys = append(c.keys, k)
	}
	for _, r := range w.relationships() {
		for _, url := range r.keys {
			if !known[relative(url)] {
				return c, code.BadRequest.Errorf("%s names %.80q, which is no verificationMethod of the document", r.purpose, url)
			}
		}
	}
	for _, s := range w.Service {
		c.services = append(c.services, identity.Service{ID: relative(s.ID), Type: s.Type, Endpoint: s.Endpoint})
	}
	return c, nil
}

type relationship struct {
	purpose identity.Purpose
	keys    []string
}

func (w wanted) relationships() []relationship {
	return []relationship{
		{identity.AssertionMethod, w.AssertionMethod},
		{identity.Authentication, w.Authentication},
		{identity.CapabilityDelegation, w.CapabilityDelegation},
		{identity.CapabilityInvocation, w.CapabilityInvocation},
	}
}

// change makes the operation what the request's documents say, against the
// current state: set (the default), add to, or remove from it.
func (q Request) change(o *identity.Operation, current identity.State) error {
	documents := []json.RawMessage{}
	switch raw := strings.TrimSpace(string(q.Document)); {
	case raw == "" || raw == "null":
		return nil
	case raw[0] == '[':
		if err := json.Unmarshal(q.Document, &documents); err != nil {
			return code.BadRequest.Errorf("didDocument: %v", err)
		}
	default:
		documents = append(documents, q.Document)
	}
	if len(q.Operations) > 0 && len(q.Operations) != len(documents) {
		return code.BadRequest.Errorf("%d of didDocumentOperation for %d documents", len(q.Operations), len(documents))
	}
	for i, raw := range documents {
		how := "setDidDocument"
		if len(q.Operations) > 0 {
			how = q.Operations[i]
		}
		c, err := parseDocument(raw, q.DID)
		if err != nil {
			return err
		}
		switch how {
		case "setDidDocument":
			c.set(o, current)
		case "addToDidDocument":
			o.AddKeys, o.AddServices = append(o.AddKeys, c.keys...), append(o.AddServices, c.services...)
		case "removeFromDidDocument":
			for _, k := range c.keys {
				o.RemoveKeys = append(o.RemoveKeys, k.ID())
			}
			for _, s := range c.services {
				o.RemoveServices = append(o.RemoveServices, s.ID)
			}
		default:
			return code.BadRequest.Errorf("didDocumentOperation %.40q is none of setDidDocument, addToDidDocument, removeFromDidDocument", how)
		}
	}
	slices.Sort(o.RemoveKeys)
	slices.Sort(o.RemoveServices)
	return nil
}

// set takes away what the document does not say and adds what is new or changed.
// A rotation or recovery takes keys away by itself.
func (c content) set(o *identity.Operation, current identity.State) {
	for _, have := range current.Keys {
		stays := slices.ContainsFunc(c.keys, func(k identity.Key) bool { return same(k, have) })
		byItself := o.Type == identity.Recover || (o.Type == identity.Rotate && have.Has(identity.CapabilityInvocation))
		if !stays && !byItself {
			o.RemoveKeys = append(o.RemoveKeys, have.ID())
		}
	}
	for _, k := range c.keys {
		if !slices.ContainsFunc(current.Keys, func(have identity.Key) bool { return same(k, have) }) {
			o.AddKeys = append(o.AddKeys, k)
		}
	}
	for _, have := range current.Services {
		if !slices.Contains(c.services, have) {
			o.RemoveServices = append(o.RemoveServices, have.ID)
		}
	}
	for _, s := range c.services {
		if !slices.Contains(current.Services, s) {
			o.AddServices = append(o.AddServices, s)
		}
	}
}

// same reports whether two keys are one, with the same purposes and unlock level,
// in whichever encoding.
func same(a, b identity.Key) bool {
	return a.ID() == b.ID() && slices.Equal(a.Purposes, b.Purposes) && a.Unlock == b.Unlock && a.Attestation == b.Attestation
}
