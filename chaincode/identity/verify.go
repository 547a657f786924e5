// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"encoding/json"
	"time"
)

// Verify checks a history from its first version on, without trusting who tells
// it: the DID is the hash of the first operation, every operation is on that DID,
// continues the one before and is signed by those who had a say, and every state is
// what its operation makes of the one before. Whose history it is, its versions say:
// the caller MUST compare the DID of one with the one it asks about. controllers tells the state of a did:komsco
// controller when a version was made; it may be nil where none signed.
//
// What only the ledger can vouch for are the times, and that nothing came after.
func Verify(place Place, history []Version, controllers func(did string, v Version) (State, bool)) error {
	var before *Version
	for i, v := range history {
		s, err := Parse(place, v.Compacts())
		if err != nil {
			return err
		}
		states := map[string]State{}
		for _, c := range s.Controllers() {
			if controllers == nil {
				break
			}
			if state, ok := controllers(c, v); ok {
				states[c] = state
			}
		}
		made, err := Apply(before, s, states, time.Unix(v.Time, 0), v.Tx)
		if err != nil {
			return err
		}
		same, err := equal(made, v)
		if err != nil {
			return err
		}
		if !same {
			return VersionConflict.Errorf("version %d is not what its operation makes of the one before", v.Number)
		}
		before = &history[i]
	}
	return nil
}

// equal compares two versions as they are written: an empty list is left out.
func equal(a, b Version) (bool, error) {
	first, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	second, err := json.Marshal(b)
	return bytes.Equal(first, second), err
}
