// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// A day of a town: money comes in, is issued, given, spent, refunded, redeemed
// and paid out. After every block the supply is explained (see audit).
func TestDay(t *testing.T) { playDay(t) }

// Four peers simulate the same day and agree on every byte.
func TestDayOnFourPeers(t *testing.T) { playDay(t, ledgertest.Peers(4)) }

func playDay(t *testing.T, options ...ledgertest.Option) {
	t.Helper()
	tn := newTown(t, options...)
	minsu, jisoo := newWallet("minsu"), newEd25519Wallet("jisoo")

	// Accounts: with an enrolment in one programme, freely in the other.
	for _, program := range []string{nowon, bazaar} {
		for _, w := range []*wallet{minsu, jisoo} {
			opened := result[currency.Account](tn, tn.commitOne(tn.endorse(tn.courier, "Open", tn.open(program, w))))
			require.Equal(t, currency.Account{Program: program, Account: w.account, Status: currency.Active, Opened: tn.now()}, opened)
		}
	}
	h, _ := record[currency.Holder](tn, currency.TableHolder, nowon, minsu.account)
	require.Equal(t, "p-"+minsu.account, h.Person)

	// 100,000 won each and 10% on top, from a deposit and an appropriation.
	tx := tn.issue(nowon, currency.Principal, []currency.Row{{To: minsu.account, Amount: 100_000}, {To: jisoo.account, Amount: 100_000}})
	require.EqualValues(t, 220_000, tn.audit.term(nowon, "bought", currency.Credits)+tn.audit.term(nowon, "budget", currency.Credits))
	got := tn.order("Claim", tn.claim(nowon, minsu, currency.NewCreditName(tx, 0)))
	require.Equal(t, currency.KindClaim, got.Kind)
	require.Equal(t, []currency.CreditName{currency.NewCreditName(tx, 0)}, got.Claimed)
	require.EqualValues(t, 110_000, tn.balance(nowon, minsu))
	terms := func(s currency.Source, origin string) currency.Terms {
		return currency.Terms{Policy: 1, Expiry: 20290302, Source: s, Origin: origin}
	}
	require.Equal(t, currency.Buckets{
		{Terms: terms(currency.Principal, "bought"), Face: 100_000, Left: 100_000},
		{Terms: terms(currency.Subsidy, "budget"), Face: 10_000, Left: 10_000},
	}, tn.purse(nowon, minsu).Buckets)

	// Payment: the subsidy goes first. The second one claims inside the spend.
	payment := tn.payment(nowon, minsu, "stall", 12_000)
	payment.Ref = "bill-7"
	paid := tn.order("Pay", minsu.sign(payment))
	require.Equal(t, []currency.Part{
		{Terms: terms(currency.Subsidy, "budget"), Amount: 10_000}, {Terms: terms(currency.Principal, "bought"), Amount: 2_000},
	}, paid.Used)
	require.Equal(t, "bill-7", paid.Ref)
	also := tn.order("Pay", tn.pay(nowon, jisoo, "stall", 50_000, currency.NewCreditName(tx, 1)))
	require.Len(t, also.Claimed, 1)
	require.EqualValues(t, 60_000, tn.balance(nowon, jisoo))

	// A gift keeps its terms.
	given := tn.order("Give", tn.give(nowon, minsu, jisoo, 8_000))
	tn.order("Claim", tn.claim(nowon, jisoo, given.Credit))
	require.EqualValues(t, 68_000, tn.balance(nowon, jisoo))
	require.EqualValues(t, 90_000, tn.balance(nowon, minsu))

	// The stall refunds 3,000 of the 12,000: what was spent last comes back first.
	back := tn.order("Refund", tn.refund(nowon, tn.stall, minsu, payment.Seq, 3_000, paid.Credit, also.Credit))
	tn.order("Claim", tn.claim(nowon, minsu, back.Credit))
	require.Equal(t, currency.Buckets{
		{Terms: terms(currency.Principal, "bought"), Face: 101_000, Left: 92_000}, // 9,000 of the subsidy are spent
		{Terms: terms(currency.Subsidy, "budget"), Face: 1_000, Left: 1_000},
	}, tn.purse(nowon, minsu).Buckets)
	require.EqualValues(t, 59_000, tn.balance(nowon, tn.stall))

	// Both read the receipt with read orders; the stall sees what it was paid, not the kinds of value.
	for w, receipt := range map[*wallet]currency.Receipt{minsu: paid, tn.stall: paid.ForMerchant()} {
		view := get[currency.ReceiptView](tn, tn.courier, "Receipt", currency.ReceiptQuery{Program: nowon, Account: minsu.account, Seq: payment.Seq, Read: tn.read(nowon, w)})
		require.Equal(t, currency.ReceiptView{Account: minsu.account, Seq: payment.Seq, Refunded: 3_000, Receipt: receipt}, view)
	}
	purse := get[currency.PurseView](tn, tn.courier, "Purse", own(nowon, minsu, tn.read(nowon, minsu)))
	require.EqualValues(t, 93_000, purse.Total)
	require.EqualValues(t, 4, purse.Seq)
	page := get[call.Page[currency.Receipt]](tn, tn.courier, "Receipts", own(nowon, minsu, tn.read(nowon, minsu)))
	require.Len(t, page.Records, 4)
	require.Equal(t, paid, page.Records[1].Record)
	require.Empty(t, page.Next)

	// The stall redeems all it holds and the bank pays it out.
	redeem := tn.redemption(nowon, tn.stall, 59_000)
	tn.order("Redeem", tn.stall.sign(redeem))
	require.Zero(t, tn.balance(nowon, tn.stall))
	payout := currency.ConfirmPayout{Operation: tn.op(), Program: nowon, Ref: "transfer-1", Account: tn.stall.account, Seq: redeem.Seq, Amount: 59_000}
	tn.do(tn.bank, "ConfirmPayout", payout)
	require.EqualValues(t, 59_000, tn.audit.term(nowon, "bought", currency.PaidOut)+tn.audit.term(nowon, "budget", currency.PaidOut))
	settled := get[currency.Redemption](tn, tn.bank, "Redemption", currency.ReceiptQuery{Program: nowon, Account: tn.stall.account, Seq: redeem.Seq})
	require.Equal(t, "transfer-1", settled.Paid)

	// In the other programme merchants keep the terms and spend them.
	tx = tn.issue(bazaar, currency.Reward, []currency.Row{{To: minsu.account, Amount: 5_000}})
	paid = tn.order("Pay", tn.pay(bazaar, minsu, "stall", 5_000, currency.NewCreditName(tx, 0)))
	respent := tn.order("Pay", tn.pay(bazaar, tn.stall, "arcade", 2_000, paid.Credit))
	require.Equal(t, []currency.Part{{Terms: currency.Terms{Policy: 1, Expiry: 20260401, Source: currency.Reward, Origin: "budget"}, Amount: 2_000}}, respent.Used)

	// What the run did not issue goes back where it came from.
	rows := []currency.Row{{To: minsu.account, Amount: 10_000}, {To: newWallet("nobody").account, Amount: 10_000}}
	open := tn.openRun(nowon, "leftover", currency.Principal, rows)
	tn.do(tn.city, "OpenRun", open)
	left, _ := record[currency.Deposit](tn, currency.TableDeposit, nowon, "deposit")
	issued := result[currency.Batch](tn, tn.do(tn.city, "IssueBatch", currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "leftover", Rows: rows}))
	require.Equal(t, 1, issued.Rows)
	require.Equal(t, "HOLDER_UNKNOWN", issued.Failed[0].Code)
	closed := result[currency.Run](tn, tn.do(tn.city, "CloseRun", currency.RecordOperation{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: nowon, ID: "leftover"}}))
	require.EqualValues(t, 11_000, closed.Returned)
	after, _ := record[currency.Deposit](tn, currency.TableDeposit, nowon, "deposit")
	require.EqualValues(t, left.Left+10_000, after.Left)

	// Every domain event of the day travelled in its transaction's one event.
	require.Subset(t, tn.events(), []string{
		"ProgramDefined", "PolicyProposed", "PolicyApproved", "DepositConfirmed", "AppropriationProposed", "AppropriationApproved",
		"MerchantRegistered", "AccountOpened", "RunOpened", "BatchIssued", "RunClosed", "Claimed", "Paid", "Gifted", "Refunded",
		"Redeemed", "PaidOut", "RoleGranted",
	})
}

func own(program string, w *wallet, read string) currency.OwnQuery {
	return currency.OwnQuery{PageQuery: currency.PageQuery{Program: program}, Account: w.account, Read: read}
}

// events lists the kinds of domain event so far.
func (tn *town) events() []string {
	var kinds []string
	for n := uint64(1); n < tn.net.Height(); n++ {
		for _, tx := range tn.net.Block(n).Txs {
			if tx.Event == nil || tx.Event.Chaincode != cc {
				continue
			}
			var e call.Envelope
			if err := json.Unmarshal(tx.Event.Payload, &e); err != nil || e.V != 1 || tx.Event.Name != call.EventName || e.Chaincode != cc {
				tn.t.Fatalf("event %s: %v", tx.Event, err)
			}
			for _, event := range e.Events {
				if len(event.Refs) == 0 {
					tn.t.Fatalf("event %s of nothing", event.Type)
				}
				kinds = append(kinds, event.Type)
			}
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}
