// SPDX-License-Identifier: Apache-2.0

// Package anchortest gives tests of the gateway a ledger with the real anchor
// contract in memory, which can be made to fail as a network does.
package anchortest

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"golang.org/x/mod/sumdb/note"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/anchor/contract" //nolint:depguard // a package for tests, which runs the real contract
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

// Place is where seals count.
var Place = anchor.Place{Network: "testnet", Channel: "trust", Chaincode: contract.Name}

// Ledger is the anchor contract on an in-memory Fabric, each transaction in a
// block of its own.
type Ledger struct {
	*ledgertest.Network
	keeper, courier *ledgertest.Caller
	ops             int

	mu      sync.Mutex
	before  func() error // a seal is endorsed
	after   func() error // a seal is in a block
	changed chan struct{}
	tamper  func(*blocks.Block)
}

// New starts a ledger with a keeper in CityMSP.
func New(t ledgertest.TB) *Ledger {
	net := ledgertest.New(t, ledgertest.Chaincode(contract.Name, contract.New(ledger.Config{Name: contract.Name, Network: Place.Network})))
	l := &Ledger{
		Network: net, keeper: net.Caller("CityMSP", "keeper", ledgertest.Client),
		courier: net.Caller("KomscoMSP", "gateway", ledgertest.Client), changed: make(chan struct{}),
	}
	l.must(t, net.Caller("CityMSP", "admin", ledgertest.Admin), "GrantRole", call.SetRole{Operation: l.op(), Name: "keeper", Role: anchor.RoleKeeper})
	return l
}

func (l *Ledger) op() call.Operation {
	l.ops++
	return call.Operation{Op: fmt.Sprint("op-", l.ops)}
}

func (l *Ledger) must(t ledgertest.TB, caller *ledgertest.Caller, function string, request any) {
	t.Helper()
	raw, err := json.Marshal(request)
	if err == nil {
		_, err = l.Invoke(caller, contract.Name, function, raw)
	}
	if err != nil {
		t.Fatalf("%s: %v", function, err)
	}
	l.notify()
}

// Register registers a source whose log this key seals and signs.
func (l *Ledger) Register(t ledgertest.TB, id string, kind anchor.SourceKind, key ed25519.PrivateKey) {
	t.Helper()
	l.must(t, l.keeper, "RegisterSource", anchor.RegisterSource{Operation: l.op(), Source: NewSource(t, id, kind, key)})
}

// RegisterSource registers a source as it is.
func (l *Ledger) RegisterSource(t ledgertest.TB, s anchor.Source) {
	t.Helper()
	l.must(t, l.keeper, "RegisterSource", anchor.RegisterSource{Operation: l.op(), Source: s})
}

// Change is the next version of a source.
func (l *Ledger) Change(t ledgertest.TB, s anchor.Source) {
	t.Helper()
	s.Owner = ""
	l.must(t, l.keeper, "ChangeSource", anchor.ChangeSource{Operation: l.op(), Source: s})
}

// NewSource is a source's first version. Chains take headers that "v1" and "v2"
// of Signer both signed.
func NewSource(t ledgertest.TB, id string, kind anchor.SourceKind, key ed25519.PrivateKey) anchor.Source {
	t.Helper()
	public := key.Public().(ed25519.PublicKey)
	sealer, _ := did.OfKey(did.Key{Alg: "EdDSA", Ed25519: public})
	vkey, err := note.NewEd25519VerifierKey(anchor.Origin(Place, id), public)
	if err != nil {
		t.Fatalf("log key: %v", err)
	}
	s := anchor.Source{ID: id, Title: "Source " + id, Kind: kind, Cadence: 60, Sealer: sealer, LogKey: vkey}
	if kind == anchor.Chain {
		s.Headers = &anchor.HeaderTerms{Threshold: 2}
		for _, name := range []string{"v1", "v2"} {
			_, d := Signer(name)
			s.Headers.Signers = append(s.Headers.Signers, d)
		}
	}
	return s
}

// Key is a throw-away key that is the same in every run.
func Key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// Signer signs with such a key.
func Signer(name string) (jws.Signer, string) {
	key := Key(name)
	d, kid := did.OfKey(did.Key{Alg: "EdDSA", Ed25519: key.Public().(ed25519.PublicKey)})
	return jws.Signer{Key: key, Kid: kid}, d
}

// Deposit is a record of a text's digest.
func Deposit(text string) anchor.Record {
	sum := sha256.Sum256([]byte(text))
	return anchor.Record{Kind: anchor.Notarise, Algorithm: anchor.SHA256, Digest: sum[:], Submitter: "tester", Reference: anchor.ReferenceOf(text)}
}

// Fail makes seals fail: before they are endorsed, and after they are in a block,
// which is what their sender is not told then. Either may be nil.
func (l *Ledger) Fail(before, after func() error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before, l.after = before, after
}

// Tamper changes blocks on their way to readers.
func (l *Ledger) Tamper(change func(*blocks.Block)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tamper = change
}

// Gone is what a call gets while no peer is there.
var Gone = status.Error(codes.Unavailable, "connection refused")

func (l *Ledger) hook(pick func() func() error) error {
	l.mu.Lock()
	f := pick()
	l.mu.Unlock()
	if f == nil {
		return nil
	}
	return f()
}

// Seal implements sealer.Ledger.
func (l *Ledger) Seal(ctx context.Context, signed string, records [][]byte) (anchor.Sealed, error) {
	var done anchor.Sealed
	if err := errors.Join(ctx.Err(), l.hook(func() func() error { return l.before })); err != nil {
		return done, &gateway.Error{Phase: gateway.PhaseEndorse, Cause: err}
	}
	args := []any{signed}
	for _, r := range records {
		args = append(args, r)
	}
	e, err := l.Endorse(l.courier, contract.Name, "Seal", args...)
	if err != nil {
		failed := &gateway.Error{Phase: gateway.PhaseEndorse, Cause: err}
		var refusal *ledgertest.EndorseError
		if errors.As(err, &refusal) {
			if c := anchor.Codes.Parse(refusal.Message); c != nil {
				failed.Code, failed.Detail = c.Code, c.Detail()
			}
		}
		return done, failed
	}
	l.Commit(e)
	l.notify()
	if err := l.hook(func() func() error { return l.after }); err != nil {
		return done, &gateway.Error{Phase: gateway.PhaseCommitStatus, TxID: e.TxID, Cause: err}
	}
	if e.Status != peer.TxValidationCode_VALID {
		return done, &gateway.Error{Phase: gateway.PhaseCommit, TxID: e.TxID, Validation: e.Status}
	}
	return done, json.Unmarshal(e.Payload, &done)
}

func (l *Ledger) notify() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
}

// Blocks implements sealer.Ledger.
func (l *Ledger) Blocks(ctx context.Context, from uint64) iter.Seq2[*blocks.Block, error] {
	return func(yield func(*blocks.Block, error) bool) {
		for n := from; ; n++ {
			for l.Height() <= n {
				l.mu.Lock()
				changed := l.changed
				l.mu.Unlock()
				if l.Height() > n {
					break
				}
				select {
				case <-changed:
				case <-time.After(50 * time.Millisecond): // a commit without a notice
				case <-ctx.Done():
					return
				}
			}
			b := convert(l.Block(n))
			l.mu.Lock()
			tamper := l.tamper
			l.mu.Unlock()
			if tamper != nil {
				tamper(b)
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// convert is a block as a peer delivers it.
func convert(b *ledgertest.Block) *blocks.Block {
	out := &blocks.Block{Number: b.Number}
	for i := range b.Txs {
		t := &b.Txs[i]
		tx := blocks.Tx{
			Index: i, ID: t.ID, Code: t.Code, Type: common.HeaderType_ENDORSER_TRANSACTION, Time: t.Timestamp,
			Chaincode: t.Chaincode, Args: t.Args, Status: 200, Payload: t.Payload,
		}
		for _, w := range t.Writes {
			tx.Writes = append(tx.Writes, blocks.Write{Namespace: w.Namespace, Key: w.Key, Value: w.Value, IsDelete: w.IsDelete})
		}
		out.Txs = append(out.Txs, tx)
	}
	return out
}

// Source is a source in a version, 0 being the latest, as gateway.Anchor has it.
func (l *Ledger) Source(_ context.Context, id string, version int) (anchor.Source, error) {
	return query[anchor.Source](l, "Source", anchor.SourceQuery{Source: id, Version: version})
}

// Checkpoint is the checkpoint of a size, 0 being the latest, as gateway.Anchor
// has it.
func (l *Ledger) Checkpoint(_ context.Context, source string, size uint64) (anchor.Checkpoint, error) {
	return query[anchor.Checkpoint](l, "Checkpoint", anchor.CheckpointQuery{Source: source, Size: size})
}

func query[T any](l *Ledger, function string, request any) (T, error) {
	var v T
	raw, err := json.Marshal(request)
	if err == nil {
		raw, err = l.Query(l.courier, contract.Name, function, raw)
	}
	var refusal *ledgertest.EndorseError
	if errors.As(err, &refusal) {
		if c := anchor.Codes.Parse(refusal.Message); c != nil {
			return v, c
		}
	}
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(raw, &v)
}
