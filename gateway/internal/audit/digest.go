// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

// Digest is a rolling SHA-256 over what blocks did: for each its number, every
// transaction's id and validation code, and what the valid ones wrote in the
// chaincode's namespace. Peers that hold the same ledger have the same digest at
// the same height.
type Digest [sha256.Size]byte

// String is 64 hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText implements encoding.TextMarshaler.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Next is the digest after block b.
func (d Digest) Next(b *blocks.Block, chaincode string) Digest {
	h := sha256.New()
	h.Write(d[:])
	writeNumber(h, b.Number)
	writeNumber(h, uint64(len(b.Txs)))
	for i := range b.Txs {
		writeBytes(h, []byte(b.Txs[i].ID))
		writeNumber(h, uint64(b.Txs[i].Code)) //nolint:gosec // Fabric's codes are one byte
	}
	for tx, w := range b.Writes(chaincode) {
		writeNumber(h, uint64(tx.Index)) //nolint:gosec // a place in a block
		writeBytes(h, []byte(w.Key))
		if w.IsDelete {
			writeNumber(h, 0)
			continue
		}
		writeNumber(h, 1)
		writeBytes(h, w.Value)
	}
	return Digest(h.Sum(nil))
}

func writeNumber(h hash.Hash, n uint64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	h.Write(b[:])
}

func writeBytes(h hash.Hash, b []byte) {
	writeNumber(h, uint64(len(b)))
	h.Write(b)
}

// Difference is the first place where two peers' ledgers part.
type Difference struct {
	Peers  [2]string `json:"peers"`
	Block  uint64    `json:"block"`
	Tx     int       `json:"tx"`             // place in the block
	TxID   string    `json:"txId,omitempty"` // as the first peer has it, or the second if only that one has it
	What   string    `json:"what"`           // transactions, id, code, write or history
	Key    string    `json:"key,omitempty"`  // of a write, parts joined by slashes
	Values [2]string `json:"values"`         // what each has there
}

// Error names block, transaction, key and both values.
func (d *Difference) Error() string {
	at := fmt.Sprintf("block %d", d.Block)
	if d.TxID != "" {
		at += fmt.Sprintf(" transaction %d %s", d.Tx, d.TxID)
	}
	if d.Key != "" {
		at += " key " + d.Key
	}
	return fmt.Sprintf("the ledgers part at %s: the %s at %s is %s, at %s %s",
		at, d.What, d.Peers[0], d.Values[0], d.Peers[1], d.Values[1])
}

const (
	nothing = "(none)"
	deleted = "(deleted)"
)

// Diff compares one block of two peers. It returns nil where a Digest would not
// tell them apart.
func Diff(a, b *blocks.Block, chaincode string) *Difference {
	d := &Difference{Block: a.Number}
	for i := range min(len(a.Txs), len(b.Txs)) {
		x, y := &a.Txs[i], &b.Txs[i]
		d.Tx, d.TxID = i, x.ID
		switch {
		case x.ID != y.ID:
			d.What, d.Values = "id", [2]string{x.ID, y.ID}
			return d
		case x.Code != y.Code:
			d.What, d.Values = "code", [2]string{x.Code.String(), y.Code.String()}
			return d
		case !x.Valid():
			continue
		}
		if key, values, same := diffWrites(writes(x, chaincode), writes(y, chaincode)); !same {
			d.What, d.Key, d.Values = "write", key, values
			return d
		}
	}
	if len(a.Txs) != len(b.Txs) {
		d.Tx, d.TxID = min(len(a.Txs), len(b.Txs)), ""
		d.What = "number of transactions"
		d.Values = [2]string{fmt.Sprint(len(a.Txs)), fmt.Sprint(len(b.Txs))}
		return d
	}
	return nil
}

func writes(tx *blocks.Tx, chaincode string) []blocks.Write {
	var own []blocks.Write
	for _, w := range tx.Writes {
		if w.Namespace == chaincode {
			own = append(own, w)
		}
	}
	return own
}

// diffWrites walks two write sets, which Fabric keeps in the order of keys.
func diffWrites(a, b []blocks.Write) (key string, values [2]string, same bool) {
	for i := range max(len(a), len(b)) {
		switch {
		case i == len(b) || i < len(a) && a[i].Key < b[i].Key:
			return blocks.Readable(a[i].Key), [2]string{show(a[i]), nothing}, false
		case i == len(a) || a[i].Key != b[i].Key:
			return blocks.Readable(b[i].Key), [2]string{nothing, show(b[i])}, false
		case a[i].IsDelete != b[i].IsDelete || !bytes.Equal(a[i].Value, b[i].Value):
			return blocks.Readable(a[i].Key), [2]string{show(a[i]), show(b[i])}, false
		}
	}
	return "", values, true
}

func show(w blocks.Write) string {
	if w.IsDelete {
		return deleted
	}
	table, _, _ := blocks.SplitKey(w.Key)
	return string(currency.Readable(table, w.Value))
}
