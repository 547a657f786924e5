// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// historyFunctions answer what everybody may know:
//
//   - Log {source}: size, root and compact range as they are now
//   - Checkpoint {source, size}, Checkpoints {source, limit, bookmark}:
//     CHECKPOINT_UNKNOWN
//   - Batch {sealer, batch}: what became of a seal; SEAL_UNKNOWN
//   - Item {source, item}: ITEM_UNKNOWN
//   - Trust {source, height}: whose signatures another chain's headers need, as the
//     header of that height stated; HEADER_UNKNOWN
//   - Tip {source}, Header {source, height}, Forks {source, limit, bookmark}: where
//     another chain stands, one of its headers, the evidence against it;
//     HEADER_UNKNOWN
func historyFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Query("Log", func(t *ledger.Tx, q anchor.SourceQuery) (anchor.Log, error) { return log(t, q.Source) }),
		ledger.Query("Checkpoint", checkpoint),
		ledger.Query("Checkpoints", func(t *ledger.Tx, q anchor.PageQuery) (call.Page[anchor.Checkpoint], error) {
			return checkpoints.List(t, q.Limit, q.Bookmark, q.Source)
		}),
		ledger.Query("Batch", func(t *ledger.Tx, q anchor.BatchQuery) (anchor.Sealed, error) {
			b, found, err := batches.Get(t, anchor.SealerKey(q.Sealer), q.Batch)
			if err == nil && !found {
				err = anchor.SealUnknown.Errorf("%s", q.Batch)
			}
			return b, err
		}),
		ledger.Query("Item", func(t *ledger.Tx, q anchor.ItemQuery) (anchor.Item, error) {
			it, found, err := items.Get(t, q.Source, q.Item)
			if err == nil && !found {
				err = anchor.ItemUnknown.Errorf("%s of source %s", q.Item, q.Source)
			}
			return it, err
		}),
		ledger.Query("Tip", func(t *ledger.Tx, q anchor.SourceQuery) (anchor.ChainTip, error) {
			tip, found, err := tips.Get(t, q.Source)
			if err == nil && !found {
				err = anchor.HeaderUnknown.Errorf("source %s has no header yet", q.Source)
			}
			return tip, err
		}),
		ledger.Query("Header", func(t *ledger.Tx, q anchor.HeaderQuery) (anchor.HeaderAt, error) {
			h, found, err := headers.Get(t, q.Source, ledger.Num(q.Height))
			if err == nil && !found {
				err = anchor.HeaderUnknown.Errorf("source %s has no header of height %d", q.Source, q.Height)
			}
			return h, err
		}),
		ledger.Query("Trust", func(t *ledger.Tx, q anchor.HeaderQuery) (anchor.ChainTrust, error) {
			trust, found, err := trusts.Get(t, q.Source, ledger.Num(q.Height))
			if err == nil && !found {
				err = anchor.HeaderUnknown.Errorf("source %s has no trust stated at height %d", q.Source, q.Height)
			}
			return trust, err
		}),
		ledger.Query("Forks", func(t *ledger.Tx, q anchor.PageQuery) (call.Page[anchor.Fork], error) {
			return forks.List(t, q.Limit, q.Bookmark, q.Source)
		}),
	}
}

// log loads a log or returns SOURCE_UNKNOWN.
func log(t *ledger.Tx, id string) (anchor.Log, error) {
	l, found, err := logs.Get(t, id)
	if err == nil && !found {
		err = anchor.SourceUnknown.Errorf("%s", id)
	}
	return l, err
}

func checkpoint(t *ledger.Tx, q anchor.CheckpointQuery) (anchor.Checkpoint, error) {
	size := q.Size
	if size == 0 {
		l, err := log(t, q.Source)
		if err != nil {
			return anchor.Checkpoint{}, err
		}
		if l.Size == 0 { // nothing was sealed yet: the empty tree, which no transaction made
			return anchor.Checkpoint{Root: l.Root}, nil
		}
		size = l.Size
	}
	c, found, err := checkpoints.Get(t, q.Source, ledger.Num(int64(size))) //nolint:gosec // Validate bounds sizes
	if err == nil && !found {
		err = anchor.CheckpointUnknown.Errorf("source %s has none of size %d", q.Source, size)
	}
	return c, err
}
