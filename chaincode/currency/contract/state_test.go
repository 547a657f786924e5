// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"encoding"
	"encoding/json"
	"strconv"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// get queries a function whose answer is a T.
func get[T any](tn *town, caller *ledgertest.Caller, function string, request any) T {
	tn.t.Helper()
	raw, err := tn.net.Query(caller, cc, function, tn.json(request))
	if err != nil {
		tn.t.Fatalf("%s: %v", function, err)
	}
	return result[T](tn, raw)
}

func result[T any](tn *town, raw []byte) T {
	tn.t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		tn.t.Fatalf("answer %.200s: %v", raw, err)
	}
	return v
}

// record reads one record of the ledger; found is false where there is none.
func record[T any](tn *town, table string, parts ...string) (v T, found bool) {
	tn.t.Helper()
	raw := tn.net.Get(cc, ledger.CompositeKey(table, parts...))
	if raw == nil {
		return v, false
	}
	return stored[T](tn, raw), true
}

// stored reads a value as the ledger keeps it.
func stored[T any](tn *town, raw []byte) (v T) {
	tn.t.Helper()
	if own, ok := any(&v).(encoding.BinaryUnmarshaler); ok {
		if err := own.UnmarshalBinary(raw); err != nil {
			tn.t.Fatalf("value %.200q: %v", raw, err)
		}
		return v
	}
	return result[T](tn, raw)
}

func (tn *town) purse(program string, w *wallet) currency.Purse {
	tn.t.Helper()
	p, _ := record[currency.Purse](tn, currency.TablePurse, program, w.account)
	return p
}

// balance is what a purse holds, won.
func (tn *town) balance(program string, w *wallet) int64 { return tn.purse(program, w).Buckets.Total() }

// unclaimed is what waits for a holder, won, and how many credits it is in.
func (tn *town) unclaimed(program string, w *wallet) (won int64, n int) {
	tn.t.Helper()
	for _, c := range tn.credits(program, w) {
		won += currency.Total(c.Parts)
		n++
	}
	return won, n
}

// credits are the credits that wait for a holder, by name.
func (tn *town) credits(program string, w *wallet) map[currency.CreditName]currency.Credit {
	tn.t.Helper()
	all := map[currency.CreditName]currency.Credit{}
	prefix := ledger.CompositeKey(currency.TableCredit, program, w.account)
	for key, raw := range tn.net.Range(cc, prefix, prefix+"~") {
		_, parts, err := ledger.SplitKey(key)
		if err != nil {
			tn.t.Fatalf("%v", err)
		}
		n, err := strconv.Atoi(parts[3])
		if err != nil {
			tn.t.Fatalf("%v", err)
		}
		all[currency.NewCreditName(parts[2], n)] = stored[currency.Credit](tn, raw)
	}
	return all
}

// state is everything the contract has on the ledger.
func (tn *town) state() map[string]string {
	all := map[string]string{}
	for key, value := range tn.net.All(cc) {
		all[key] = string(value)
	}
	return all
}
