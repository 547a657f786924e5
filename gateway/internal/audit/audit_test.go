// SPDX-License-Identifier: Apache-2.0

package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/internal/audit"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

func TestDayHoldsAtEachBlock(t *testing.T) {
	d := newDay(t)
	l := audit.NewLedger("currency")
	for b := range d.blocks() {
		require.NoError(t, l.Add(b))
		require.Nil(t, l.Violation(), "block %d", b.Number)
	}
	// What the payments took: the benefit that expires with the rest comes first
	// by the order of sources, so all money spent is welfare's.
	terms := func(entered, funds, credits, purses, paidOut int64) map[currency.Term]int64 {
		all := map[currency.Term]int64{}
		for _, term := range currency.SupplyTerms {
			all[term] = 0
		}
		all[currency.Entered], all[currency.Funds], all[currency.Credits] = entered, funds, credits
		all[currency.Purses], all[currency.PaidOut] = purses, paidOut
		return all
	}
	require.Equal(t, []currency.Line{
		{Program: program, Fund: "bonus", Terms: terms(2_000, 500, 1_000, 500, 0)},
		{Program: program, Fund: "deposits", Terms: terms(27_000, 12_000, 10_000, 5_000, 0)},
		{Program: program, Fund: "welfare", Terms: terms(100_000, 40_000, 40_000+3_000+2_000, 5_000+1_000, 9_000)},
	}, l.Lines())

	counts := l.Counts()
	require.Equal(t, d.net.Height(), counts.Blocks)
	require.Equal(t, counts.Transactions-1, counts.Valid, "one conflict was played")
	require.Equal(t, 1, counts.Conflicts)
	held, size := 0, 0
	for key, value := range d.net.All("currency") {
		if table, _, ok := blocks.SplitKey(key); ok && currency.HoldsMoney(table) {
			held++
			size += len(key) + len(value)
		}
	}
	require.Equal(t, held, counts.Records)
	require.EqualValues(t, size, counts.Bytes)
}

// change replaces text in the value of the first write of a table in block at.
func change(at uint64, table, from, to string) func(*blocks.Block) {
	return func(b *blocks.Block) {
		if b.Number != at {
			return
		}
		for i := range b.Txs {
			for j := range b.Txs[i].Writes {
				w := &b.Txs[i].Writes[j]
				name, _, _ := blocks.SplitKey(w.Key)
				if value := currency.Readable(name, w.Value); name == table && bytes.Contains(value, []byte(from)) {
					w.Value = bytes.Replace(value, []byte(from), []byte(to), 1)
					return
				}
			}
		}
	}
}

// blockOf finds the first block with a call of the function.
func (d *day) blockOf(function string) uint64 {
	d.t.Helper()
	for b := range d.blocks() {
		for _, tx := range b.Txs {
			if len(tx.Args) > 0 && string(tx.Args[0]) == function {
				return b.Number
			}
		}
	}
	d.t.Fatalf("no block has a call of %s", function)
	return 0
}

func TestMoneyFromNowhereIsFoundAtItsBlock(t *testing.T) {
	d := newDay(t)
	for _, test := range []struct {
		name, function, table, from, to string
		fund                            string
		difference                      int64
		term                            currency.Term
	}{
		{"a payment credits more than it takes", "Pay", currency.TableCredit, `"amount":12000`, `"amount":12001`, "welfare", -1, ""},
		{"a purse keeps what it spent", "Pay", currency.TablePurse, `"left":8000`, `"left":20000`, "welfare", -12_000, ""},
		{"nothing is wrong", "Redeem", currency.TableRedemption, `"amount":9000`, `"amount":9000`, "", 0, ""},
		{"a deposit grows as it is drawn", "OpenRun", currency.TableDeposit, `"left":5000`, `"left":20000`, "deposits", -15_000, ""},
		{"another fund pays", "Pay", currency.TablePurse, `"origin":"welfare"`, `"origin":"other"`, "other", -8_000, ""},
		{"a run reserves too little", "OpenRun", currency.TableRun, `"reserved":15000`, `"reserved":14000`, "deposits", 1_000, ""},
		{"a benefit is issued twice over", "IssueBatch", currency.TableBatch, `"issued":15000`, `"issued":30000`, "deposits", 15_000, currency.Reserved},
	} {
		t.Run(test.name, func(t *testing.T) {
			at := d.blockOf(test.function)
			report, err := audit.Run(t.Context(), "currency", []audit.Source{d.source("city", change(at, test.table, test.from, test.to))}, nil)
			require.NoError(t, err)
			require.Equal(t, d.net.Height(), report.Height)
			v := report.Peers[0].Violation
			if test.fund == "" {
				require.Nil(t, v)
				require.NoError(t, report.Err())
				return
			}
			require.NotNil(t, v)
			require.Equal(t, at, v.Block)
			require.Equal(t, program, v.Line.Program)
			require.Equal(t, test.fund, v.Line.Fund)
			require.Equal(t, test.difference, v.Difference)
			require.Equal(t, test.term, v.Term)
			require.Len(t, v.Txs, 1)
			require.ErrorContains(t, report.Err(), "city: after block ")
			require.ErrorContains(t, report.Err(), "fund "+test.fund)
		})
	}
}

func TestTermBelowZero(t *testing.T) {
	d := newDay(t)
	at := d.blockOf("OpenRun")
	run := change(at, currency.TableRun, `"reserved":15000`, `"reserved":35000`)
	deposit := change(at, currency.TableDeposit, `"left":5000`, `"left":-15000`)
	report, err := audit.Run(t.Context(), "currency", []audit.Source{d.source("city", run, deposit)}, nil)
	require.NoError(t, err)
	v := report.Peers[0].Violation
	require.NotNil(t, v)
	require.Equal(t, at, v.Block)
	require.Zero(t, v.Difference)
	require.Equal(t, currency.Funds, v.Term)
	require.ErrorContains(t, v, "funds is -15000 won")
}

func TestInvalidTransactionsDoNotCount(t *testing.T) {
	d := newDay(t)
	last := d.net.Height() - 1
	report, err := audit.Run(t.Context(), "currency", []audit.Source{d.source("city"), d.source("bank", func(b *blocks.Block) {
		if b.Number == last { // the second deposit under one reference
			b.Txs[1].Writes[0].Value = []byte("what an invalid transaction wrote is nobody's concern")
		}
	})}, nil)
	require.NoError(t, err)
	require.NoError(t, report.Err())

	_, err = audit.Run(t.Context(), "currency", []audit.Source{d.source("city", func(b *blocks.Block) {
		if b.Number == last {
			b.Txs[1].Event = b.Txs[0].Event
		}
	})}, nil)
	require.ErrorContains(t, err, "an event of a transaction that is MVCC_READ_CONFLICT")
}

func TestFirstDifferenceIsNamed(t *testing.T) {
	d := newDay(t)
	pay, redeem, last := d.blockOf("Pay"), d.blockOf("Redeem"), d.net.Height()-1
	for _, test := range []struct {
		name   string
		change []func(*blocks.Block)
		block  uint64
		what   string
		key    string // begins with
		values [2]string
	}{
		{
			"a value, and a later one",
			[]func(*blocks.Block){
				change(pay, currency.TableReceipt, `"amount":12000`, `"amount":12`),
				change(redeem, currency.TableRedemption, `"amount":9000`, `"amount":9001`),
			},
			pay, "write", "receipt/nowon/",
			[2]string{`"amount":12000`, `"amount":12`},
		},
		{"a validation code", []func(*blocks.Block){func(b *blocks.Block) {
			if b.Number == last {
				b.Txs[1].Code = peer.TxValidationCode_PHANTOM_READ_CONFLICT
			}
		}}, last, "code", "", [2]string{"MVCC_READ_CONFLICT", "PHANTOM_READ_CONFLICT"}},
		{"a transaction too few", []func(*blocks.Block){func(b *blocks.Block) {
			if b.Number == last {
				b.Txs = b.Txs[:1]
			}
		}}, last, "number of transactions", "", [2]string{"2", "1"}},
		{"another transaction", []func(*blocks.Block){func(b *blocks.Block) {
			if b.Number == redeem {
				b.Txs[0].ID = strings.Repeat("0", 64)
			}
		}}, redeem, "id", "", [2]string{"", "0000"}},
		{"a write too few", []func(*blocks.Block){func(b *blocks.Block) {
			if b.Number == pay {
				b.Txs[0].Writes = b.Txs[0].Writes[1:]
			}
		}}, pay, "write", "credit/nowon/", [2]string{"(deleted)", "(none)"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			report, err := audit.Run(t.Context(), "currency", []audit.Source{
				d.source("komsco"), d.source("city"), d.source("bank", test.change...),
			}, nil)
			require.NoError(t, err)
			got := report.Difference
			require.NotNil(t, got)
			require.Equal(t, [2]string{"komsco", "bank"}, got.Peers)
			require.Equal(t, test.block, got.Block)
			require.Equal(t, test.what, got.What)
			require.True(t, strings.HasPrefix(got.Key, test.key), got.Key)
			for i := range 2 {
				require.Contains(t, got.Values[i], test.values[i])
			}
			require.ErrorIs(t, report.Err(), got)
			require.Equal(t, report.Peers[0].Digest, report.Peers[1].Digest)
			require.NotEqual(t, report.Peers[0].Digest, report.Peers[2].Digest)
		})
	}
}

func TestPeersOfAnotherHeight(t *testing.T) {
	d := newDay(t)
	short := audit.Source{Name: "bank", Blocks: func(yield func(*blocks.Block, error) bool) {
		for b := range d.blocks() {
			if b.Number == 3 || !yield(b, nil) {
				return
			}
		}
	}}
	_, err := audit.Run(t.Context(), "currency", []audit.Source{d.source("city"), short}, nil)
	require.ErrorContains(t, err, "bank ends at height 3, city goes on")
	_, err = audit.Run(t.Context(), "currency", []audit.Source{short, d.source("city")}, nil)
	require.ErrorContains(t, err, "city goes on behind height 3")

	broken := errors.New("the peer hung up")
	cut := audit.Source{Name: "bank", Blocks: func(yield func(*blocks.Block, error) bool) {
		for b := range d.blocks() {
			if b.Number == 3 {
				yield(nil, broken)
				return
			}
			if !yield(b, nil) {
				return
			}
		}
	}}
	_, err = audit.Run(t.Context(), "currency", []audit.Source{d.source("city"), cut}, nil)
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "bank: ")
}

func TestCancelledAuditReportsNothing(t *testing.T) {
	d := newDay(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := audit.Run(ctx, "currency", []audit.Source{d.source("city")}, func(height uint64) {
		if height == 3 {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)

	ctx, cancel = context.WithCancel(t.Context())
	short := audit.Source{Name: "bank", Blocks: func(yield func(*blocks.Block, error) bool) {
		for b := range d.blocks() {
			if b.Number == 3 {
				cancel()
				return
			}
			if !yield(b, nil) {
				return
			}
		}
	}}
	_, err = audit.Run(ctx, "currency", []audit.Source{d.source("city"), short}, nil)
	require.ErrorIs(t, err, context.Canceled, "not the bank ended")
}

func TestReportAsJSON(t *testing.T) {
	d := newDay(t)
	var heights []uint64
	report, err := audit.Run(t.Context(), "currency", []audit.Source{d.source("city")}, func(h uint64) { heights = append(heights, h) })
	require.NoError(t, err)
	require.Len(t, heights, int(d.net.Height()))
	raw, err := json.Marshal(report)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"digest":"`+report.Peers[0].Digest.String()+`"`)
	require.NotContains(t, string(raw), "violation")
	require.NotContains(t, string(raw), "Difference")
	require.NotContains(t, string(raw), `"difference"`)
}

func TestReportAsTable(t *testing.T) {
	d := newDay(t)
	report, err := audit.Run(t.Context(), "currency", []audit.Source{d.source("city"), d.source("bank")}, nil)
	require.NoError(t, err)
	require.Equal(t, 1, report.Conflicts)
	require.Regexp(t, `nowon +welfare +100,000 +40,000 +0 +45,000 +6,000 +0 +0 +9,000 +0 +0 +0`, report.String())
	require.Contains(t, report.String(), "2 peers hold the same ledger")

	at := d.blockOf("Pay")
	report, err = audit.Run(t.Context(), "currency", []audit.Source{
		d.source("city"), d.source("bank", change(at, currency.TableCredit, `"amount":12000`, `"amount":12001`)),
	}, nil)
	require.NoError(t, err)
	require.Contains(t, report.String(), "as bank tells it")
	require.Contains(t, report.String(), "NOT EXPLAINED: bank: after block ")
	require.Contains(t, report.String(), "the ledgers part at block ")
	var v *audit.Violation
	require.ErrorAs(t, report.Err(), &v)
}
