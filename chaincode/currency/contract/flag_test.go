// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/fraud"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// fraudRecord is what the detector reads of the network's blocks.
func fraudRecord(t ledgertest.TB, net *ledgertest.Network) *fraud.Record {
	t.Helper()
	r := fraud.NewRecord()
	for n := range net.Height() {
		for _, tx := range net.Block(n).Txs {
			if tx.Code != valid {
				continue
			}
			for _, w := range tx.Writes {
				if w.Namespace != cc {
					continue
				}
				table, key, err := ledger.SplitKey(w.Key)
				if err == nil {
					err = r.Add(table, key, w.Value)
				}
				if err != nil {
					t.Fatalf("block %d: %v", n, err)
				}
			}
		}
	}
	return r
}

func (tn *town) flags(program string, version int, since int64) []fraud.Flag {
	tn.t.Helper()
	flags, err := fraudRecord(tn.t, tn.net).Flags(program, version, since)
	if err != nil {
		tn.t.Fatalf("%v", err)
	}
	return flags
}

// accusing is the case that a flag asks for.
func (tn *town) accusing(f fraud.Flag, account, id string) currency.OpenCase {
	return currency.OpenCase{
		Operation: tn.op(), CaseQuery: currency.CaseQuery{Program: f.Program, Account: account, ID: id},
		Reason: "flagged", Rule: f.Rule, Policy: f.Policy, Receipts: f.Receipts,
	}
}

// What the detector finds in the blocks the ledger accepts as it is, about everyone
// who has a part in it, with the same figures; and nobody else is accused.
func TestFlagsAreCases(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, "minsu", "jiwoo", "haein", "seoyeon")
	minsu, jiwoo, haein, innocent := all[0], all[1], all[2], all[3]
	require.Empty(t, tn.flags(nowon, 0, 0))

	for range 3 { // one payer at one shop, the last time out of a hold
		tn.order("Pay", tn.pay(nowon, minsu, "stall", 7_700))
	}
	tn.order("Authorise", minsu.sign(tn.authorising(nowon, minsu, "stall", 6_600)))
	held := currency.ReceiptName{Holder: minsu.account, Seq: minsu.seq[nowon]}
	tn.order("Capture", tn.stall.sign(tn.capturing(nowon, tn.stall, held, 5_500)))
	for _, w := range []*wallet{minsu, jiwoo, haein} { // round, at one shop
		tn.order("Pay", tn.pay(nowon, w, "stall", 20_000))
	}
	tn.order("Pay", tn.pay(nowon, innocent, "stall", 19_999))
	tn.order("Give", tn.give(nowon, jiwoo, haein, 5_000)) // round and round
	tn.order("Give", tn.give(nowon, haein, minsu, 5_000))
	tn.order("Give", tn.give(nowon, minsu, jiwoo, 5_000))
	tn.order("Give", tn.give(nowon, minsu, innocent, 5_000))
	start := tn.net.Now().Unix()

	flags := tn.flags(nowon, 0, 0)
	require.Len(t, flags, 3)
	parties := map[string][]string{}
	for _, f := range flags {
		parties[f.Rule] = f.Accounts
		require.Equal(t, len(f.Receipts), f.New)
		require.Empty(t, f.Cases)
		require.Equal(t, 1, f.Policy)
	}
	require.Equal(t, []string{tn.stall.account, minsu.account}, parties["repeated"])
	require.ElementsMatch(t, []string{tn.stall.account, minsu.account, jiwoo.account, haein.account}, parties["round"])
	require.ElementsMatch(t, []string{minsu.account, jiwoo.account, haein.account}, parties["ring"])
	require.Equal(t, currency.Figures{Count: 5, Won: 3*7_700 + 5_500 + 20_000, First: flags[0].Found.First, Last: flags[0].Found.Last}, flags[0].Found)
	require.Equal(t, "stall", flags[0].Shop)

	opened := 0
	for _, f := range flags {
		tn.refused(currency.ThresholdUnmet, tn.komsco, "OpenCase", tn.json(tn.accusing(f, innocent.account, "c-"+f.Rule)))
		tn.refused(currency.ThresholdUnmet, tn.komsco, "OpenCase", tn.json(tn.accusing(f, tn.arcade.account, "c-"+f.Rule)))
		for _, account := range f.Accounts {
			c := result[currency.Case](tn, tn.do(tn.komsco, "OpenCase", tn.accusing(f, account, "c-"+f.Rule)))
			require.Equal(t, f.Found, *c.Found)
			require.Equal(t, f.Receipts, c.Receipts)
			opened++
		}
	}
	taken := 0
	for _, f := range tn.flags(nowon, 1, 0) {
		require.Zero(t, f.New)
		taken += len(f.Cases)
	}
	require.Greater(t, taken, opened, "a payment that two flags name has the cases of both")

	// A day later one more payment is its own, with what is still in its window.
	tn.net.Advance(20 * time.Hour)
	for _, c := range []struct {
		w  *wallet
		id string
	}{{jiwoo, "c-round"}, {jiwoo, "c-ring"}, {tn.stall, "c-round"}, {tn.stall, "c-repeated"}} {
		tn.do(tn.komsco, "CloseCase", tn.endCase(nowon, c.w, c.id))
	}
	tn.order("Pay", tn.pay(nowon, jiwoo, "stall", 1_000))
	later := tn.flags(nowon, 0, start+1)
	require.Len(t, later, 1)
	require.Equal(t, "round", later[0].Rule)
	require.Equal(t, 1, later[0].New)

	// Thresholds can be tried before they count, and old ones stay theirs.
	next := policyOf(nowon, 2)
	next.Fraud = []currency.Threshold{{Name: "strict", Pattern: currency.RoundPayments, Hours: 1, Count: 2, Multiple: 10_000}}
	tn.do(tn.city, "ProposePolicy", currency.ProposePolicy{Operation: tn.op(), Policy: next})
	tried := tn.flags(nowon, 2, 0)
	require.Len(t, tried, 1)
	require.Equal(t, "strict", tried[0].Rule)
	tn.refused(currency.ThresholdUnknown, tn.komsco, "OpenCase", tn.json(tn.accusing(tried[0], minsu.account, "c-strict")))
	tn.do(tn.komsco, "ApprovePolicy", currency.ApprovePolicy{Operation: tn.op(), PolicyQuery: currency.PolicyQuery{Program: nowon, Version: 2}})
	require.Equal(t, tried, tn.flags(nowon, 0, 0))
	require.Len(t, tn.flags(nowon, 1, 0), 3)
	require.Empty(t, tn.flags(bazaar, 0, 0))

	record := fraudRecord(t, tn.net)
	inForce, err := record.InForce(0)
	require.NoError(t, err)
	require.Equal(t, tried, inForce)
	_, err = record.Flags("nowhere", 0, 0)
	require.ErrorIs(t, err, currency.ProgramUnknown)
	_, err = record.Flags(nowon, 3, 0)
	require.ErrorIs(t, err, currency.PolicyUnknown)
	require.ErrorContains(t, record.Add(currency.TableReceipt, []string{nowon, "x", "1"}, []byte("torn")), "fraud: receipt")
	require.ErrorContains(t, record.Add(currency.TableReceipt, []string{nowon}, []byte("torn")), "1 parts")
}

// BenchmarkFraudRecord measures what reading a payment costs, and what it keeps.
func BenchmarkFraudRecord(b *testing.B) {
	tn := newTown(b)
	payers := tn.residents(nowon, names("resident", 100)...)
	for range 10 {
		orders := make([]string, len(payers))
		for i, w := range payers {
			orders[i] = tn.pay(nowon, w, "stall", 100)
		}
		tn.batch(orders...)
	}
	paid := float64(len(payers) * 10)
	for b.Loop() {
		fraudRecord(b, tn.net)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/paid, "ns/payment")
}
