// SPDX-License-Identifier: Apache-2.0

package keysync_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	money "github.com/komsco/trust-platform/chaincode/currency/contract" //nolint:depguard // the real contract, in memory
	"github.com/komsco/trust-platform/chaincode/identity"
	registry "github.com/komsco/trust-platform/chaincode/identity/contract" //nolint:depguard // the real contract, in memory
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/keysync"
)

const program = "mobile"

// town is a channel with both contracts and a programme that knows DIDs.
type town struct {
	t       *testing.T
	net     *ledgertest.Network
	courier *ledgertest.Caller

	mu        sync.Mutex
	gone      error      // what every call fails with
	first     *code.Code // what programme a-first refuses with
	submitted int        // key syncs in a block
	refused   int        // key syncs that the contract refused
	opened    []keysync.Cursor
}

func newTown(t *testing.T) *town {
	t.Helper()
	net := ledgertest.New(t,
		ledgertest.Chaincode("money", money.New(ledger.Config{Name: "money", Network: "trust"})),
		ledgertest.Chaincode("registry", registry.New(ledger.Config{Name: "registry", Network: "trust"})))
	n := &town{t: t, net: net, courier: net.Caller("KomscoMSP", "gateway", ledgertest.Client)}
	admin := net.Caller("KomscoMSP", "admin", ledgertest.Admin)
	n.invoke(admin, "money", "GrantRole", call.SetRole{Operation: call.Operation{Op: "grant"}, Name: "registrar", Role: currency.RoleRegistrar})
	for _, id := range []string{program, "other", "astray"} {
		p := currency.Program{
			ID: id, Title: id, Zone: "+09:00", Open: true,
			Organisations: currency.Organisations{Issuer: "CityMSP", Operator: "KomscoMSP", Bank: "BankMSP"},
		}
		if id == program {
			p.Identity = &currency.Identity{Chaincode: "registry"}
		}
		n.invoke(net.Caller("KomscoMSP", "registrar", ledgertest.Client), "money", "DefineProgram",
			currency.DefineProgram{Operation: call.Operation{Op: "define." + id}, Program: p})
	}
	return n
}

func (n *town) invoke(caller *ledgertest.Caller, chaincode, function string, request any) {
	n.t.Helper()
	raw, err := json.Marshal(request)
	require.NoError(n.t, err)
	_, err = n.net.Invoke(caller, chaincode, function, string(raw))
	require.NoError(n.t, err)
}

// person has a document and an account.
type person struct {
	town    *town
	home    jws.Signer
	account string
	last    identity.Outcome
}

func (n *town) person(name byte) *person {
	n.t.Helper()
	seed := make([]byte, 32)
	seed[0] = name
	home := ed25519.NewKeyFromSeed(seed)
	public := did.Key{Alg: "EdDSA", Ed25519: home.Public().(ed25519.PublicKey)}
	o := identity.Operation{
		Type: identity.Create, DID: identity.Placeholder, Number: 1, Entropy: "AAAAAAAAAAAAAAAAAAAAAA",
		AddKeys: []identity.Key{{
			Multikey: public.Multikey(), Unlock: identity.UnlockPIN,
			Purposes: []identity.Purpose{identity.Authentication, identity.CapabilityInvocation},
		}},
	}.At(identity.Place{Network: "trust", Channel: "trust", Chaincode: "registry"})
	subject, err := o.Subject()
	require.NoError(n.t, err)
	w, err := gateway.NewWallet(home, currency.Place{Network: "trust", Channel: "trust", Chaincode: "money"})
	require.NoError(n.t, err)
	w, err = w.Of(subject)
	require.NoError(n.t, err)
	p := &person{town: n, account: w.Account, home: jws.Signer{Key: home, Kid: subject + "#" + public.Thumbprint()}}
	p.operate(o)
	order, err := w.In(program).Open("")
	require.NoError(n.t, err)
	_, err = n.net.Invoke(n.courier, "money", "Open", order)
	require.NoError(n.t, err)
	return p
}

func (p *person) operate(o identity.Operation) {
	p.town.t.Helper()
	signatures, err := o.Sign(p.home)
	require.NoError(p.town.t, err)
	raw, err := p.town.net.Invoke(p.town.courier, "registry", "Operate", signatures[0])
	require.NoError(p.town.t, err)
	require.NoError(p.town.t, json.Unmarshal(raw, &p.last))
}

func (p *person) become(what identity.Type) {
	p.town.t.Helper()
	p.operate(identity.Operation{Type: what, DID: p.last.DID, Number: p.last.Version + 1, Previous: p.last.Digest}.
		At(identity.Place{Network: "trust", Channel: "trust", Chaincode: "registry"}))
}

// stopped is where the person's account stands, without asking for a change.
func (p *person) stopped() currency.Stop {
	p.town.t.Helper()
	raw, err := json.Marshal(currency.SyncKeys{Program: program, Accounts: []string{p.account}})
	require.NoError(p.town.t, err)
	answer, err := p.town.net.Query(p.town.courier, "money", "SyncKeys", string(raw))
	require.NoError(p.town.t, err)
	var all []currency.Synced
	require.NoError(p.town.t, json.Unmarshal(answer, &all))
	if all[0].Changed {
		return "out of line"
	}
	return all[0].Stopped
}

func (n *town) fail(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.gone = err
}

func (n *town) failure() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.gone
}

// Programs and SyncKeys are those of gateway.Currency.

func (n *town) Programs(_ context.Context, _ int, bookmark string) (page call.Page[currency.Program], _ error) {
	if err := n.failure(); err != nil {
		return page, err
	}
	q, err := json.Marshal(currency.ProgramsQuery{Limit: 1, Bookmark: bookmark})
	if err != nil {
		return page, err
	}
	raw, err := n.net.Query(n.courier, "money", "Programs", string(q))
	if err != nil {
		return page, err
	}
	return page, json.Unmarshal(raw, &page)
}

func (n *town) SyncKeys(_ context.Context, r currency.SyncKeys) (all []currency.Synced, _ error) {
	if r.Program == "a-first" {
		return nil, &gateway.Error{Code: n.first}
	}
	arg, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	raw, err := n.net.Invoke(n.courier, "money", "SyncKeys", string(arg))
	if err != nil {
		n.mu.Lock()
		n.refused++
		n.mu.Unlock()
		failed := &gateway.Error{Cause: err}
		if refusal := currency.Codes.Parse(err.Error()); refusal != nil {
			failed.Code = refusal.Code
		}
		return nil, failed
	}
	n.mu.Lock()
	n.submitted++
	n.mu.Unlock()
	return all, json.Unmarshal(raw, &all)
}

// events streams what is in blocks behind the cursor, and ends.
func (n *town) events(_ context.Context, after keysync.Cursor) (<-chan *client.ChaincodeEvent, error) {
	n.mu.Lock()
	n.opened = append(n.opened, after)
	n.mu.Unlock()
	all := make(chan *client.ChaincodeEvent, 1000)
	defer close(all)
	for b := after.Block; b < n.net.Height(); b++ {
		for _, tx := range n.net.Block(b).Txs {
			if tx.Event == nil || tx.Event.Chaincode != "registry" || (b == after.Block && after.Tx != "") {
				continue // one transaction a block here
			}
			all <- &client.ChaincodeEvent{BlockNumber: b, TransactionID: tx.ID, ChaincodeName: "registry", EventName: tx.Event.Name, Payload: tx.Event.Payload}
		}
	}
	return all, nil
}

// follow runs a follower until check holds.
func (n *town) follow(file string, check func() bool) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), 20*time.Second)
	var follower sync.WaitGroup
	follower.Go(func() {
		keysync.Follow(ctx, keysync.Options{
			Chaincode: "registry", Events: n.events, Currencies: []keysync.Currency{n}, Cursor: &keysync.File{Path: file},
			Pause: time.Millisecond, Log: slog.New(slog.DiscardHandler),
		})
	})
	require.Eventually(n.t, check, 15*time.Second, 5*time.Millisecond)
	cancel()
	follower.Wait()
}

func TestFollow(t *testing.T) {
	n := newTown(t)
	file := filepath.Join(t.TempDir(), "at", "cursor.json")
	minsu, jisoo := n.person(1), n.person(2)
	minsu.become(identity.Suspend)
	n.fail(errors.New("peer is gone"))
	time.AfterFunc(20*time.Millisecond, func() { n.fail(nil) })
	n.follow(file, func() bool { return minsu.stopped() == currency.StopSuspended })
	require.Equal(t, 1, n.submitted, "both people's events in one key sync")
	require.Empty(t, jisoo.stopped())

	// It goes on where it was, also in another process.
	minsu.become(identity.Resume)
	jisoo.become(identity.Deactivate)
	n.opened = nil
	n.follow(file, func() bool { return minsu.stopped() == "" && jisoo.stopped() == currency.StopDeactivated })
	require.NotZero(t, n.opened[0].Block)
	last := n.opened[len(n.opened)-1]

	// Without the file it does all again, to no effect.
	require.NoError(t, os.Remove(file))
	height := n.net.Height()
	n.follow(file, func() bool {
		at, err := (&keysync.File{Path: file}).Load()
		return err == nil && at.Block >= last.Block
	})
	for b := height; b < n.net.Height(); b++ {
		for _, tx := range n.net.Block(b).Txs {
			require.Empty(t, tx.Writes)
		}
	}
}

// down is a chaincode that cannot be reached.
type down struct{}

func (down) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (down) Invoke(shim.ChaincodeStubInterface) *peer.Response {
	return shim.Error("connection to registry failed")
}

// An identity contract that is down is asked again until it is there: no key that a
// document took away goes on signing.
func TestFollowContractDown(t *testing.T) {
	n := newTown(t)
	file := filepath.Join(t.TempDir(), "cursor.json")
	minsu := n.person(1)
	minsu.become(identity.Suspend)
	n.net.Deploy("registry", down{})
	n.follow(file, func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.refused > 2
	})
	n.net.Deploy("registry", registry.New(ledger.Config{Name: "registry", Network: "trust"}))
	n.follow(file, func() bool { return minsu.stopped() == currency.StopSuspended })
}

// A programme that refuses holds nobody else up; a cursor that cannot be read
// stops all, loudly.
func TestFollowTrouble(t *testing.T) {
	n := newTown(t)
	minsu := n.person(1)
	n.invoke(n.net.Caller("KomscoMSP", "registrar", ledgertest.Client), "money", "DefineProgram", currency.DefineProgram{
		Operation: call.Operation{Op: "define.first"}, Program: currency.Program{
			ID: "a-first", Title: "Refuses", Zone: "+09:00", Open: true,
			Organisations: currency.Organisations{Issuer: "CityMSP", Operator: "KomscoMSP", Bank: "BankMSP"},
			Identity:      &currency.Identity{Chaincode: "registry"},
		},
	})
	file := filepath.Join(t.TempDir(), "cursor.json")
	n.first = currency.DIDUnresolved
	minsu.become(identity.Suspend)
	n.follow(file, func() bool { return minsu.stopped() == currency.StopSuspended })

	// Nor does one whose identity contract is down, which is asked again after that.
	n.first = code.ContractRefused
	minsu.become(identity.Resume)
	passed, err := (&keysync.File{Path: file}).Load()
	require.NoError(t, err)
	n.follow(file, func() bool { return minsu.stopped() == "" })
	kept, err := (&keysync.File{Path: file}).Load()
	require.NoError(t, err)
	require.Equal(t, passed, kept)

	file = filepath.Join(t.TempDir(), "cursor.json")
	require.NoError(t, os.WriteFile(file, []byte("{"), 0o600))
	_, err = (&keysync.File{Path: file}).Load()
	require.ErrorContains(t, err, file)
	for i := range 3 { // what is written is read
		at := keysync.Cursor{Block: uint64(i), Tx: fmt.Sprint(i)}
		require.NoError(t, (&keysync.File{Path: file}).Save(at))
		got, err := (&keysync.File{Path: file}).Load()
		require.NoError(t, err)
		require.Equal(t, at, got)
	}
}

// A stream that is given up leaves nothing running, though the client sends each event
// whatever becomes of ctx.
func TestFollowEndsItsStreams(t *testing.T) {
	n := newTown(t)
	n.person(1).become(identity.Suspend)
	n.fail(errors.New("peer is gone"))
	var opened, ended atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var follower sync.WaitGroup
	follower.Go(func() {
		keysync.Follow(ctx, keysync.Options{
			Chaincode: "registry", Currencies: []keysync.Currency{n}, Cursor: &keysync.File{}, Pause: time.Millisecond, Log: slog.New(slog.DiscardHandler),
			Events: func(ctx context.Context, after keysync.Cursor) (<-chan *client.ChaincodeEvent, error) {
				there, err := n.events(ctx, after)
				events := make(chan *client.ChaincodeEvent)
				opened.Add(1)
				go func() {
					defer ended.Add(1)
					defer close(events)
					for e := range there {
						for range 100 { // enough that some wait to be taken
							events <- e
						}
					}
				}()
				return events, err
			},
		})
	})
	require.Eventually(t, func() bool { return opened.Load() > 3 }, 15*time.Second, time.Millisecond)
	cancel()
	follower.Wait()
	require.Eventually(t, func() bool { return opened.Load() == ended.Load() }, 5*time.Second, time.Millisecond)
}
