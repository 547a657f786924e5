// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// standing holds up a town that outlives single inputs: a *testing.F may not be
// used by what it fuzzes.
type standing struct{}

func (standing) Helper()                           {}
func (standing) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// FuzzInvoke calls any function with any arguments on a town: the answer is a
// result or a declared refusal that is no defect, never a panic, and what is
// refused or only read writes nothing. Arguments are separated by line breaks.
func FuzzInvoke(f *testing.F) {
	seeds := newTown(standing{})
	w := seeds.resident(nowon, "minsu")
	for _, c := range []struct{ function, args string }{
		{"Pay", seeds.pay(nowon, w, "stall", 1_000)},
		{"Give", seeds.give(nowon, w, seeds.stall, 1_000)},
		{"Open", seeds.open(nowon, newWallet("jisoo"))},
		{"PayBatch", seeds.pay(nowon, w, "stall", 1_000) + "\n" + seeds.claim(nowon, w, "x") + "\n" + seeds.open(bazaar, w)},
		{"Redeem", seeds.redeem(nowon, seeds.stall, 10)},
		{"Refund", seeds.refund(nowon, seeds.stall, w, 1, 10)},
		{"Program", `{"program":"nowon"}`},
		{"Policy", `{"program":"nowon","version":1}`},
		{"Roles", `{"msp":"CityMSP","name":"officer"}`},
		{"Receipts", seeds.json(own(nowon, w, seeds.read(nowon, w)))},
		{"Credits", seeds.json(own(nowon, w, ""))},
		{"IssueBatch", `{"op":"1","program":"nowon","run":"r","batch":-1,"rows":[{"to":"x","amount":1}]}`},
		{"ApproveCorrection", `{"op":"1","program":"nowon","run":"r","id":"fix","digest":"","rows":[{"to":"x","amount":1}]}`},
		{"OpenRun", seeds.json(seeds.openRun(nowon, "r", currency.Principal, []currency.Row{{To: w.account, Amount: 100}}))},
		{"DefineProgram", seeds.json(currency.DefineProgram{Operation: seeds.op(), Program: seeds.program("new")})},
		{"ProposePolicy", seeds.json(currency.ProposePolicy{Operation: seeds.op(), Policy: policyOf(nowon, 2)})},
		{"GrantRole", `{"op":"1","name":"x","role":"issuer"}`},
		{"Redemptions", `{"program":"nowon","bookmark":"\u0000"}`},
		{"Batch", `{"program":"nowon","run":"r","batch":0}`},
		{"Redemption", `{"program":"nowon","account":"AAAAAAAAAAAAAAAAAAAAAA","seq":1}`},
		{"pay", "x"},
		{"", ""},
		{"Pay", ""},
		{"Program", "\xff"},
		{"Program", `{"program":"\u0000"}`},
	} {
		for caller := range byte(3) {
			f.Add(c.function, []byte(c.args), caller)
		}
	}
	functions := map[string]bool{}
	for _, fn := range contract.New(ledger.Config{Name: cc, Network: network}).Functions() {
		functions[fn.Name] = fn.Mutates
	}
	tn := newTown(standing{}, ledgertest.Peers(1)) // endorsed, never committed: all calls meet the same town
	tn.resident(nowon, "minsu")
	f.Fuzz(func(t *testing.T, function string, raw []byte, who byte) {
		var args []any
		for _, arg := range bytes.Split(raw, []byte("\n")) {
			args = append(args, arg)
		}
		caller := []*ledgertest.Caller{tn.city, tn.bank, tn.net.Caller("CityMSP", "admin", ledgertest.Admin)}[int(who)%3]
		tx, err := tn.net.Endorse(caller, cc, function, args...)
		if err != nil {
			var refusal *ledgertest.EndorseError
			if !errors.As(err, &refusal) || refusal.ByPeer {
				t.Fatalf("%q: %v", function, err)
			}
			wellRefused(t, function, err)
			return
		}
		mutates, known := functions[function]
		if !known {
			t.Fatalf("%q is no function and was carried out", function)
		}
		if !mutates && (len(tx.Writes()) > 0 || tx.Event != nil) {
			t.Fatalf("%s writes %d keys", function, len(tx.Writes()))
		}
	})
}

// FuzzSignedOrder has a resident sign any header and payload, which no fuzzer
// could forge from outside: alone and in a batch the contract says the same, and
// what it refuses writes nothing.
func FuzzSignedOrder(f *testing.F) {
	tn := newTown(standing{}, ledgertest.Peers(1))
	w, to := tn.resident(nowon, "minsu"), tn.resident(nowon, "jisoo")
	functions := map[string]string{}
	for function, p := range map[string]currency.Payload{
		"Pay": tn.payment(nowon, w, "stall", 1_000), "Give": tn.gift(nowon, w, to, 1_000),
		"Claim":  tn.claiming(nowon, w, currency.NewCreditName(strings.Repeat("0", 64), 0)),
		"Redeem": tn.redemption(nowon, w, 1_000), "Refund": tn.refunding(nowon, w, to, 1, 1_000),
		"Authorise": tn.authorising(nowon, w, "stall", 1_000), "Capture": tn.capturing(nowon, w, currency.ReceiptName{Holder: to.account, Seq: 1}, 1_000),
		"Void": tn.voiding(nowon, w, currency.ReceiptName{Holder: to.account, Seq: 1}), "Open": tn.openOrder(nowon, w),
	} {
		header, payload, _ := cut(w.sign(p))
		payload = regexp.MustCompile(`"seq":\d+,"`).ReplaceAllString(payload, `"seq":2,"`)
		f.Add(header, payload)
		functions[p.Typ()] = function
	}
	f.Fuzz(func(t *testing.T, header, payload string) {
		order := w.raw(header, payload)
		function := "Pay"
		if m, err := jws.Parse(order); err == nil && functions[m.Header.Typ] != "" {
			function = functions[m.Header.Typ]
		}
		tx, err := tn.net.Endorse(tn.courier, cc, function, order)
		batch, errBatch := tn.net.Endorse(tn.courier, cc, "PayBatch", order)
		if errBatch != nil {
			t.Fatalf("a batch of one: %v", errBatch)
		}
		item := result[[]currency.Item](tn, batch.Payload)[0]
		if err != nil {
			wellRefused(t, function, err)
			if item.Code != currency.Codes.Parse(err.Error()).Code.Name || len(batch.Writes()) > 0 {
				t.Fatalf("alone: %v; in a batch: %s and %d writes", err, item.Code, len(batch.Writes()))
			}
			return
		}
		if item.Code != "" || len(tx.Writes()) != len(batch.Writes()) {
			t.Fatalf("alone it writes %d keys; in a batch: %s and %d", len(tx.Writes()), item.Code, len(batch.Writes()))
		}
	})
}
