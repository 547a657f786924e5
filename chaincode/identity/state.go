// SPDX-License-Identifier: Apache-2.0

package identity

import "slices"

// Allows returns DID_DEACTIVATED or DID_STATE unless the document's status lets
// the operation happen at all, whoever signs it.
func (s State) Allows(o Operation) error {
	switch {
	case s.Status == Deactivated:
		return DIDDeactivated.Errorf("%s", o.DID)
	case s.Status == Suspended && (o.Type == Update || o.Type == Suspend):
		return DIDState.Errorf("%s of a suspended document: rotate, resume, recover and deactivate are possible", o.Type)
	case s.Status == Active && o.Type == Resume:
		return DIDState.Errorf("the document is not suspended")
	default:
		return nil
	}
}

// become is the state after an authorised operation. It returns KEY_UNKNOWN,
// KEY_EXISTS, SERVICE_UNKNOWN or SERVICE_EXISTS.
func (s State) become(o Operation) (State, error) {
	next := s
	next.Keys, next.Services = slices.Clone(s.Keys), slices.Clone(s.Services)
	switch o.Type {
	case Create:
		next.Status, next.NextKeyHashes = Active, o.NextKeyHashes
	case Rotate:
		next.NextKeyHashes = o.NextKeyHashes
	case Recover:
		next.Status, next.Keys, next.NextKeyHashes = Active, nil, o.NextKeyHashes
	case Suspend:
		next.Status = Suspended
	case Resume:
		next.Status = Active
	case Deactivate:
		return State{Status: Deactivated, Control: Quorum{}}, nil
	}
	for _, id := range o.RemoveKeys {
		if find(next.Keys, id) == nil {
			return next, KeyUnknown.Errorf("%.50q", id)
		}
		next.Keys = slices.DeleteFunc(next.Keys, func(k Key) bool { return k.ID() == id })
	}
	if o.Type == Rotate {
		next.Keys = slices.DeleteFunc(next.Keys, func(k Key) bool { return k.Has(CapabilityInvocation) })
	}
	for _, k := range o.AddKeys {
		if find(next.Keys, k.ID()) != nil {
			return next, KeyExists.Errorf("%s", k.ID())
		}
		next.Keys = append(next.Keys, k)
	}
	for _, id := range o.RemoveServices {
		i := slices.IndexFunc(next.Services, func(have Service) bool { return have.ID == id })
		if i < 0 {
			return next, ServiceUnknown.Errorf("%.40q", id)
		}
		next.Services = slices.Delete(next.Services, i, i+1)
	}
	for _, service := range o.AddServices {
		if slices.ContainsFunc(next.Services, func(have Service) bool { return have.ID == service.ID }) {
			return next, ServiceExists.Errorf("%s", service.ID)
		}
		next.Services = append(next.Services, service)
	}
	next.Control = o.control(s)
	if o.Recovery != nil {
		next.Recovery = o.Recovery
	}
	return next, nil
}

// control is the quorum after the operation: what it says, else what was, else one
// of the control keys.
func (o Operation) control(old State) Quorum {
	switch {
	case o.Control != nil:
		return *o.Control
	case o.Type == Create:
		return Quorum{Threshold: 1}
	default:
		return old.Control
	}
}

// check returns TOO_LARGE, INVALID_QUORUM or BAD_DID unless the document can be
// controlled further.
func (s State) check(self string) error {
	if s.Status == Deactivated {
		return nil
	}
	if len(s.Keys) > MaxKeys || len(s.Services) > MaxServices {
		return TooLarge.Errorf("%d keys and %d services, at most %d and %d", len(s.Keys), len(s.Services), MaxKeys, MaxServices)
	}
	control := 0
	for _, k := range s.Keys {
		if k.Has(CapabilityInvocation) {
			control++
		}
	}
	if err := s.Control.check("control", self, control); err != nil {
		return err
	}
	// Else nobody could ever rotate.
	if n := len(s.NextKeyHashes); n > 0 && n+len(s.Control.Controllers) < s.Control.Threshold {
		return InvalidQuorum.Errorf("control asks for %d, and %d next keys are committed to", s.Control.Threshold, n)
	}
	if s.Recovery != nil {
		return s.Recovery.check("recovery", self, 0)
	}
	return nil
}
