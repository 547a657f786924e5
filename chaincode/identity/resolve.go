// SPDX-License-Identifier: Apache-2.0

package identity

import "github.com/komsco/trust-platform/chaincode/ledger/code"

// MaxHistory bounds the versions that one query answers.
const MaxHistory = 50

// ResolveQuery asks for a version of a document: of this number, or the one in
// force at this time, or the current one.
type ResolveQuery struct {
	DID     string `json:"did"`
	Version int64  `json:"version,omitempty"` // from 1
	Time    int64  `json:"time,omitempty"`    // Unix seconds
}

// Validate checks the form.
func (q ResolveQuery) Validate() error {
	if q.Version < 0 || q.Version > 1<<40 || q.Time < 0 || q.Time > 1<<40 {
		return code.BadRequest.Errorf("version %d, time %d: neither is below zero or beyond 2^40", q.Version, q.Time)
	}
	if q.Version > 0 && q.Time > 0 {
		return code.BadRequest.Errorf("version and time: one of them")
	}
	_, err := ParseDID(q.DID)
	return err
}

// Resolved is a version with what resolution tells about it.
type Resolved struct {
	Version Version `json:"version"`
	Head    Head    `json:"head"`
	Next    int64   `json:"next,omitempty"` // Unix seconds of the version after; left out if there is none
}

// HistoryQuery asks for versions from a number on.
type HistoryQuery struct {
	DID   string `json:"did"`
	From  int64  `json:"from"`
	Limit int    `json:"limit,omitempty"` // 1 to 50; 50 if left out
}

// Validate checks the form.
func (q HistoryQuery) Validate() error {
	if q.From < 1 || q.From > 1<<40 || q.Limit < 0 || q.Limit > MaxHistory {
		return code.BadRequest.Errorf("from %d, limit %d: from 1 on, at most %d", q.From, q.Limit, MaxHistory)
	}
	_, err := ParseDID(q.DID)
	return err
}

// VersionAt is the number of the version in force at a time, found among the
// numbers up to last by asking for the times of a few: versions are in the order
// of their times. Of several of one second the last counts. It returns
// VERSION_UNKNOWN for a time before the first.
func VersionAt(last, at int64, timeOf func(number int64) (int64, error)) (int64, error) {
	low, high := int64(0), last // version low is not after the time, all above high are
	for low < high {
		middle := (low + high + 1) / 2
		t, err := timeOf(middle)
		if err != nil {
			return 0, err
		}
		if t <= at {
			low = middle
		} else {
			high = middle - 1
		}
	}
	if low == 0 {
		return 0, VersionUnknown.Errorf("there was no version yet at %d (Unix seconds)", at)
	}
	return low, nil
}
