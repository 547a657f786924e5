// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// validate checks a transaction against the state as the block's earlier valid
// transactions left it. touched holds the keys they wrote: a read of one of
// these conflicts even where the key is as it was, absent.
func (n *Network) validate(tx *Endorsement, touched map[stateKey]struct{}) (peer.TxValidationCode, string) {
	if _, duplicate := n.seen[tx.TxID]; duplicate {
		return peer.TxValidationCode_DUPLICATE_TXID, ""
	}
	stale, staleWhy := n.staleRead(tx.rw.reads, touched)
	phantom, phantomWhy := n.phantom(tx.rw.ranges)
	// Fabric goes namespace by namespace, reads before ranges.
	switch {
	case stale != nil && (phantom == nil || stale.Namespace <= phantom.Namespace):
		return peer.TxValidationCode_MVCC_READ_CONFLICT, staleWhy
	case phantom != nil:
		return peer.TxValidationCode_PHANTOM_READ_CONFLICT, phantomWhy
	}
	return peer.TxValidationCode_VALID, ""
}

// staleRead returns the first read that does not hold any more.
func (n *Network) staleRead(reads []Read, touched map[stateKey]struct{}) (*Read, string) {
	for i, r := range reads {
		now := n.version(r.id())
		if _, written := touched[r.id()]; written {
			return &reads[i], fmt.Sprintf("%s read as %s, written earlier in this block", r.id(), r.Version)
		}
		if now != r.Version {
			return &reads[i], fmt.Sprintf("%s read as %s, now %s", r.id(), r.Version, now)
		}
	}
	return nil, ""
}

func (n *Network) version(id stateKey) Version {
	if e := n.state[id.namespace].get(id.key); e != nil {
		return e.version
	}
	return Version{}
}

// phantom returns the range of the first namespace whose results changed.
func (n *Network) phantom(ranges []RangeRead) (first *RangeRead, why string) {
	for i, r := range ranges {
		if first != nil && first.Namespace <= r.Namespace {
			continue
		}
		if d := n.rerun(r); d != "" {
			first, why = &ranges[i], fmt.Sprintf("range %s: %s", r, d)
		}
	}
	return first, why
}

// rerun compares a range's results with those of now; "" means no change.
func (n *Network) rerun(r RangeRead) string {
	inside := func(key string) bool {
		if r.Exhausted {
			return r.End == "" || key < r.End
		}
		return key <= r.End
	}
	e := n.state[r.Namespace].seek(r.Start)
	for _, read := range r.Reads {
		switch {
		case e == nil || !inside(e.key) || e.key > read.Key:
			return readable(read.Key) + " is gone"
		case e.key < read.Key:
			return readable(e.key) + " is new"
		case e.version != read.Version:
			return fmt.Sprintf("%s read as %s, now %s", readable(e.key), read.Version, e.version)
		}
		e = e.next[0]
	}
	if e != nil && inside(e.key) {
		return readable(e.key) + " is new"
	}
	return ""
}
