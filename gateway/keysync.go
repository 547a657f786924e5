// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// SyncKeys brings accounts in line with their DIDs' documents, as anybody may. It
// asks a peer of its own organisation first, never another's, which might be behind the
// event that it follows (so a client whose organisation has none cannot), and submits only what would change something, so asking often
// is cheap. It returns where each account stands: PROGRAM_UNKNOWN,
// DID_UNRESOLVED.
func (c *Currency) SyncKeys(ctx context.Context, r currency.SyncKeys) ([]currency.Synced, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	payload, err := contract{client: c.client, fabric: c.contract, codes: currency.Codes}.own().ask(ctx, "SyncKeys", r)
	all, err := decode[[]currency.Synced]("SyncKeys", payload, err)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	moved := currency.SyncKeys{Program: r.Program}
	for i, s := range all {
		if s.Changed {
			moved.Accounts = append(moved.Accounts, s.Account)
			at[s.Account] = i
		}
	}
	if len(moved.Accounts) == 0 {
		return all, nil
	}
	arg, err := json.Marshal(moved)
	if err != nil {
		return nil, fmt.Errorf("encode the argument of SyncKeys: %w", err)
	}
	done, err := submit[[]currency.Synced](ctx, c, "SyncKeys", string(arg))
	for _, s := range done {
		all[at[s.Account]] = s
	}
	return all, err
}

// Programs pages through the programmes, 1 to 500 at a time; limit 0 is 500.
func (c *Currency) Programs(ctx context.Context, limit int, bookmark string) (call.Page[currency.Program], error) {
	return evaluate[call.Page[currency.Program]](ctx, c, "Programs", currency.ProgramsQuery{Limit: limit, Bookmark: bookmark})
}

// OpenTickets opens a series of tickets (see package ticket), as the issuer's
// issuing officer: NOT_ACCREDITED, TICKET_KEY, ALLOTMENT_EXISTS, FUND_EXCEEDED and
// others. CloseAllotment of its id ends it.
func (c *Currency) OpenTickets(ctx context.Context, r currency.OpenTickets) (currency.TicketSeries, error) {
	record, _, err := Operate[currency.TicketSeries](ctx, c, "OpenTickets", r)
	return record, err
}

// TicketSeries is a series of tickets: TICKETS_UNKNOWN.
func (c *Currency) TicketSeries(ctx context.Context, program, id string) (currency.TicketSeries, error) {
	return evaluate[currency.TicketSeries](ctx, c, "TicketSeries", currency.RecordQuery{Program: program, ID: id})
}

// Present carries out an order that presents a ticket.
func (c *Currency) Present(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "Present", order)
}
