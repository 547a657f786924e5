// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"net/url"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
)

// Resident is somebody with an account, whose key signs in this program as a
// phone's would.
type Resident struct {
	Wallet *gateway.Wallet
	*gateway.Holder
	Seq    int64                 // of the last order
	Claims []currency.CreditName // credits to claim with the next order
}

// Shop is a merchant.
type Shop struct {
	*Resident
	ID string
}

// next takes the next sequence number and the credits to claim with it.
func (r *Resident) next() (int64, []currency.CreditName) {
	r.Seq++
	claims := r.Claims
	r.Claims = nil
	return r.Seq, claims
}

// Pay signs a payment to a shop.
func (r *Resident) Pay(shop string, won int64) (string, error) {
	seq, claims := r.next()
	return r.Payment(currency.Payment{Amount: won, Claims: claims, Seq: seq, To: shop})
}

// Give signs a gift to another resident.
func (r *Resident) Give(to string, won int64) (string, error) {
	seq, claims := r.next()
	return r.Gift(currency.Gift{Amount: won, Claims: claims, Seq: seq, To: to})
}

// Collect signs a claim of the credits in r.Claims.
func (r *Resident) Collect() (string, error) {
	seq, claims := r.next()
	return r.Claim(currency.Claim{Claims: claims, Seq: seq})
}

// GiveBack signs a refund of part of a payment.
func (s *Shop) GiveBack(payment currency.ReceiptName, won int64) (string, error) {
	seq, claims := s.next()
	return s.Refund(currency.Refund{Amount: won, Claims: claims, Payment: payment, Seq: seq})
}

// CashIn signs a redemption of what the shop took in.
func (s *Shop) CashIn(won int64) (string, error) {
	seq, claims := s.next()
	return s.Redeem(currency.Redeem{Amount: won, Claims: claims, Seq: seq})
}

// Look asks for the holder's unclaimed credits, to be claimed with the next
// order.
func (t *Town) Look(ctx context.Context, r *Resident) error {
	_, err := t.credits(ctx, r, func(e call.Entry[currency.Credit]) error {
		name, err := gateway.CreditName(e)
		r.Claims = append(r.Claims, name)
		return err
	})
	return err
}

// Takings is what a shop may claim and has not yet, in won.
func (t *Town) Takings(ctx context.Context, s *Shop) (int64, error) {
	return t.credits(ctx, s.Resident, func(call.Entry[currency.Credit]) error { return nil })
}

func (t *Town) credits(ctx context.Context, r *Resident, visit func(call.Entry[currency.Credit]) error) (total int64, err error) {
	read, err := r.Read()
	if err != nil {
		return 0, err
	}
	for next := ""; ; {
		path := fmt.Sprintf("/v1/programs/%s/accounts/%s/credits?bookmark=%s", t.Program, r.Wallet.Account, url.QueryEscape(next))
		var page call.Page[currency.Credit]
		if err := t.API.Get(ctx, path, read, &page); err != nil {
			return 0, err
		}
		for _, e := range page.Records {
			total += currency.Total(e.Record.Parts)
			if err := visit(e); err != nil {
				return 0, err
			}
		}
		if next = page.Next; next == "" {
			return total, nil
		}
	}
}
