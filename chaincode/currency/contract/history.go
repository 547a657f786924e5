// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// historyFunctions answer what belongs to a holder, to whoever shows a read
// order of that holder (read-order+jws, expiring within 15 minutes) and to
// auditors and guards of the programme. READ_REFUSED, ORDER_EXPIRED,
// BAD_SIGNATURE, HOLDER_UNKNOWN.
//
//   - Purse {program, account, read}
//   - Receipt {program, account, seq, read}; also to the merchant who was paid,
//     without the payer's kinds of value, claims and other programmes
//   - Receipts, Credits {program, account, read, limit, bookmark}: pages, the
//     credits being those not claimed yet, to who took over a recovered account too
func historyFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Query("Purse", func(t *ledger.Tx, r currency.OwnQuery) (currency.PurseView, error) {
			h, err := own(t, r)
			if err != nil {
				return currency.PurseView{}, err
			}
			p, _, err := purses.Get(t, r.Program, r.Account)
			if p.Buckets == nil {
				p.Buckets = currency.Buckets{}
			}
			return currency.PurseView{
				Program: r.Program, Account: r.Account, Status: h.Status, Merchant: h.Merchant,
				Seq: p.Seq, Total: p.Buckets.Total(), Buckets: p.Buckets,
			}, err
		}),
		ledger.Query("Receipt", receipt),
		ledger.Query("Receipts", func(t *ledger.Tx, r currency.OwnQuery) (call.Page[currency.Receipt], error) {
			if _, err := own(t, r); err != nil {
				return call.Page[currency.Receipt]{}, err
			}
			return receipts.List(t, r.Limit, r.Bookmark, r.Program, r.Account)
		}),
		ledger.Query("Credits", func(t *ledger.Tx, r currency.OwnQuery) (call.Page[currency.Credit], error) {
			if err := ownOrHeir(t, r); err != nil {
				return call.Page[currency.Credit]{}, err
			}
			return credits.List(t, r.Limit, r.Bookmark, r.Program, r.Account)
		}),
	}
}

func receipt(t *ledger.Tx, r currency.ReceiptQuery) (currency.ReceiptView, error) {
	out := currency.ReceiptView{Account: r.Account, Seq: r.Seq}
	reader, err := reader(t, r.Program, r.Read)
	if err != nil {
		return out, err
	}
	stored, found, err := receipts.Get(t, r.Program, r.Account, ledger.Num(r.Seq))
	if err != nil {
		return out, err
	}
	if reader != nil && reader.account != r.Account {
		if !found || (stored.Kind != currency.KindPayment && stored.Kind != currency.KindHold) || stored.To != reader.Merchant {
			return out, currency.ReadRefused.Errorf("receipt %s/%d is neither of nor for the reader", r.Account, r.Seq)
		}
		stored = stored.ForMerchant()
	}
	if !found {
		return out, currency.ReceiptUnknown.Errorf("account %s seq %d", r.Account, r.Seq)
	}
	back, _, err := refunds.Get(t, r.Program, r.Account, ledger.Num(r.Seq))
	out.Receipt, out.Refunded = stored, back.Amount
	if err != nil || back.Amount == 0 {
		return out, err
	}
	waiting, _, err := dues.Get(t, r.Program, stored.To, r.Account, ledger.Num(r.Seq))
	out.Waiting = currency.Total(waiting.Parts)
	return out, err
}

func own(t *ledger.Tx, r currency.OwnQuery) (currency.Holder, error) {
	reader, err := reader(t, r.Program, r.Read)
	if err != nil {
		return currency.Holder{}, err
	}
	if reader == nil {
		return holder(t, r.Program, r.Account)
	}
	if reader.account != r.Account {
		return currency.Holder{}, currency.ReadRefused.Errorf("account %s is not the reader's", r.Account)
	}
	return reader.Holder, nil
}

// ownOrHeir lets who took over a recovered account see what waits for it.
func ownOrHeir(t *ledger.Tx, r currency.OwnQuery) error {
	reader, err := reader(t, r.Program, r.Read)
	if err != nil {
		return err
	}
	if reader == nil {
		_, err := holder(t, r.Program, r.Account)
		return err
	}
	if reader.account == r.Account {
		return nil
	}
	h, _, err := holders.Get(t, r.Program, r.Account)
	if err != nil {
		return err
	}
	if heir, err := heirOf(t, r.Program, h); err != nil || heir != reader.account {
		return first(err, currency.ReadRefused.Errorf("account %s is not the reader's", r.Account))
	}
	return nil
}

type readingHolder struct {
	currency.Holder
	account string
}

// reader returns the holder who signed the read order, or nil for an officer who
// may read without one.
func reader(t *ledger.Tx, program, read string) (*readingHolder, error) {
	if read == "" {
		if err := requireOne(t, program, readAccounts); err != nil {
			return nil, currency.ReadRefused.Errorf("no read order, and: %w", err)
		}
		return nil, nil
	}
	e := newEngine(t)
	o := e.parse(read, currency.TypRead)
	if o.err != nil {
		return nil, o.err
	}
	if o.Program != program {
		return nil, currency.OrderElsewhere.Errorf("the read order is for programme %s", o.Program)
	}
	h, err := holder(t, program, o.Holder)
	if err != nil {
		return nil, err
	}
	if err := e.verify(o, h); err != nil {
		return nil, err
	}
	if o.former || h.Stopped != "" {
		return nil, currency.ReadRefused.Errorf("account %s: the key of the read order signs no more, by its DID's document", o.Holder)
	}
	if h.Successor != "" { // its key was lost, perhaps to a thief
		return nil, currency.ReadRefused.Errorf("account %s was taken over by another; officers show its history", o.Holder)
	}
	return &readingHolder{h, o.Holder}, o.Payload.(currency.Read).CheckShort(t.Now())
}
