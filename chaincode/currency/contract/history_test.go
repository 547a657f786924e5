// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// Histories are shown to their owner, to the merchant who was paid and to
// officers who hold the role, and to nobody else.
func TestHistoryIsTheOwners(t *testing.T) {
	tn := newTown(t)
	both := tn.residents(nowon, "minsu", "jisoo")
	minsu, jisoo := both[0], both[1]
	payment := tn.payment(nowon, minsu, "stall", 1_000)
	tn.order("Pay", minsu.sign(payment))
	receipt := func(read string) currency.ReceiptQuery {
		return currency.ReceiptQuery{Program: nowon, Account: minsu.account, Seq: payment.Seq, Read: read}
	}
	for _, function := range []string{"Purse", "Receipts", "Credits"} {
		for _, caller := range []struct{ name, read string }{
			{"a neighbour", tn.read(nowon, jisoo)}, {"the merchant", tn.read(nowon, tn.stall)}, {"a certificate without a role", ""},
		} {
			tn.run(t, function+" for "+caller.name, func(*testing.T) {
				tn.refused(currency.ReadRefused, tn.courier, function, tn.json(own(nowon, minsu, caller.read)))
			})
		}
		get[any](tn, tn.courier, function, own(nowon, minsu, tn.read(nowon, minsu)))
		get[any](tn, tn.komsco, function, own(nowon, minsu, ""))
	}
	tn.refused(currency.ReadRefused, tn.courier, "Receipt", tn.json(receipt("")))
	tn.refused(currency.ReadRefused, tn.courier, "Receipt", tn.json(receipt(tn.read(nowon, jisoo))))
	tn.refused(currency.ReadRefused, tn.courier, "Receipt", tn.json(receipt(tn.read(nowon, tn.arcade))))
	tn.refused(currency.OrderElsewhere, tn.courier, "Receipt", tn.json(receipt(tn.read(bazaar, tn.stall))))
	seen := get[currency.ReceiptView](tn, tn.courier, "Receipt", receipt(tn.read(nowon, tn.stall)))
	whole := get[currency.ReceiptView](tn, tn.courier, "Receipt", receipt(tn.read(nowon, minsu)))
	require.Equal(t, currency.Subsidy, whole.Used[0].Source)
	require.Equal(t, []currency.Part{{Terms: currency.Terms{Origin: "budget"}, Amount: 1_000}}, seen.Used, "the shop sees no kinds of value")

	// A read order lives a quarter of an hour, whatever it says.
	long := tn.reading(nowon, minsu)
	long.Exp = tn.at(time.Hour)
	tn.refused(currency.OrderExpired, tn.courier, "Receipt", tn.json(receipt(minsu.sign(long))))
	read := tn.read(nowon, minsu)
	tn.net.Advance(life + time.Second)
	tn.refused(currency.OrderExpired, tn.courier, "Receipt", tn.json(receipt(read)))

	// It is signed, and by the holder's own key.
	forged := *minsu
	forged.Signer = jws.Signer{Key: jisoo.Key, Kid: minsu.Kid}
	tn.refused(code.BadSignature, tn.courier, "Receipt", tn.json(receipt(tn.read(nowon, &forged))))
	tn.refused(currency.WrongOrder, tn.courier, "Receipt", tn.json(receipt(minsu.sign(payment))))
}

// A page begins where its bookmark says, and a bookmark is the caller's to
// write: it must not lead out of the holder's own records.
func TestBookmarkStaysWithTheOwner(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, names("resident", 3)...)
	for _, w := range all {
		for range 5 {
			tn.order("Pay", tn.pay(nowon, w, "stall", 100))
		}
	}
	for _, w := range all {
		for _, table := range []string{currency.TableReceipt, currency.TableCredit} {
			function := map[string]string{currency.TableReceipt: "Receipts", currency.TableCredit: "Credits"}[table]
			for _, bookmark := range []string{
				"\x00", "a", ledger.CompositeKey(table, nowon), ledger.CompositeKey(currency.TableHolder, nowon), ledger.CompositeKey(table, bazaar),
				ledger.CompositeKey(table, nowon, "AAAAAAAAAAAAAAAAAAAAAA"),
			} {
				q := own(nowon, w, tn.read(nowon, w))
				q.Bookmark = bookmark
				tn.refused(code.BadRequest, tn.courier, function, tn.json(q))
			}
		}
	}
	// Pages in order, each record once.
	q := own(nowon, all[0], tn.read(nowon, all[0]))
	q.Limit = 4
	var seen []string
	for {
		page := get[call.Page[currency.Receipt]](tn, tn.courier, "Receipts", q)
		for _, e := range page.Records {
			seen = append(seen, e.Key[0])
		}
		if q.Bookmark = page.Next; page.Next == "" {
			break
		}
	}
	require.Equal(t, []string{ledger.Num(1), ledger.Num(2), ledger.Num(3), ledger.Num(4), ledger.Num(5), ledger.Num(6)}, seen)
}

// What shops redeem is shown to themselves and to officers who may read accounts,
// and a frozen shop takes nothing in.
func TestRedemptionsAndFrozenShops(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "frozen shop")
	tn.do(tn.komsco, "FreezeHolder", currency.SetFreeze{Operation: tn.op(), Program: nowon, Account: tn.stall.account, Reason: "case-1"})
	items := tn.tryBatch(tn.pay(nowon, w, "stall", 100))
	require.Equal(t, []string{"HOLDER_FROZEN"}, codes(items))

	outsider := tn.net.Caller("CityMSP", "clerk", ledgertest.Client)
	tn.refused(code.RoleMissing, outsider, "Redemption", tn.json(currency.ReceiptQuery{Program: nowon, Account: tn.stall.account, Seq: 1}))
	tn.refused(code.RoleMissing, outsider, "Redemptions", tn.json(currency.PageQuery{Program: nowon}))
	tn.refused(code.RoleMissing, outsider, "Payout", tn.json(currency.RecordQuery{Program: nowon, ID: "x"}))
}
