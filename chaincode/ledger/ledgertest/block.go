// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"fmt"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Block is a committed block. It is the network's own: do not change it.
type Block struct {
	Number uint64
	Txs    []Tx
}

// Tx is a transaction in a block, valid or not.
type Tx struct {
	ID        string
	Code      peer.TxValidationCode
	Conflict  string // what moved, for people, after a conflict
	Chaincode string
	Caller    *Caller
	Timestamp time.Time
	Args      [][]byte // the function's name first
	Payload   []byte   // the chaincode's answer
	// Writes stand on the ledger only if Code is TxValidationCode_VALID.
	Writes []Write
	// Event is nil unless Code is TxValidationCode_VALID: those of others are
	// not delivered.
	Event *Event
}

// CommitError says that a transaction is in a block but changed nothing.
type CommitError struct {
	TxID     string
	Block    uint64
	Code     peer.TxValidationCode
	Conflict string
}

func (e *CommitError) Error() string {
	text := fmt.Sprintf("transaction %s in block %d failed with %s (%d)", e.TxID, e.Block, e.Code, e.Code)
	if e.Conflict != "" {
		text += ": " + e.Conflict
	}
	return text
}

// Commit orders the transactions into one block, validates them in that order
// and applies the valid ones. It returns their codes and sets each one's Status.
// Without a transaction there is no block.
func (n *Network) Commit(txs ...*Endorsement) []peer.TxValidationCode {
	n.t.Helper()
	_, codes := n.commit(txs)
	return codes
}

func (n *Network) commit(txs []*Endorsement) (uint64, []peer.TxValidationCode) {
	n.t.Helper()
	n.world.mu.Lock()
	defer n.world.mu.Unlock()

	for i, tx := range txs {
		if tx == nil || tx.net != n {
			n.t.Fatalf("ledgertest: transaction %d of the block was not endorsed on this channel, %s", i, n.channel)
		}
	}
	if len(txs) == 0 {
		return 0, nil
	}
	block := &Block{Number: uint64(len(n.blocks)), Txs: make([]Tx, len(txs))}
	codes := make([]peer.TxValidationCode, len(txs))
	touched := map[stateKey]struct{}{}
	for i, tx := range txs {
		code, conflict := n.validate(tx, touched)
		if code == peer.TxValidationCode_VALID {
			n.apply(tx.rw.writes, Version{block.Number, uint64(i)}, touched)
		}
		if code != peer.TxValidationCode_DUPLICATE_TXID {
			// A second occurrence does not change what became of the first.
			tx.Status, tx.Conflict = code, conflict
			n.seen[tx.TxID] = struct{}{}
		}
		codes[i] = code
		block.Txs[i] = tx.record(code, conflict)
	}
	n.blocks = append(n.blocks, block)
	return block.Number, codes
}

func (n *Network) apply(writes []Write, version Version, touched map[stateKey]struct{}) {
	for _, w := range writes {
		touched[w.id()] = struct{}{}
		t := n.state[w.Namespace]
		if t == nil {
			t = newTable()
			n.state[w.Namespace] = t
		}
		if w.IsDelete {
			t.remove(w.Key)
		} else {
			t.put(w.Key, w.Value, version)
		}
	}
}

func (e *Endorsement) record(code peer.TxValidationCode, conflict string) Tx {
	tx := Tx{
		ID: e.TxID, Code: code, Conflict: conflict,
		Chaincode: e.Chaincode, Caller: e.Caller, Timestamp: e.Timestamp,
		Args: e.Args, Payload: e.Payload, Writes: e.rw.writes,
	}
	if code == peer.TxValidationCode_VALID {
		tx.Event = e.Event
	}
	return tx
}

// Invoke endorses a transaction, commits it in a block of its own and returns
// the chaincode's answer. The error is an [*EndorseError], a [*MismatchError] or
// a [*CommitError].
func (n *Network) Invoke(caller *Caller, chaincode, function string, args ...any) ([]byte, error) {
	n.t.Helper()
	tx, err := n.Endorse(caller, chaincode, function, args...)
	if err != nil {
		return nil, err
	}
	block, codes := n.commit([]*Endorsement{tx})
	if codes[0] != peer.TxValidationCode_VALID {
		return nil, &CommitError{TxID: tx.TxID, Block: block, Code: codes[0], Conflict: tx.Conflict}
	}
	return tx.Payload, nil
}

// Height returns the number of blocks. Block 0 is the channel's configuration
// and has no transactions here, so a new channel's height is 1.
func (n *Network) Height() uint64 {
	n.world.mu.RLock()
	defer n.world.mu.RUnlock()
	return uint64(len(n.blocks))
}

// Block returns a block by its number, which must be less than Height.
func (n *Network) Block(number uint64) *Block {
	n.t.Helper()
	n.world.mu.RLock()
	defer n.world.mu.RUnlock()
	if number >= uint64(len(n.blocks)) {
		n.t.Fatalf("ledgertest: no block %d: the height is %d", number, len(n.blocks))
	}
	return n.blocks[number]
}
