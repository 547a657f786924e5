// SPDX-License-Identifier: Apache-2.0

// Package keysync has accounts listen to their DIDs: it follows what happens to
// documents and asks for a key sync of the accounts that they have. Several
// gateways may do so side by side; only the first one's transaction changes
// anything.
package keysync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway"
)

// Currency is a currency contract on the channel of the documents.
type Currency interface {
	Programs(ctx context.Context, limit int, bookmark string) (call.Page[currency.Program], error)
	SyncKeys(ctx context.Context, r currency.SyncKeys) ([]currency.Synced, error)
}

// Events opens the stream of the identity contract's events behind a cursor. The
// stream ends when ctx does or the peer goes.
type Events func(ctx context.Context, after Cursor) (<-chan *client.ChaincodeEvent, error)

// Options of a follower.
type Options struct {
	Chaincode  string // name of the identity contract
	Events     Events
	Currencies []Currency
	Cursor     *File
	Pause      time.Duration // after a failure, and growing to thirty times that; 0 is one second
	Log        *slog.Logger
}

// Follow syncs until ctx ends. What fails for want of the ledger, or of the identity
// contract behind it, is tried again;
// the cursor moves only behind what was synced, so after a crash some is done
// again, to no effect.
func Follow(ctx context.Context, o Options) {
	if o.Pause <= 0 {
		o.Pause = time.Second
	}
	pause := o.Pause
	for ctx.Err() == nil {
		moved, err := o.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if moved {
			pause = o.Pause
		}
		o.Log.Warn("key sync is interrupted", "failure", err, "again in", pause)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, 30*o.Pause)
	}
}

// follow reads one stream to its end.
func (o Options) follow(ctx context.Context) (moved bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	at, err := o.Cursor.Load()
	if err != nil {
		return false, err
	}
	events, err := o.Events(ctx, at)
	if err != nil {
		return false, fmt.Errorf("open the stream of events: %w", err)
	}
	defer func() {
		cancel()
		for range events { // the client's goroutine waits to be rid of its event
		}
	}()
	for event := range events {
		accounts := map[string]bool{}
		at = o.note(event, accounts)
		// Whatever else is there already goes along.
	more:
		for len(accounts) < currency.MaxSync {
			select {
			case next, open := <-events:
				if !open {
					break more
				}
				at = o.note(next, accounts)
			default:
				break more
			}
		}
		if err := o.sync(ctx, accounts); err != nil {
			return moved, err
		}
		if err := o.Cursor.Save(at); err != nil {
			return moved, err
		}
		moved = true
	}
	return moved, fmt.Errorf("the stream of events ended behind block %d", at.Block)
}

// note adds the accounts of the DIDs that an event says have changed.
func (o Options) note(event *client.ChaincodeEvent, accounts map[string]bool) Cursor {
	var told call.Envelope
	if err := json.Unmarshal(event.Payload, &told); err != nil || event.EventName != call.EventName {
		o.Log.Error("an event of the identity contract cannot be read", "tx", event.TransactionID, "failure", err)
		return Cursor{event.BlockNumber, event.TransactionID}
	}
	for _, e := range told.Events {
		if !strings.HasPrefix(e.Type, "DID") || e.Type == "DIDCreated" { // a new one has no account yet
			continue
		}
		for _, ref := range e.Refs {
			id, _, _ := strings.Cut(ref, "/")
			accounts[currency.AccountID(identity.Prefix+id)] = true
		}
	}
	return Cursor{event.BlockNumber, event.TransactionID}
}

// sync asks for a key sync in every programme that knows DIDs by the contract.
func (o Options) sync(ctx context.Context, accounts map[string]bool) error {
	if len(accounts) == 0 {
		return nil
	}
	var down error
	for _, money := range o.Currencies {
		for bookmark := ""; ; {
			page, err := money.Programs(ctx, 0, bookmark)
			if err != nil {
				return fmt.Errorf("list the programmes: %w", err)
			}
			for _, p := range page.Records {
				if p.Record.Identity == nil || p.Record.Identity.Chaincode != o.Chaincode {
					continue
				}
				err := o.program(ctx, money, p.Record.ID, accounts)
				if errors.Is(err, code.ContractRefused) { // which is tried again, and holds up no other programme
					down = errors.Join(down, err)
				} else if err != nil {
					return err
				}
			}
			if bookmark = page.Next; bookmark == "" {
				break
			}
		}
	}
	return down
}

func (o Options) program(ctx context.Context, money Currency, program string, accounts map[string]bool) error {
	r := currency.SyncKeys{Program: program}
	for a := range accounts {
		r.Accounts = append(r.Accounts, a)
	}
	for len(r.Accounts) > 0 {
		part := r
		part.Accounts = r.Accounts[:min(len(r.Accounts), currency.MaxSync)]
		r.Accounts = r.Accounts[len(part.Accounts):]
		done, err := money.SyncKeys(ctx, part)
		var refused *gateway.Error
		if errors.As(err, &refused) && refused.Code != nil && refused.Code.Kind != code.Internal && refused.Code != code.ContractRefused {
			// Trying again would not help, and would hold up all others. An identity contract
			// that does not answer is no refusal: what it said already must not be passed over.
			o.Log.Error("key sync is refused", "program", program, "failure", err)
			continue
		}
		if err != nil {
			return fmt.Errorf("key sync of %d accounts in programme %s: %w", len(part.Accounts), program, err)
		}
		changed := 0
		for _, s := range done {
			if s.Changed {
				changed++
			}
		}
		if changed > 0 {
			o.Log.Info("keys synced", "program", program, "accounts", changed)
		}
	}
	return nil
}
