// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"encoding/json"
	"slices"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// content is what a document is to have after an operation.
type content struct {
	keys     []identity.Key
	services []identity.Service
}

// left is what an operation leaves by itself: a recovery takes all keys away, a
// rotation the control keys.
func left(t identity.Type, s identity.State) content {
	c := content{services: slices.Clone(s.Services)}
	for _, k := range s.Keys {
		if t != identity.Recover && (t != identity.Rotate || !k.Has(identity.CapabilityInvocation)) {
			c.keys = append(c.keys, k)
		}
	}
	return c
}

// change makes the operation what the request's documents say, each in its way:
// setDidDocument (the default), addToDidDocument, removeFromDidDocument. They are
// carried out one after the other on the document as it is; the operation is the
// difference. It returns BAD_REQUEST, INVALID_KEY, KEY_UNKNOWN, SERVICE_UNKNOWN
// or SERVICE_EXISTS.
func (q Request) change(o *identity.Operation, current identity.State) error {
	documents, err := q.documents()
	if err != nil {
		return err
	}
	if len(documents) == 0 && len(q.Secret.Methods) == 0 {
		return nil
	}
	if len(q.Operations) > 0 && len(q.Operations) != len(documents) {
		return code.BadRequest.Errorf("%d of didDocumentOperation for %d documents", len(q.Operations), len(documents))
	}
	r := &reader{id: q.DID, keys: map[string]string{}, known: current.Keys}
	before := left(o.Type, current)
	after := content{slices.Clone(before.keys), slices.Clone(before.services)}
	for i, raw := range documents {
		p, err := r.read(raw)
		if err != nil {
			return err
		}
		how := "setDidDocument"
		if len(q.Operations) > 0 {
			how = q.Operations[i]
		}
		switch how {
		case "setDidDocument":
			err = after.set(p, current)
		case "addToDidDocument":
			err = after.add(p, current)
		case "removeFromDidDocument":
			err = after.remove(p)
		default:
			err = code.BadRequest.Errorf("didDocumentOperation %.40q is none of setDidDocument, addToDidDocument, removeFromDidDocument", how)
		}
		if err != nil {
			return err
		}
	}
	var own part
	for _, m := range q.Secret.Methods {
		if err := r.method(&own, m, true); err != nil {
			return err
		}
	}
	if err := after.add(own, current); err != nil {
		return err
	}
	difference(o, before, after)
	return nil
}

// documents are those of the request: of a create one object, of an update a list
// or, as older clients have it, one object.
func (q Request) documents() ([]json.RawMessage, error) {
	if !given(q.Document) {
		return nil, nil
	}
	if q.DID == "" || q.Document[0] != '[' {
		return []json.RawMessage{q.Document}, nil
	}
	var all []json.RawMessage
	if err := json.Unmarshal(q.Document, &all); err != nil {
		return nil, code.BadRequest.Errorf("didDocument: %v", err)
	}
	return all, nil
}

// set makes the content what a whole document says.
func (c *content) set(p part, current identity.State) error {
	for _, n := range p.named {
		if !n.listed {
			return code.BadRequest.Errorf("didDocument: key %.80q has a relationship and is no verificationMethod of the document", n.id)
		}
	}
	c.keys, c.services = nil, nil
	return c.add(p, current)
}

// add takes in what a part of a document says: keys, more purposes of keys that are
// there, services.
func (c *content) add(p part, current identity.State) error {
	for _, n := range p.named {
		i := slices.IndexFunc(c.keys, func(k identity.Key) bool { return k.ID() == n.id })
		if i < 0 {
			k, err := n.fresh(current)
			if err != nil {
				return err
			}
			c.keys, i = append(c.keys, k), len(c.keys)
		}
		k := &c.keys[i]
		if n.key != nil && n.key.Unlock != "" {
			k.Unlock = n.key.Unlock
		}
		if n.key != nil && n.key.Attestation != "" {
			k.Attestation = n.key.Attestation
		}
		k.Purposes = append(slices.Clone(k.Purposes), n.purposes...)
		slices.Sort(k.Purposes)
		k.Purposes = slices.Compact(k.Purposes)
	}
	for _, s := range p.services {
		i := slices.IndexFunc(c.services, func(have identity.Service) bool { return have.ID == s.ID })
		switch {
		case i < 0:
			c.services = append(c.services, s)
		case c.services[i] != s:
			return identity.ServiceExists.Errorf("%.40s", s.ID)
		}
	}
	return nil
}

// fresh is a key that the content does not have yet, without purposes: as the part
// brings it, or as the document had it.
func (n named) fresh(current identity.State) (identity.Key, error) {
	i := slices.IndexFunc(current.Keys, func(k identity.Key) bool { return k.ID() == n.id })
	switch {
	case i >= 0:
		k := current.Keys[i]
		k.Purposes = nil
		return k, nil
	case n.key == nil:
		return identity.Key{}, identity.KeyUnknown.Errorf("%.50q", n.id)
	default:
		k := *n.key
		if k.Unlock == "" {
			k.Unlock = identity.UnlockNone
		}
		return k, nil
	}
}

// remove takes away what a part of a document says: keys that it lists, purposes of
// keys that it names in relationships alone, services.
func (c *content) remove(p part) error {
	for _, n := range p.named {
		i := slices.IndexFunc(c.keys, func(k identity.Key) bool { return k.ID() == n.id })
		if i < 0 {
			return identity.KeyUnknown.Errorf("%.50q", n.id)
		}
		if n.listed {
			c.keys = slices.Delete(c.keys, i, i+1)
			continue
		}
		c.keys[i].Purposes = slices.DeleteFunc(slices.Clone(c.keys[i].Purposes), func(have identity.Purpose) bool { return slices.Contains(n.purposes, have) })
	}
	for _, s := range p.services {
		i := slices.IndexFunc(c.services, func(have identity.Service) bool { return have.ID == s.ID })
		if i < 0 {
			return identity.ServiceUnknown.Errorf("%.40q", s.ID)
		}
		c.services = slices.Delete(c.services, i, i+1)
	}
	return nil
}

// difference makes the operation lead from one content to another. A key whose
// purposes or unlock level change is taken away and added anew.
func difference(o *identity.Operation, before, after content) {
	for _, have := range before.keys {
		if !slices.ContainsFunc(after.keys, func(k identity.Key) bool { return same(k, have) }) {
			o.RemoveKeys = append(o.RemoveKeys, have.ID())
		}
	}
	for _, k := range after.keys {
		if !slices.ContainsFunc(before.keys, func(have identity.Key) bool { return same(k, have) }) {
			o.AddKeys = append(o.AddKeys, k)
		}
	}
	for _, have := range before.services {
		if !slices.Contains(after.services, have) {
			o.RemoveServices = append(o.RemoveServices, have.ID)
		}
	}
	for _, s := range after.services {
		if !slices.Contains(before.services, s) {
			o.AddServices = append(o.AddServices, s)
		}
	}
	slices.Sort(o.RemoveKeys)
	slices.Sort(o.RemoveServices)
}

// same reports whether two keys are one, with the same purposes and unlock level,
// in whichever encoding.
func same(a, b identity.Key) bool {
	return a.ID() == b.ID() && slices.Equal(a.Purposes, b.Purposes) && a.Unlock == b.Unlock && a.Attestation == b.Attestation
}
