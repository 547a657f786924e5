// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"encoding/base64"
	"strings"
	"time"
)

// Status is whether a DID can be used.
type Status string

// The statuses. A deactivated DID stays so.
const (
	Active      Status = "active"
	Suspended   Status = "suspended"
	Deactivated Status = "deactivated"
)

// State is what a document says in one version.
type State struct {
	Status        Status    `json:"status"`
	Keys          []Key     `json:"keys,omitempty"`
	Services      []Service `json:"services,omitempty"`
	Control       Quorum    `json:"control"`
	Recovery      *Quorum   `json:"recovery,omitempty"`
	NextKeyHashes []string  `json:"nextKeyHashes,omitempty"`
}

// Version is one version of a document with the operation that made it: all that
// is needed to check it again without trusting anyone.
type Version struct {
	DID        string   `json:"did"`
	Number     int64    `json:"number"`
	Digest     string   `json:"digest"`     // of the operation, hex
	Payload    string   `json:"payload"`    // the operation's canonical JSON, in base64url
	Signatures []string `json:"signatures"` // detached compact JWS, each over Payload
	Time       int64    `json:"time"`       // Unix seconds; never before the version before
	Tx         string   `json:"tx"`
	State      State    `json:"state"`
}

// Head tells which version is the current one.
type Head struct {
	Version int64  `json:"version"`
	Digest  string `json:"digest"` // of its operation
	Status  Status `json:"status"`
	Created int64  `json:"created"` // Unix seconds
	Updated int64  `json:"updated"` // Unix seconds
}

// Current is how a document is stored: its head, and the current version beside it,
// so that one read tells both. The versions before stand under keys of their own.
type Current struct {
	Head   Head     `json:"head"`
	Latest *Version `json:"latest"` // nil as format 1 had it: under its own key too
}

// Outcome is what became of an operation: the first result where it had been
// carried out before.
type Outcome struct {
	DID     string `json:"did"`
	Version int64  `json:"version"`
	Digest  string `json:"digest"` // of the operation; the next one names it as previous
	Status  Status `json:"status"`
	Time    int64  `json:"time"` // Unix seconds
	Tx      string `json:"tx"`
}

// Outcome sums the version up.
func (v Version) Outcome() Outcome {
	return Outcome{DID: v.DID, Version: v.Number, Digest: v.Digest, Status: v.State.Status, Time: v.Time, Tx: v.Tx}
}

// Compacts are the signatures as they were sent, to be parsed and checked again.
func (v Version) Compacts() []string {
	all := make([]string, len(v.Signatures))
	for i, s := range v.Signatures {
		all[i] = strings.Replace(s, "..", "."+v.Payload+".", 1)
	}
	return all
}

// CheckReplay returns VERSION_CONFLICT unless this version was made by the very
// operation.
func (v Version) CheckReplay(s *Signed) error {
	if v.Digest != s.Digest {
		return VersionConflict.Errorf("version %d was made by another operation, in transaction %s", v.Number, v.Tx)
	}
	return nil
}

// Apply decides what an operation makes of a document. before is the current
// version, nil where there is none; controllers are the current states of those
// that [Signed.Controllers] names, as far as they exist. It returns
// VERSION_CONFLICT, DID_UNKNOWN, DID_DEACTIVATED, DID_STATE, BAD_SIGNATURE,
// KEY_UNAUTHORISED, THRESHOLD_NOT_MET, POSSESSION_UNPROVED, KEYS_COMMITTED and
// what is wrong with the document that would result.
func Apply(before *Version, s *Signed, controllers map[string]State, now time.Time, tx string) (Version, error) {
	v := Version{
		DID: s.DID, Number: s.Number, Digest: s.Digest, Tx: tx, Time: now.Unix(),
		Payload: base64.RawURLEncoding.EncodeToString(s.payload), Signatures: s.detached(),
	}
	var old State
	if before == nil {
		if s.Type != Create {
			return v, DIDUnknown.Errorf("%s", s.DID)
		}
	} else {
		if s.DID != before.DID {
			return v, VersionConflict.Errorf("operation %d is on %s, the current version is of %s", s.Number, s.DID, before.DID)
		}
		if s.Number != before.Number+1 || s.Previous != before.Digest {
			return v, VersionConflict.Errorf("operation %d on %.12s…, the current version is %d by operation %s", s.Number, s.Previous, before.Number, before.Digest)
		}
		// The submitter's clock is bounded, not exact: no version is older than the one before.
		old, v.Time = before.State, max(v.Time, before.Time)
	}
	if err := old.Allows(s.Operation); err != nil {
		return v, err
	}
	votes, err := s.count(old, controllers)
	if err != nil {
		return v, err
	}
	if err := s.authorise(old, votes); err != nil {
		return v, err
	}
	v.State, err = old.become(s.Operation)
	if err != nil {
		return v, err
	}
	return v, v.State.check(s.DID)
}
