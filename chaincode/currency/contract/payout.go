// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// payoutFunctions:
//
//   - ConfirmPayout {op, program, ref, account, seq, amount} by the bank's
//     cashier; emits PaidOut. PAYOUT_EXISTS, REDEMPTION_UNKNOWN, REDEMPTION_PAID,
//     INVALID_AMOUNT unless it is what was claimed.
//   - Redemption {program, account, seq, read} answers the record to the merchant
//     and to the officers below; READ_REFUSED, ROLE_MISSING.
//   - Payout {program, id} answers the payout of a bank reference, Redemptions
//     {program, limit, bookmark} pages through all of a programme, both to
//     the bank's cashiers, auditors and guards only.
func payoutFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("ConfirmPayout", confirmPayout),
		ledger.Query("Redemption", func(t *ledger.Tx, r currency.ReceiptQuery) (currency.Redemption, error) {
			if err := ownerOrPayer(t, r.Program, r.Account, r.Read); err != nil {
				return currency.Redemption{}, err
			}
			return redemption(t, r.Program, r.Account, r.Seq)
		}),
		ledger.Query("Redemptions", func(t *ledger.Tx, r currency.PageQuery) (call.Page[currency.Redemption], error) {
			if err := requirePayer(t, r.Program); err != nil {
				return call.Page[currency.Redemption]{}, err
			}
			return redemptions.List(t, r.Limit, r.Bookmark, r.Program)
		}),
		ledger.Query("Payout", func(t *ledger.Tx, r currency.RecordQuery) (currency.Payout, error) {
			if err := requirePayer(t, r.Program); err != nil {
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
		Amount:     r.Amount, By: caller.String(), At: t.Now().Unix(),
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
	t.Emit("PaidOut", r.Program+"/"+r.Ref)
	if err := redemptions.Put(t, claimed, r.Program, r.Account, ledger.Num(r.Seq)); err != nil {
		return out, err
	}
	return out, payouts.Put(t, out, r.Program, r.Ref)
}

func redemption(t *ledger.Tx, program, account string, seq int64) (currency.Redemption, error) {
	r, found, err := redemptions.Get(t, program, account, ledger.Num(seq))
	if err == nil && !found {
		err = currency.RedemptionUnknown.Errorf("account %s seq %d", account, seq)
	}
	return r, err
}
