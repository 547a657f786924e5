// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/trace"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// traced answers a question from the network's blocks.
func traced(t ledgertest.TB, net *ledgertest.Network, q trace.Question) trace.Graph {
	t.Helper()
	l, err := trace.NewLedger(q)
	if err != nil {
		t.Fatalf("%v", err)
	}
	for number := range net.Height() {
		for _, tx := range net.Block(number).Txs {
			if tx.Code != valid || l.Done() {
				continue
			}
			told := trace.Tx{Block: number, ID: tx.ID}
			for _, w := range tx.Writes {
				if w.Namespace != cc {
					continue
				}
				table, key, err := ledger.SplitKey(w.Key)
				if err != nil {
					t.Fatalf("%v", err)
				}
				told.Writes = append(told.Writes, trace.Write{Table: table, Key: key, Value: w.Value})
			}
			if err := l.Add(told); err != nil {
				t.Fatalf("%v: %v", q, err)
			}
		}
	}
	g, err := l.Graph()
	if err != nil {
		t.Fatalf("%v: %v", q, err)
	}
	conserved(t, g)
	return g
}

// conserved fails unless at every node what entered and came in is what went out
// and is held, and what is held in all is what is traced.
func conserved(t ledgertest.TB, g trace.Graph) {
	t.Helper()
	in, out, held := map[string]int64{}, map[string]int64{}, int64(0)
	for _, e := range g.Edges {
		out[e.From] += e.Amount
		in[e.To] += e.Amount
		if e.Amount <= 0 || e.From == e.To {
			t.Fatalf("%v: edge %+v", g.Question, e)
		}
	}
	entered := int64(0)
	for _, n := range g.Nodes {
		held += n.Held
		entered += n.Entered
		if n.Entered+n.In != n.Out+n.Held || in[n.ID] != n.In || out[n.ID] != n.Out || n.Held < 0 || n.Entered < 0 {
			t.Fatalf("%v: node %+v has edges with %d won in and %d out", g.Question, n, in[n.ID], out[n.ID])
		}
	}
	if held != g.Amount || entered != g.Amount {
		t.Fatalf("%v: %d won are traced, %d entered and %d are held", g.Question, g.Amount, entered, held)
	}
}

// traces holds the traces of all origins to the ledger: together they are all the
// money there is, at each account and each end. And the origins of a receipt give
// what it used.
func (d *days) traces(t ledgertest.TB) {
	t.Helper()
	held, origins := map[string]int64{}, 0
	for key, raw := range d.audit.values {
		table, of, _ := ledger.SplitKey(key)
		q := trace.Question{Program: of[0]}
		switch table {
		case currency.TableDeposit:
			q.Deposit = of[1]
		case currency.TableAppropriation:
			if q.Appropriation = of[1]; !stored[currency.Appropriation](d.town, raw).Approved {
				continue
			}
		default:
			continue
		}
		origins++
		for _, n := range traced(t, d.net, q).Nodes {
			held[n.ID] += n.Held
		}
	}
	if origins == 0 {
		t.Fatalf("no origin was traced")
	}
	want := map[string]int64{}
	shops := map[string]string{}
	for key, raw := range d.audit.values {
		if table, of, _ := ledger.SplitKey(key); table == currency.TableHolder { // the account of a lost key, too
			if h := stored[currency.Holder](d.town, raw); h.Merchant != "" {
				shops[of[0]+"/"+of[1]] = h.Merchant
			}
		}
	}
	account := func(program, account string, won int64) {
		if shop, ok := shops[program+"/"+account]; ok {
			want["shop/"+program+"/"+shop] += won
		} else {
			want["account/"+program+"/"+account] += won
		}
	}
	for key, raw := range d.audit.values {
		table, of, _ := ledger.SplitKey(key)
		switch table {
		case currency.TablePurse:
			account(of[0], of[1], stored[currency.Purse](d.town, raw).Buckets.Total())
		case currency.TableCredit:
			account(of[0], of[1], currency.Total(stored[currency.Credit](d.town, raw).Parts))
		case currency.TableHold:
			account(of[0], of[1], currency.Total(stored[currency.Hold](d.town, raw).Parts))
		case currency.TableRedemption:
			r := stored[currency.Redemption](d.town, raw)
			switch {
			case r.Recalled != 0:
			case r.Paid == "":
				want["redeemed/"+of[0]] += r.Amount
			case r.Merchant == "":
				want["cashedOut/"+of[0]] += r.Amount
			default:
				want["paidOut/"+of[0]] += r.Amount
			}
		case currency.TableCase:
			want["case/"+of[0]] += currency.Total(stored[currency.Case](d.town, raw).Held)
		case currency.TableFundReturn:
			if r := stored[currency.FundReturn](d.town, raw); r.Appropriation == "" {
				want["returned/"+of[0]+"/"+r.Fund] += r.Amount
			}
		case currency.TableDeposit:
			want["deposit/"+of[0]+"/"+of[1]] += stored[currency.Deposit](d.town, raw).Left
		case currency.TableAppropriation:
			want["appropriation/"+of[0]+"/"+of[1]] += stored[currency.Appropriation](d.town, raw).Left
		}
	}
	for id, won := range want {
		if held[id] != won {
			t.Fatalf("%s holds %d won, the traces of all origins find %d there", id, won, held[id])
		}
	}
	for id, won := range held {
		kind, _, _ := strings.Cut(id, "/")
		if _, told := want[id]; !told && won != 0 && kind != "run" && kind != "allotment" {
			t.Fatalf("the traces of all origins find %d won at %s", won, id)
		}
	}
	for _, name := range d.receipts(nowon, currency.KindPayment, currency.KindGift, currency.KindExchange) {
		back := traced(t, d.net, trace.Question{Program: nowon, Receipt: &name, Back: true})
		ahead := traced(t, d.net, trace.Question{Program: nowon, Receipt: &name})
		r, _ := record[currency.Receipt](d.town, currency.TableReceipt, nowon, name.Holder, ledger.Num(name.Seq))
		if used := currency.Total(r.Used); back.Amount != used || ahead.Amount != used {
			t.Fatalf("receipt %s used %d won, traced are %d back and %d ahead", name, used, back.Amount, ahead.Amount)
		}
		for _, n := range back.Origins() {
			if !slices.Contains([]trace.Kind{trace.KindDeposit, trace.KindAppropriation}, n.Kind) {
				t.Fatalf("receipt %s comes from %+v", name, n)
			}
		}
	}
}

// Value that passes through several hands in one transaction is traced through each of
// them, though the ledger keeps none of what lay between.
func TestTraceThroughOneTransaction(t *testing.T) {
	for _, program := range []string{nowon, bazaar} {
		tn := newTown(t)
		w := tn.resident(program, "minsu")
		o := tn.authorising(program, w, "stall", 5_000)
		name := currency.ReceiptName{Holder: w.account, Seq: o.Seq}
		orders := []string{w.sign(o), tn.stall.sign(tn.capturing(program, tn.stall, name, 5_000)), tn.redeem(program, tn.stall, 3_000)}
		if program == bazaar { // where shops respend
			orders = append(orders, tn.pay(program, tn.stall, "arcade", 2_000))
		}
		tn.batch(orders...)
		g := traced(t, tn.net, trace.Question{Program: program, Deposit: "deposit"})
		held := map[string]int64{}
		for _, n := range g.Nodes {
			held[n.ID] += n.Held
		}
		if program == bazaar {
			require.Equal(t, []int64{95_000, 0, 2_000}, []int64{held["account/bazaar/"+w.account], held["shop/bazaar/stall"], held["shop/bazaar/arcade"]})
		}
	}
}

func TestTraceRefusesWhatNamesNoOrigin(t *testing.T) {
	receipt := &currency.ReceiptName{Holder: currency.AccountID("did:key:z1"), Seq: 1}
	for name, q := range map[string]trace.Question{
		"nothing":            {Program: nowon},
		"no programme":       {Deposit: "KB-1"},
		"two origins":        {Program: nowon, Deposit: "KB-1", Appropriation: "2026"},
		"a deposit, back":    {Program: nowon, Deposit: "KB-1", Back: true},
		"no account":         {Program: nowon, Receipt: &currency.ReceiptName{Holder: "minsu", Seq: 1}},
		"no sequence number": {Program: nowon, Receipt: &currency.ReceiptName{Holder: receipt.Holder}},
	} {
		_, err := trace.NewLedger(q)
		require.ErrorIs(t, err, currency.InvalidID, name)
	}
	for q, want := range map[*trace.Question]error{
		{Program: nowon, Deposit: "KB-1"}:              currency.DepositUnknown,
		{Program: nowon, Appropriation: "2026"}:        currency.AppropriationUnknown,
		{Program: nowon, Receipt: receipt, Back: true}: currency.ReceiptUnknown,
	} {
		l, err := trace.NewLedger(*q)
		require.NoError(t, err)
		_, err = l.Graph()
		require.ErrorIs(t, err, want)
	}
}
