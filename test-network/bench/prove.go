// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/test-network/demo"
)

// Books is the proof at the end.
type Books struct {
	Unclaimed int                 `json:"unclaimed"` // credits left after everybody claimed
	Conflicts int                 `json:"conflicts"` // of all our workloads but the attack's
	Seconds   float64             `json:"seconds"`   // that the audit of all peers took
	Audit     gateway.AuditReport `json:"audit"`
}

// prove drains every claim, and checks the books from the blocks of every
// organisation's own peer.
func (s *stage) prove(ctx context.Context, r *Report) error {
	s.say("Everybody claims what is left; then the books are checked")
	if err := s.drain(ctx); err != nil {
		return fmt.Errorf("drain the claims: %w", err)
	}
	r.Books = &Books{Unclaimed: s.credits.left()}
	for _, m := range r.Measures {
		if m.Workload != Hostile && ours[m.Workload] {
			r.Books.Conflicts += m.Conflicts
		}
	}
	began := time.Now()
	var clients []*gateway.Client
	for _, org := range s.Orgs() {
		c, err := s.Client(ctx, org.MSPID, "Admin")
		if err != nil {
			return err
		}
		clients = append(clients, c)
	}
	var err error
	r.Books.Audit, err = gateway.Audit(ctx, clients, s.Consortium().Channel, "currency", 0, nil)
	r.Books.Seconds = time.Since(began).Seconds()
	switch {
	case err != nil:
		return fmt.Errorf("audit: %w", err)
	case r.Books.Audit.Err() != nil:
		return fmt.Errorf("the books do not balance: %w", r.Books.Audit.Err())
	case r.Books.Unclaimed > 0:
		return fmt.Errorf("%d credits are unclaimed after everybody claimed", r.Books.Unclaimed)
	case r.Books.Conflicts > 0:
		return fmt.Errorf("%d transactions of workloads without attackers conflicted", r.Books.Conflicts)
	}
	return nil
}

// drain has every shop and resident claim all that the blocks say it may.
func (s *stage) drain(ctx context.Context) error {
	if _, err := s.catchUp(ctx); err != nil {
		return err
	}
	holders := make([]*demo.Resident, 0, len(s.payers)+len(s.welfare)+len(s.town.Shops))
	for _, p := range slices.Concat(s.payers, s.welfare) {
		holders = append(holders, p.Resident)
	}
	for _, shop := range s.town.Shops {
		holders = append(holders, shop.Resident)
	}
	var mu sync.Mutex
	var orders []string
	var claims []int
	err := parallel(len(holders), func(i int) error {
		h := holders[i]
		for names := range slices.Chunk(s.credits.of(h.Account()), currency.MaxClaims) {
			h.Claims = names
			order, err := h.Collect()
			if err != nil {
				return err
			}
			mu.Lock()
			orders = append(orders, order) // one holder's stay in their order
			claims = append(claims, len(names))
			mu.Unlock()
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.sendClaims(ctx, orders, claims); err != nil {
		return err
	}
	_, err = s.catchUp(ctx)
	return err
}
