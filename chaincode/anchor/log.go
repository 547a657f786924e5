// SPDX-License-Identifier: Apache-2.0

package anchor

import (
	"bytes"
	"crypto/sha256"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
)

// MaxLogSize bounds a log, in leaves. Sizes are JSON numbers.
const MaxLogSize = 1 << 50

// Log is a source's tree as the ledger keeps it: enough to append to it and to
// know its root. Only the chaincode appends, so nobody can rewrite it.
type Log struct {
	Size  uint64   `json:"size"`
	Range [][]byte `json:"range"` // roots of the perfect subtrees from left to right, RFC 9162 style
	Root  []byte   `json:"root"`
	Time  int64    `json:"time"` // of the latest checkpoint, before the first of the registration; Unix seconds
}

// Checkpoint is a size that a log had, for ever.
type Checkpoint struct {
	Size  uint64 `json:"size"`
	Root  []byte `json:"root"`  // 32 bytes
	Time  int64  `json:"time"`  // Unix seconds: the transaction's, never before the checkpoint before
	Tx    string `json:"tx"`    // transaction that sealed it
	Batch string `json:"batch"` // of the seal
}

var ranges = compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}

// EmptyRoot is the root of a tree without leaves (RFC 9162 section 2.1.1).
func EmptyRoot() []byte {
	sum := sha256.Sum256(nil)
	return sum[:]
}

// NewLog is a log without leaves.
func NewLog() Log { return Log{Root: EmptyRoot(), Range: [][]byte{}} }

// Append is the log with these leaves behind those it has. visit, if not nil, is
// called with every node of the tree that became complete.
func (l Log) Append(leaves [][sha256.Size]byte, visit func(level uint, index uint64, hash []byte)) (Log, error) {
	if len(leaves) == 0 {
		return l, EmptyBatch.Errorf("no leaf")
	}
	if l.Size+uint64(len(leaves)) > MaxLogSize {
		return l, TooLarge.Errorf("%d leaves behind %d, a log holds at most %d", len(leaves), l.Size, uint64(MaxLogSize))
	}
	tree, err := l.tree()
	if err != nil {
		return l, err
	}
	var visitor compact.VisitFn
	if visit != nil {
		visitor = func(id compact.NodeID, hash []byte) { visit(id.Level, id.Index, hash) }
	}
	for i := range leaves {
		if err := tree.Append(leaves[i][:], visitor); err != nil {
			return l, err
		}
	}
	l.Size, l.Range = tree.End(), tree.Hashes()
	l.Root, err = tree.GetRootHash(nil)
	return l, err
}

// tree is the log as a compact range, on memory of its own.
func (l Log) tree() (*compact.Range, error) {
	if l.Size == 0 {
		return ranges.NewEmptyRange(0), nil
	}
	return ranges.NewRange(0, l.Size, append([][]byte(nil), l.Range...))
}

// RootOfRange is the root that size and range stand for.
func (l Log) RootOfRange() ([]byte, error) {
	if l.Size == 0 {
		return EmptyRoot(), nil
	}
	tree, err := l.tree()
	if err != nil {
		return nil, err
	}
	return tree.GetRootHash(nil)
}

// Check returns an error unless size, range and root fit together.
func (l Log) Check() error {
	for _, hash := range append([][]byte{l.Root}, l.Range...) {
		if len(hash) != sha256.Size {
			return InvalidRecord.Errorf("a hash of the log has %d bytes", len(hash))
		}
	}
	if l.Size == 0 {
		if !bytes.Equal(l.Root, EmptyRoot()) || len(l.Range) > 0 {
			return InvalidRecord.Errorf("an empty log has another root than the empty tree's")
		}
		return nil
	}
	root, err := l.RootOfRange()
	if err != nil {
		return err
	}
	if !bytes.Equal(root, l.Root) {
		return InvalidRecord.Errorf("root %x is not that of the log's range, %x", l.Root, root)
	}
	return nil
}
