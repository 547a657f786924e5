// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// votes are those who signed, each of whose signatures holds.
type votes struct {
	control     map[string]bool // ids of control keys as they were before the operation
	added       map[string]bool // ids of keys that the operation adds
	controllers map[string]bool // other DIDs that the document names
}

// count checks every signature. A signature that fails, or that is by a key
// without any say, refuses the operation as a whole: nothing is ignored.
func (s *Signed) count(old State, controllers map[string]State) (votes, error) {
	v := votes{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	foreign := map[string]int{} // signatures of each did:komsco controller
	for _, sig := range s.signatures {
		if sig.did == s.DID {
			key, err := s.own(old, sig, v)
			if err != nil {
				return v, err
			}
			if err := sig.message.Verify(key); err != nil {
				return v, err
			}
			continue
		}
		if !old.names(sig.did) && !s.Control.names(sig.did) {
			return v, KeyUnauthorised.Errorf("%.160s: the document does not name this controller", sig.did)
		}
		key, err := controllerKey(sig, controllers)
		if err != nil {
			return v, err
		}
		if err := sig.message.Verify(key); err != nil {
			return v, err
		}
		foreign[sig.did]++
		// A controller of this method has a say when as many of its own keys signed as it asks for itself.
		if state, ok := controllers[sig.did]; !ok || foreign[sig.did] >= state.Control.Threshold {
			v.controllers[sig.did] = true
		}
	}
	return v, nil
}

// own finds the key of the document that a signature is by, and notes what its
// holder has a say in.
func (s *Signed) own(old State, sig signature, v votes) (did.Key, error) {
	var found *Key
	if k := find(s.AddKeys, sig.key); k != nil {
		v.added[sig.key], found = true, k
	}
	if k := find(old.Keys, sig.key); k != nil && k.Has(CapabilityInvocation) {
		v.control[sig.key], found = true, k
	}
	if found == nil {
		return did.Key{}, KeyUnauthorised.Errorf("key %s is neither a control key of the document nor added", sig.key)
	}
	return found.Public()
}

func controllerKey(sig signature, controllers map[string]State) (did.Key, error) {
	if !strings.HasPrefix(sig.did, Prefix) {
		method, err := did.Resolve(sig.did, did.ES256K)
		if err == nil && method.URL != sig.message.Header.Kid {
			err = KeyUnauthorised.Errorf("%.160s is not the key of %.160s", sig.message.Header.Kid, sig.did)
		}
		return method.Key, err
	}
	state, ok := controllers[sig.did]
	if !ok || state.Status != Active {
		return did.Key{}, KeyUnauthorised.Errorf("controller %s is unknown, suspended or deactivated", sig.did)
	}
	k := find(state.Keys, sig.key)
	if k == nil || !k.Has(CapabilityInvocation) {
		return did.Key{}, KeyUnauthorised.Errorf("key %s is not a control key of controller %s", sig.key, sig.did)
	}
	return k.Public()
}

// authorise returns POSSESSION_UNPROVED, THRESHOLD_NOT_MET or KEYS_COMMITTED
// unless those signed who must. METHOD.md section 4.2 is this function in words.
func (s *Signed) authorise(old State, v votes) error {
	for _, k := range s.AddKeys {
		if !v.added[k.ID()] {
			return PossessionUnproved.Errorf("key %s is added and did not sign", k.ID())
		}
	}
	have, need := len(v.control)+v.of(&old.Control), old.Control.Threshold
	switch {
	case s.Type == Create:
		control := s.control(old)
		have, need = v.of(&control), control.Threshold
		for _, k := range s.AddKeys {
			if k.Has(CapabilityInvocation) {
				have++
			}
		}
	case s.Type == Recover:
		if old.Recovery == nil {
			return KeyUnauthorised.Errorf("the document names no recovery controllers")
		}
		have, need = v.of(old.Recovery), old.Recovery.Threshold
	case s.Type == Suspend:
		// It takes nothing for good, so any one of those who have a say may stop a thief.
		have, need = have+v.of(old.Recovery), 1
	case s.Type == Rotate && len(old.NextKeyHashes) > 0:
		revealed := 0
		for _, k := range s.AddKeys {
			if !k.Has(CapabilityInvocation) {
				continue
			}
			if !slices.Contains(old.NextKeyHashes, k.ID()) {
				return KeysCommitted.Errorf("control key %s is none of the %d that the document has committed to", k.ID(), len(old.NextKeyHashes))
			}
			revealed++
		}
		if revealed == 0 {
			return KeysCommitted.Errorf("the rotation reveals none of the %d keys that the document has committed to", len(old.NextKeyHashes))
		}
		have = revealed + v.of(&old.Control)
	case len(old.NextKeyHashes) > 0 && (s.changesKeys() || s.Type == Resume || s.Type == Deactivate):
		return KeysCommitted.Errorf("%s of a document with %d committed keys: rotate to them first", s.Type, len(old.NextKeyHashes))
	}
	if have < need {
		return ThresholdNotMet.Errorf("%s: %d signed who have a say, %d are needed", s.Type, have, need)
	}
	return nil
}

// of counts the controllers of a quorum that signed.
func (v votes) of(q *Quorum) int {
	n := 0
	if q != nil {
		for _, c := range q.Controllers {
			if v.controllers[c] {
				n++
			}
		}
	}
	return n
}

func (s State) names(controller string) bool {
	return s.Control.names(controller) || s.Recovery.names(controller)
}

func find(keys []Key, id string) *Key {
	if i := slices.IndexFunc(keys, func(k Key) bool { return k.ID() == id }); i >= 0 {
		return &keys[i]
	}
	return nil
}
