// SPDX-License-Identifier: Apache-2.0

package audit_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/contract" //nolint:depguard // an audit is tested on what the contract really writes
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
	"github.com/komsco/trust-platform/gateway/internal/audit"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

const program = "nowon"

// day is a programme on an in-memory Fabric.
type day struct {
	t   *testing.T
	net *ledgertest.Network
	ops int
}

// newDay plays a whole day: 5,000 won bought with 10% on top and 20,000 won of
// benefit for each of three residents, a payment, a gift, a refund, a redemption that is paid
// out, and a conflict.
func newDay(t *testing.T) *day {
	t.Helper()
	d := &day{t: t, net: ledgertest.New(t, ledgertest.Chaincode("currency", contract.New(ledger.Config{Name: "currency", Network: "trust"})))}
	for _, role := range currency.Roles {
		for _, msp := range []string{"CityMSP", "KomscoMSP", "BankMSP"} {
			d.as(msp, "admin", ledgertest.Admin, "GrantRole", &call.SetRole{Operation: d.op(), Name: "officer", Role: role})
		}
	}
	d.officer("CityMSP", "DefineProgram", &currency.DefineProgram{Operation: d.op(), Program: currency.Program{
		ID: program, Title: "Nowon", Zone: "+09:00", Open: true,
		Organisations: currency.Organisations{Issuer: "CityMSP", Operator: "KomscoMSP", Bank: "BankMSP"},
	}})
	d.officer("CityMSP", "ProposePolicy", &currency.ProposePolicy{Operation: d.op(), Policy: currency.Policy{
		Program: program, Version: 1, Unit: "KRW", Denomination: 1, BonusRate: 1000, PersonCeiling: 1_000_000, BatchCeiling: 100_000_000, Gifts: true,
		Validity: currency.Validity{Months: 36},
	}})
	d.officer("KomscoMSP", "ApprovePolicy", &currency.ApprovePolicy{Operation: d.op(), PolicyQuery: currency.PolicyQuery{Program: program, Version: 1}})
	d.officer("BankMSP", "ConfirmDeposit", &currency.ConfirmDeposit{Operation: d.op(), Program: program, Ref: "B1", Fund: "deposits", Amount: 20_000})
	for _, a := range []struct {
		id     string
		amount int64
	}{{"bonus", 2_000}, {"welfare", 100_000}} {
		id, amount := a.id, a.amount
		d.officer("CityMSP", "ProposeAppropriation", &currency.ProposeAppropriation{Operation: d.op(), Program: program, ID: id, Fund: id, Amount: amount})
		d.officer("KomscoMSP", "ApproveAppropriation", &currency.RecordOperation{Operation: d.op(), RecordQuery: currency.RecordQuery{Program: program, ID: id}})
	}
	residents := []holder{newHolder(1), newHolder(2), newHolder(3)}
	stall := newHolder(4)
	d.officer("CityMSP", "RegisterMerchant", &currency.RegisterMerchant{
		Operation: d.op(), Program: program, ID: "stall", DID: stall.did, Region: "11350", Category: "food",
		Payout: currency.RowsDigest(nil),
	})
	var bought, paid []currency.Row
	for _, r := range residents {
		d.order(r, "Open", currency.Open{
			V: 1, Network: "trust", Channel: "trust", Chaincode: "currency", Program: program, Holder: r.account, Exp: d.exp(),
		})
		bought = append(bought, currency.Row{To: r.account, Amount: 5_000})
		paid = append(paid, currency.Row{To: r.account, Amount: 20_000})
	}
	purchase := d.issue("purchase", currency.Principal, bought, []currency.Draw{{Deposit: "B1", Amount: 15_000}, {Appropriation: "bonus", Amount: 1_500}})
	benefit := d.issue("benefit", currency.Benefit, paid, []currency.Draw{{Appropriation: "welfare", Amount: 60_000}})

	credit := func(tx string, n int) currency.CreditName { return currency.NewCreditName(tx, n) }
	one, two := residents[0], residents[1]
	payment := currency.Payment{
		V: 1, Network: "trust", Channel: "trust", Chaincode: "currency", Program: program, Holder: one.account, Exp: d.exp(),
		Seq: 1, Amount: 12_000, To: "stall", Claims: []currency.CreditName{credit(purchase, 0), credit(benefit, 0)},
	}
	spent := d.order(one, "Pay", payment)
	d.order(one, "Give", currency.Gift{
		V: 1, Network: "trust", Channel: "trust", Chaincode: "currency", Program: program, Holder: one.account, Exp: d.exp(),
		Seq: 2, Amount: 3_000, To: two.account,
	})
	d.order(stall, "Refund", currency.Refund{
		V: 1, Network: "trust", Channel: "trust", Chaincode: "currency", Program: program, Holder: stall.account, Exp: d.exp(),
		Seq: 1, Amount: 2_000, Payment: currency.ReceiptName{Holder: one.account, Seq: 1}, Claims: []currency.CreditName{credit(spent, 0)},
	})
	d.order(stall, "Redeem", currency.Redeem{
		V: 1, Network: "trust", Channel: "trust", Chaincode: "currency", Program: program, Holder: stall.account, Exp: d.exp(), Seq: 2, Amount: 9_000,
	})
	d.officer("BankMSP", "ConfirmPayout", &currency.ConfirmPayout{
		Operation: d.op(), Program: program, Ref: "P1", Account: stall.account, Seq: 2, Amount: 9_000,
	})
	d.conflict()
	return d
}

// conflict puts two deposits under one reference into a block: the second one
// must not count.
func (d *day) conflict() {
	d.t.Helper()
	cashier := d.net.Caller("BankMSP", "officer", ledgertest.Client)
	var both []*ledgertest.Endorsement
	for range 2 {
		raw, err := json.Marshal(currency.ConfirmDeposit{Operation: d.op(), Program: program, Ref: "B2", Fund: "deposits", Amount: 7_000})
		require.NoError(d.t, err)
		e, err := d.net.Endorse(cashier, "currency", "ConfirmDeposit", raw)
		require.NoError(d.t, err)
		both = append(both, e)
	}
	codes := d.net.Commit(both...)
	require.Equal(d.t, "VALID", codes[0].String())
	require.Equal(d.t, "MVCC_READ_CONFLICT", codes[1].String())
}

func (d *day) op() call.Operation {
	d.ops++
	return call.Operation{Op: fmt.Sprint("op-", d.ops)}
}

func (d *day) exp() int64 { return d.net.Now().Add(time.Hour).Unix() }

func (d *day) as(msp, name string, role ledgertest.Role, function string, request any) []byte {
	d.t.Helper()
	raw, err := json.Marshal(request)
	require.NoError(d.t, err)
	payload, err := d.net.Invoke(d.net.Caller(msp, name, role), "currency", function, raw)
	require.NoError(d.t, err)
	return payload
}

func (d *day) officer(msp, function string, request any) []byte {
	d.t.Helper()
	return d.as(msp, "officer", ledgertest.Client, function, request)
}

// issue runs one batch and returns its transaction.
func (d *day) issue(id string, source currency.Source, rows []currency.Row, draws []currency.Draw) string {
	d.t.Helper()
	announced, err := currency.Announce(rows, source, currency.Policy{BonusRate: 1000})
	require.NoError(d.t, err)
	d.officer("CityMSP", "OpenRun", &currency.OpenRun{
		Operation: d.op(), Program: program, ID: id, Unit: "KRW", Source: source, Draws: draws, Batches: []currency.Announced{announced},
	})
	var batch currency.Batch
	raw := d.officer("CityMSP", "IssueBatch", &currency.IssueBatch{Operation: d.op(), Program: program, Run: id, Rows: rows})
	require.NoError(d.t, json.Unmarshal(raw, &batch))
	require.Empty(d.t, batch.Failed)
	d.officer("CityMSP", "CloseRun", &currency.RecordOperation{Operation: d.op(), RecordQuery: currency.RecordQuery{Program: program, ID: id}})
	return batch.Tx
}

// order sends what a holder signs and returns its transaction.
func (d *day) order(h holder, function string, payload currency.Payload) string {
	d.t.Helper()
	compact, err := jws.Signer{Key: h.key, Kid: h.kid}.Sign(payload.Typ(), payload)
	require.NoError(d.t, err)
	courier := d.net.Caller("CityMSP", "gateway", ledgertest.Client)
	raw, err := d.net.Invoke(courier, "currency", function, compact)
	require.NoError(d.t, err)
	var receipt currency.Receipt
	require.NoError(d.t, json.Unmarshal(raw, &receipt))
	return receipt.Tx
}

type holder struct {
	key               ed25519.PrivateKey
	did, kid, account string
}

// newHolder derives its key from a number, so that a test that runs twice sees
// the same keys in the same order.
func newHolder(number byte) holder {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{number}, ed25519.SeedSize))
	id, kid := did.OfKey(did.Key{Alg: "EdDSA", Ed25519: key.Public().(ed25519.PublicKey)})
	return holder{key, id, kid, currency.AccountID(id)}
}

// source reads the network's blocks as a peer would give them.
func (d *day) source(name string, change ...func(*blocks.Block)) audit.Source {
	return audit.Source{Name: name, Blocks: func(yield func(*blocks.Block, error) bool) {
		for b := range d.blocks() {
			for _, f := range change {
				f(b)
			}
			if !yield(b, nil) {
				return
			}
		}
	}}
}

func (d *day) blocks() iter.Seq[*blocks.Block] {
	return func(yield func(*blocks.Block) bool) {
		for number := range d.net.Height() {
			from := d.net.Block(number)
			b := &blocks.Block{Number: from.Number}
			for i, tx := range from.Txs {
				to := blocks.Tx{Index: i, ID: tx.ID, Code: tx.Code, Chaincode: tx.Chaincode, Args: tx.Args, Payload: tx.Payload}
				for _, w := range tx.Writes {
					to.Writes = append(to.Writes, blocks.Write(w))
				}
				if tx.Event != nil {
					to.Event = &blocks.Event{Chaincode: tx.Event.Chaincode, Name: tx.Event.Name, Payload: tx.Event.Payload}
				}
				b.Txs = append(b.Txs, to)
			}
			if !yield(b) {
				return
			}
		}
	}
}
