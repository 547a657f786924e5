// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// header takes another chain one header further, or keeps the evidence that it
// forked.
func (w *writer) header(r anchor.Record) error {
	c, err := anchor.CheckHeader(r, place(w.tx), w.source)
	if err != nil {
		return err
	}
	tip, begun, err := tips.Get(w.tx, w.source.ID)
	if err != nil {
		return err
	}
	at, found, err := headers.Get(w.tx, w.source.ID, ledger.Num(c.Height))
	if err != nil {
		return err
	}
	var there *anchor.HeaderAt
	if found {
		there = &at
	}
	next, fork, refused := tip.Advance(c, !begun, there, w.source.Headers.Gaps)
	if fork != nil {
		if err := w.fork(tip, *fork, r); err != nil {
			return err
		}
	}
	if refused != nil {
		return refused
	}
	return w.advance(next, anchor.HeaderAt{Hash: c.Hash, Previous: c.Previous, Index: w.next})
}

// fork keeps evidence, the first that came of each contradiction.
func (w *writer) fork(tip anchor.ChainTip, f anchor.Fork, r anchor.Record) error {
	known, err := forks.Has(w.tx, w.source.ID, ledger.Num(f.Height), f.Other)
	if err != nil || known {
		return err
	}
	tip.Forks++
	f.Evidence, f.Time, f.Tx = r.Evidence(), w.tx.Now().Unix(), w.tx.ID()
	w.tx.Emit("ForkFound", fmt.Sprintf("%s/%d/%s", w.source.ID, f.Height, f.Other))
	if err := tips.Put(w.tx, tip, w.source.ID); err != nil {
		return err
	}
	return forks.Put(w.tx, f, w.source.ID, ledger.Num(f.Height), f.Other)
}
