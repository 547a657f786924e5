// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/hex"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

// step follows an item's history by one step.
func (w *writer) step(r anchor.Record) error {
	c, err := anchor.CheckStep(r, place(w.tx), w.source.ID)
	if err != nil {
		return err
	}
	digest := hex.EncodeToString(r.Digest)
	known, err := steps.Has(w.tx, w.source.ID, digest)
	if err != nil {
		return err
	}
	for _, l := range c.Links {
		linked, err := steps.Has(w.tx, w.source.ID, l)
		if err != nil {
			return err
		}
		if !linked {
			return anchor.LinkUnknown.Errorf("item %s links to %s", c.Item, l)
		}
	}
	item, _, err := items.Get(w.tx, w.source.ID, c.Item)
	if err != nil {
		return err
	}
	if item, err = item.Follow(r, c, known, w.next); err != nil {
		return err
	}
	if err := items.Put(w.tx, item, w.source.ID, c.Item); err != nil {
		return err
	}
	return steps.Put(w.tx, anchor.StepAt{Item: c.Item, Index: w.next}, w.source.ID, digest)
}
