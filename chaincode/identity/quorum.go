// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// MaxControllers bounds the controllers of a quorum.
const MaxControllers = 8

// Quorum is k of n: how many of those who have a say must sign. For control these
// are the document's own control keys and the controllers; for recovery the
// controllers alone.
type Quorum struct {
	Controllers []string `json:"controllers,omitempty"` // other DIDs: did:komsco, did:key, did:jwk; ascending
	Threshold   int      `json:"threshold"`
}

// check returns INVALID_QUORUM, BAD_DID or TOO_LARGE unless the quorum can be met
// by this many keys of the document and its controllers.
func (q Quorum) check(what, self string, keys int) error {
	if len(q.Controllers) > MaxControllers {
		return TooLarge.Errorf("%s names %d controllers, at most %d", what, len(q.Controllers), MaxControllers)
	}
	if !ascending(q.Controllers) {
		return InvalidQuorum.Errorf("the controllers of %s are not distinct and in order", what)
	}
	for _, c := range q.Controllers {
		if c == self {
			return InvalidQuorum.Errorf("%s names the document's own DID: its keys have a say anyway, or none", what)
		}
		if err := checkController(c); err != nil {
			return err
		}
	}
	if most := keys + len(q.Controllers); q.Threshold < 1 || q.Threshold > most {
		return InvalidQuorum.Errorf("%s asks for %d of %d", what, q.Threshold, most)
	}
	return nil
}

func checkController(c string) error {
	if strings.HasPrefix(c, Prefix) {
		_, err := ParseDID(c)
		return err
	}
	_, err := did.Resolve(c, did.ES256K)
	return err
}

func (q *Quorum) names(controller string) bool {
	return q != nil && slices.Contains(q.Controllers, controller)
}
