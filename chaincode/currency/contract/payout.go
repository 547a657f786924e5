// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// payoutFunctions:
//
//   - ConfirmPayout {op, program, ref, account, seq, amount, sent} by the bank's
//     cashier; emits PaidOut. PAYOUT_EXISTS, REDEMPTION_UNKNOWN, REDEMPTION_PAID,
//     INVALID_AMOUNT unless it is what was claimed; REDEMPTION_WITHHELD while the
//     account is frozen, its shop suspended or a case holds it, unless it was sent
//     before: the case loses it then; REDEMPTION_RECALLED.
//   - RecallPayout {op, program, account, seq} by the bank's cashier, of what a case
//     holds: it was not paid and will not be. What the case holds of it comes into
//     the case, the rest goes back to who claimed it, as a credit; emits
//     PayoutRecalled. REDEMPTION_UNKNOWN, REDEMPTION_PAID, REDEMPTION_RECALLED,
//     CASE_UNKNOWN, BUCKET_LIMIT.
//   - Redemption {program, account, seq, read} answers the record to the merchant
//     and to the officers below; READ_REFUSED, ROLE_MISSING.
//   - Payout {program, id} answers the payout of a bank reference, Redemptions
//     {program, limit, bookmark} pages through all of a programme, Unpaid {program,
//     limit, bookmark} through those that the bank has not paid, with why some are
//     withheld; all of them to the bank's cashiers, auditors and guards only.
func payoutFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("ConfirmPayout", confirmPayout),
		ledger.Officer("RecallPayout", recallPayout),
		ledger.Query("Redemption", func(t *ledger.Tx, r currency.ReceiptQuery) (currency.Redemption, error) {
			if err := ownerOrPayer(t, r.Program, r.Account, r.Read); err != nil {
				return currency.Redemption{}, err
			}
			return redemption(t, r.Program, r.Account, r.Seq)
		}),
		ledger.Query("Redemptions", func(t *ledger.Tx, r currency.PageQuery) (call.Page[currency.Redemption], error) {
			if err := requireOne(t, r.Program, readBank); err != nil {
				return call.Page[currency.Redemption]{}, err
			}
			return redemptions.List(t, r.Limit, r.Bookmark, r.Program)
		}),
		ledger.Query("Unpaid", unpaid),
		ledger.Query("Payout", func(t *ledger.Tx, r currency.RecordQuery) (currency.Payout, error) {
			if err := requireOne(t, r.Program, readBank); err != nil {
				return currency.Payout{}, err
			}
			p, found, err := payouts.Get(t, r.Program, r.ID)
			if err == nil && !found {
				err = currency.RedemptionUnknown.Errorf("no payout under the bank's reference %s", r.ID)
			}
			return p, err
		}),
	}
}

func confirmPayout(t *ledger.Tx, r currency.ConfirmPayout) (currency.Payout, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Payout{}, err
	}
	caller, err := t.RequireRole(currency.RoleCashier, p.Organisations.Bank)
	if err != nil {
		return currency.Payout{}, err
	}
	out := currency.Payout{
		Redemption: currency.ReceiptName{Holder: r.Account, Seq: r.Seq},
		Amount:     r.Amount, Sent: r.Sent, By: caller.String(), At: t.Now().Unix(),
	}
	if used, err := payouts.Has(t, r.Program, r.Ref); err != nil || used {
		return out, first(err, currency.PayoutExists.Errorf("bank reference %s", r.Ref))
	}
	claimed, err := redemption(t, r.Program, r.Account, r.Seq)
	if err != nil {
		return out, err
	}
	if claimed, err = claimed.Pay(r.Ref, r.Amount); err != nil {
		return out, err
	}
	withheld, err := withheld(t, r.Program, r.Account, claimed)
	if err != nil {
		return out, err
	}
	if err := claimed.CheckSent(r.Sent, withheld, t.Now()); err != nil {
		return out, err
	}
	if claimed.Case != "" {
		if err := loseClaim(t, currency.CaseQuery{Program: r.Program, Account: r.Account, ID: claimed.Case}, r.Seq); err != nil {
			return out, err
		}
		claimed = claimed.Free()
	}
	t.Emit("PaidOut", r.Program+"/"+r.Ref)
	unpaids.Delete(t, r.Program, r.Account, ledger.Num(r.Seq))
	if err := redemptions.Put(t, claimed, r.Program, r.Account, ledger.Num(r.Seq)); err != nil {
		return out, err
	}
	return out, payouts.Put(t, out, r.Program, r.Ref)
}

// withheld says why a redemption is not to be paid now; nil where it may be.
func withheld(t *ledger.Tx, program, account string, r currency.Redemption) (*currency.Withholding, error) {
	h, _, err := successor(t, program, account) // whose claim it is by now
	if err != nil {
		return nil, err
	}
	var m currency.Merchant
	if r.Merchant != "" {
		if m, err = merchant(t, program, r.Merchant); err != nil {
			return nil, err
		}
	}
	return r.Withheld(h, m), nil
}

func unpaid(t *ledger.Tx, r currency.PageQuery) (call.Page[currency.UnpaidRedemption], error) {
	out := call.Page[currency.UnpaidRedemption]{Records: []call.Entry[currency.UnpaidRedemption]{}}
	if err := requireOne(t, r.Program, readBank); err != nil {
		return out, err
	}
	page, err := unpaids.List(t, r.Limit, r.Bookmark, r.Program)
	if err != nil {
		return out, err
	}
	out.Next = page.Next
	var keys []string
	for _, e := range page.Records {
		keys = append(keys, redemptions.Key(r.Program, e.Key[0], e.Key[1]), holders.Key(r.Program, e.Key[0]))
	}
	if err := t.Prefetch(keys...); err != nil {
		return out, err
	}
	for _, e := range page.Records {
		claimed, found, err := redemptions.Get(t, r.Program, e.Key[0], e.Key[1])
		if err != nil || !found {
			return out, first(err, currency.RedemptionUnknown.Errorf("account %s seq %s", e.Key[0], e.Key[1]))
		}
		why, err := withheld(t, r.Program, e.Key[0], claimed)
		if err != nil {
			return out, err
		}
		out.Records = append(out.Records, call.Entry[currency.UnpaidRedemption]{Key: e.Key, Record: currency.UnpaidRedemption{Redemption: claimed, Withheld: why}})
	}
	return out, nil
}

func redemption(t *ledger.Tx, program, account string, seq int64) (currency.Redemption, error) {
	r, found, err := redemptions.Get(t, program, account, ledger.Num(seq))
	if err == nil && !found {
		err = currency.RedemptionUnknown.Errorf("account %s seq %d", account, seq)
	}
	return r, err
}
