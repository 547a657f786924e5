// SPDX-License-Identifier: Apache-2.0

// Package blocks reads what stands in Fabric's blocks: transactions with their
// validation codes, what they read and wrote, what was asked and answered.
//
// A block holds whatever an ordering node accepted, garbage that peers found
// invalid included. So what is malformed in an invalid transaction is passed
// over (nobody with a certificate can stop a reader that way), and what is
// malformed in a valid one is an error.
package blocks

import (
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
	"iter"
	"math/big"
	"strings"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Block is a block of a channel, as a peer delivers it.
type Block struct {
	Number       uint64
	PreviousHash []byte // Hash of the block before; empty in block 0
	DataHash     []byte // SHA-256 over all envelopes, as the header states it
	Txs          []Tx
}

// Tx is a transaction in a block, valid or not.
type Tx struct {
	Index     int    // its place in the block, from 0
	ID        string // empty where an invalid transaction is malformed
	Code      peer.TxValidationCode
	Type      common.HeaderType
	Time      time.Time // the submitter's clock, UTC
	Creator   []byte    // serialised identity of the submitter (msp.SerializedIdentity)
	Chaincode string    // that was called
	Args      [][]byte  // the function's name first
	Status    int32     // of the chaincode's response
	Payload   []byte    // of the chaincode's response
	// Reads and Writes are what the transaction asked for. Writes stand on the
	// ledger only if it is valid: see Block.Writes.
	Reads  []Read
	Writes []Write
	// Event is nil unless the transaction is valid: those of others never
	// happened.
	Event *Event
}

// Valid reports whether the transaction changed the ledger.
func (t *Tx) Valid() bool { return t.Code == peer.TxValidationCode_VALID }

// Version is where a key was last written: block number and place in the block.
type Version struct{ Block, Tx uint64 }

// Read is a key that a transaction depended on. Version is nil where the key was
// absent.
type Read struct {
	Namespace, Key string
	Version        *Version
}

// Write is a key that a transaction put or deleted.
type Write struct {
	Namespace, Key string
	Value          []byte // nil where IsDelete
	IsDelete       bool
}

// Event is the one event of a transaction.
type Event struct {
	Chaincode, Name string
	Payload         []byte
}

// Writes yields what the block changed in a chaincode's namespace, in the order
// in which it took effect: the writes of valid transactions only.
func (b *Block) Writes(namespace string) iter.Seq2[*Tx, Write] {
	return func(yield func(*Tx, Write) bool) {
		for i := range b.Txs {
			tx := &b.Txs[i]
			if !tx.Valid() {
				continue
			}
			for _, w := range tx.Writes {
				if w.Namespace == namespace && !yield(tx, w) {
					return
				}
			}
		}
	}
}

// Hash is the hash of the block's header, which the next block states and which
// orderers sign: SHA-256 over the ASN.1 of number, previous hash, data hash.
func (b *Block) Hash() ([]byte, error) {
	der, err := asn1.Marshal(struct {
		Number                 *big.Int
		PreviousHash, DataHash []byte
	}{new(big.Int).SetUint64(b.Number), b.PreviousHash, b.DataHash})
	if err != nil {
		return nil, fmt.Errorf("header of block %d: %w", b.Number, err)
	}
	hash := sha256.Sum256(der)
	return hash[:], nil
}

// SplitKey takes a composite key apart: object type and parts. ok is false for
// any other key.
func SplitKey(key string) (table string, parts []string, ok bool) {
	if len(key) < 3 || key[0] != 0 || key[len(key)-1] != 0 {
		return "", nil, false
	}
	all := strings.Split(key[1:len(key)-1], "\x00")
	return all[0], all[1:], true
}

// Readable shows a key to people: the parts of a composite key joined by
// slashes.
func Readable(key string) string {
	if table, parts, ok := SplitKey(key); ok {
		return strings.Join(append([]string{table}, parts...), "/")
	}
	return fmt.Sprintf("%q", key)
}
