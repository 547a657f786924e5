// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// block takes another chain one header further that the chain's own signatures
// prove, or keeps the evidence that it forked. Whose signatures count is what
// headers before have said.
func (w *writer) block(r anchor.Record) error {
	b, err := anchor.CheckBlock(r, w.source)
	if err != nil {
		return err
	}
	tip, begun, err := tips.Get(w.tx, w.source.ID)
	if err != nil {
		return err
	}
	if !begun {
		return w.begin(b)
	}
	at, found, err := headers.Get(w.tx, w.source.ID, ledger.Num(b.Height))
	if err != nil {
		return err
	}
	var there *anchor.HeaderAt
	if found {
		there = &at
	}
	next, fork, refused := tip.AdvanceBlock(b, there, w.source.Headers.Gaps)
	if refused != nil && fork == nil {
		return refused
	}
	// Only what the chain did sign counts, as evidence too.
	under, err := tip.Under(b, there)
	if err != nil {
		return err
	}
	trust, err := w.trust(under)
	if err != nil {
		return err
	}
	adjacent := !found && b.Height == tip.Height+1
	if err := b.Signed(trust, adjacent); err != nil {
		return err
	}
	if fork != nil {
		if err := w.fork(tip, *fork, r); err != nil {
			return err
		}
		return refused
	}
	after, err := b.After(trust, adjacent)
	if err != nil {
		return err
	}
	if next.Trust = after.Height; next.Trust != under {
		if err := trusts.Put(w.tx, after, w.source.ID, ledger.Num(after.Height)); err != nil {
			return err
		}
	}
	return w.advance(next, anchor.HeaderAt{Hash: b.Hash, Previous: b.Previous, Index: w.next, Under: under})
}

// begin takes the header that the source names.
func (w *writer) begin(b anchor.BlockHeader) error {
	trust, err := b.Begin(w.source)
	if err != nil {
		return err
	}
	if err := trusts.Put(w.tx, trust, w.source.ID, ledger.Num(trust.Height)); err != nil {
		return err
	}
	tip := anchor.ChainTip{Height: b.Height, Hash: b.Hash, Trust: trust.Height}
	return w.advance(tip, anchor.HeaderAt{Hash: b.Hash, Previous: b.Previous, Index: w.next, Start: true})
}

func (w *writer) advance(tip anchor.ChainTip, at anchor.HeaderAt) error {
	if err := tips.Put(w.tx, tip, w.source.ID); err != nil {
		return err
	}
	return headers.Put(w.tx, at, w.source.ID, ledger.Num(tip.Height))
}

func (w *writer) trust(height int64) (anchor.ChainTrust, error) {
	t, found, err := trusts.Get(w.tx, w.source.ID, ledger.Num(height))
	if err == nil && !found {
		err = code.CorruptState.Errorf("source %s has no trust of height %d", w.source.ID, height)
	}
	return t, err
}
