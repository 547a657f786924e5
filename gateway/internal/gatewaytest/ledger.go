// SPDX-License-Identifier: Apache-2.0

// Package gatewaytest gives tests of the gateway a ledger with the real currency
// contract: in memory, by Fabric's rules of conflict, or on a real network.
package gatewaytest

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/contract" //nolint:depguard // a package for tests, which runs the real contract
	"github.com/komsco/trust-platform/chaincode/currency/trace"
	registry "github.com/komsco/trust-platform/chaincode/identity/contract" //nolint:depguard // a package for tests, which runs the real contract
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
	"github.com/komsco/trust-platform/gateway/internal/lanes"
	"github.com/komsco/trust-platform/gateway/internal/tracing"
)

// Place is where orders of the in-memory ledger count.
var Place = currency.Place{Network: "trust", Channel: "trust", Chaincode: contract.Name}

// Ledger is the currency contract on an in-memory Fabric, beside the identity
// contract, reached by a courier without any role. Each transaction is a block.
type Ledger struct {
	*ledgertest.Network
	courier *ledgertest.Caller

	mu sync.Mutex
	// BeforeSubmit is called with each endorsed batch before it is ordered: to do something on a second path, or to
	// fail with an error of the network.
	BeforeSubmit func(orders []string) error
	// AfterSubmit is called when a transaction is in a block; its error is what the submitter is told.
	AfterSubmit func(orders []string) error
	// BeforeEndorse may fail with an error of the network.
	BeforeEndorse func(orders []string) error
	// BeforeTrace may fail in the place of a trace.
	BeforeTrace func() error
}

// NewLedger starts the in-memory ledger.
func NewLedger(t ledgertest.TB) *Ledger {
	net := ledgertest.New(t,
		ledgertest.Chaincode(contract.Name, contract.New(ledger.Config{Name: contract.Name, Network: Place.Network})),
		ledgertest.Chaincode(registry.Name, registry.New(ledger.Config{Name: registry.Name, Network: Registry.Network})))
	return &Ledger{Network: net, courier: net.Caller("KomscoMSP", "gateway", ledgertest.Client)}
}

// Registry is the identity contract of the same channel.
func (l *Ledger) Registry(t TB) *Identities {
	return &Identities{Network: l.Network, t: t, courier: l.courier}
}

// SyncKeys is that of [gateway.Currency].
func (l *Ledger) SyncKeys(_ context.Context, r currency.SyncKeys) (all []currency.Synced, _ error) {
	raw, err := l.Invoke(l.courier, contract.Name, "SyncKeys", Must(json.Marshal(r)))
	if err != nil {
		return nil, refused(gateway.PhaseEndorse, err)
	}
	return all, json.Unmarshal(raw, &all)
}

// Sweep is that of [gateway.Currency].
func (l *Ledger) Sweep(_ context.Context, r currency.Sweep) (swept currency.Swept, _ error) {
	raw, err := l.Invoke(l.courier, contract.Name, "Sweep", Must(json.Marshal(r)))
	if err != nil {
		return swept, refused(gateway.PhaseEndorse, err)
	}
	return swept, json.Unmarshal(raw, &swept)
}

// ForwardCredits is that of [gateway.Currency].
func (l *Ledger) ForwardCredits(_ context.Context, r currency.ForwardCredits) (forwarded currency.Forwarded, _ error) {
	raw, err := l.Invoke(l.courier, contract.Name, "ForwardCredits", Must(json.Marshal(r)))
	if err != nil {
		return forwarded, refused(gateway.PhaseEndorse, err)
	}
	return forwarded, json.Unmarshal(raw, &forwarded)
}

// ForwardTakings is that of [gateway.Currency].
func (l *Ledger) ForwardTakings(_ context.Context, r currency.ForwardTakings) (forwarded currency.TakingsForwarded, _ error) {
	raw, err := l.Invoke(l.courier, contract.Name, "ForwardTakings", Must(json.Marshal(r)))
	if err != nil {
		return forwarded, refused(gateway.PhaseEndorse, err)
	}
	return forwarded, json.Unmarshal(raw, &forwarded)
}

// Hooks sets the hooks while the ledger is in use.
func (l *Ledger) Hooks(set func(*Ledger)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	set(l)
}

func (l *Ledger) hook(pick func(*Ledger) func([]string) error, orders []string) error {
	l.mu.Lock()
	f := pick(l)
	l.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(orders)
}

// Gone is what a call gets while no peer or orderer is there.
var Gone = status.Error(codes.Unavailable, "connection refused")

// Officer submits as a member of an organisation, without the gateway; the name
// Admin is its administrator.
func (l *Ledger) Officer(msp, name, function string, request any) error {
	role := ledgertest.Client
	if name == Admin {
		role = ledgertest.Admin
	}
	raw, err := json.Marshal(request)
	if err != nil {
		return err
	}
	_, err = l.Invoke(l.Caller(msp, name, role), contract.Name, function, raw)
	return err
}

// Carry submits orders without the gateway, as anybody may.
func (l *Ledger) Carry(orders ...string) ([]currency.Item, error) {
	raw, err := l.Invoke(l.courier, contract.Name, "PayBatch", anys(orders)...)
	if err != nil {
		return nil, err
	}
	return lanes.DecodeItems(raw)
}

// Endorse implements lanes.Ledger.
func (l *Ledger) Endorse(ctx context.Context, orders []string) (lanes.Transaction, error) {
	if err := errors.Join(ctx.Err(), l.hook(func(l *Ledger) func([]string) error { return l.BeforeEndorse }, orders)); err != nil {
		return nil, &gateway.Error{Phase: gateway.PhaseEndorse, Cause: err}
	}
	function, args, err := lanes.Call(orders)
	if err != nil {
		return nil, err
	}
	e, err := l.Network.Endorse(l.courier, contract.Name, function, anys(args)...)
	if err != nil {
		return nil, refused(gateway.PhaseEndorse, err)
	}
	return &transaction{ledger: l, orders: orders, endorsed: e}, nil
}

// Evaluate queries the contract.
func (l *Ledger) Evaluate(_ context.Context, function string, args ...string) ([]byte, error) {
	raw, err := l.Query(l.courier, contract.Name, function, anys(args)...)
	if err != nil {
		return nil, refused(gateway.PhaseEvaluate, err)
	}
	return raw, nil
}

// Trace implements service.Ledger.
func (l *Ledger) Trace(ctx context.Context, q trace.Question, _ uint64, _ func(done, height uint64)) (trace.Graph, error) {
	l.mu.Lock()
	before := l.BeforeTrace
	l.mu.Unlock()
	if before != nil {
		if err := before(); err != nil {
			return trace.Graph{}, err
		}
	}
	return tracing.Run(ctx, contract.Name, q, func(yield func(*blocks.Block, error) bool) {
		for number := range l.Height() {
			if !yield(l.block(number), nil) {
				return
			}
		}
	}, nil)
}

// block is a block as a peer gives it.
func (l *Ledger) block(number uint64) *blocks.Block {
	from := l.Block(number)
	to := &blocks.Block{Number: from.Number}
	for i, tx := range from.Txs {
		t := blocks.Tx{Index: i, ID: tx.ID, Code: tx.Code, Chaincode: tx.Chaincode, Args: tx.Args, Payload: tx.Payload}
		for _, w := range tx.Writes {
			t.Writes = append(t.Writes, blocks.Write(w))
		}
		to.Txs = append(to.Txs, t)
	}
	return to
}

func anys(args []string) []any {
	all := make([]any, len(args))
	for i, a := range args {
		all[i] = a
	}
	return all
}

func refused(phase gateway.Phase, err error) error {
	failed := &gateway.Error{Phase: phase, Cause: err}
	var e *ledgertest.EndorseError
	if errors.As(err, &e) {
		failed.TxID = e.TxID
		if refusal := currency.Codes.Parse(e.Message); refusal != nil {
			failed.Code, failed.Detail = refusal.Code, refusal.Detail()
		}
	}
	return failed
}

type transaction struct {
	ledger   *Ledger
	orders   []string
	endorsed *ledgertest.Endorsement
}

func (t *transaction) ID() string { return t.endorsed.TxID }

func (t *transaction) Items() ([]currency.Item, error) { return lanes.DecodeItems(t.endorsed.Payload) }

func (t *transaction) Footprint() (gateway.Footprint, error) {
	f := gateway.Footprint{Reads: map[gateway.Key]gateway.Version{}, Writes: map[gateway.Key]bool{}}
	for _, r := range t.endorsed.Reads() {
		f.Reads[gateway.ParseKey(r.Key)] = gateway.Version{Block: r.Version.Block, Tx: r.Version.Tx}
	}
	for _, w := range t.endorsed.Writes() {
		f.Writes[gateway.ParseKey(w.Key)] = true
	}
	return f, nil
}

func (t *transaction) Submit(ctx context.Context) error {
	err := errors.Join(ctx.Err(), t.ledger.hook(func(l *Ledger) func([]string) error { return l.BeforeSubmit }, t.orders))
	if err == nil {
		t.ledger.Commit(t.endorsed) // sent again it is a duplicate, and the first status stays
		err = t.ledger.hook(func(l *Ledger) func([]string) error { return l.AfterSubmit }, t.orders)
	}
	if err != nil {
		return &gateway.Error{Phase: gateway.PhaseSubmit, TxID: t.ID(), Cause: err}
	}
	return nil
}

func (t *transaction) Wait(context.Context) error {
	if code := t.endorsed.Status; code != peer.TxValidationCode_VALID {
		return &gateway.Error{Phase: gateway.PhaseCommit, TxID: t.ID(), Validation: code}
	}
	return nil
}
