// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// BenchmarkPayBatch measures one endorsement of a batch of signed payments to
// one merchant; ns/payment is the time of one endorser for each of them, the
// signature check included.
func BenchmarkPayBatch(b *testing.B) {
	const payers = 250
	net := ledgertest.New(b, ledgertest.Chaincode("currency", contract.New(ledger.Config{Name: "currency", Network: "bench"})), ledgertest.Peers(1))
	admin := net.Caller("CityMSP", "admin", ledgertest.Admin)
	officer := net.Caller("CityMSP", "officer", ledgertest.Client)
	op := 0
	invoke := func(caller *ledgertest.Caller, function string, req map[string]any) {
		op++
		req["op"] = fmt.Sprint("op-", op)
		raw, err := json.Marshal(req)
		require.NoError(b, err)
		_, err = net.Invoke(caller, "currency", function, raw)
		require.NoError(b, err)
	}
	for _, role := range currency.Roles {
		invoke(admin, "GrantRole", map[string]any{"name": "officer", "role": role})
		invoke(admin, "GrantRole", map[string]any{"name": "admin", "role": role})
	}
	org := currency.Organisations{Issuer: "CityMSP", Operator: "CityMSP", Bank: "CityMSP"}
	invoke(officer, "DefineProgram", map[string]any{"program": currency.Program{ID: "p", Title: "p", Zone: "+09:00", Organisations: org, SameOrganisation: true, Open: true}})
	invoke(officer, "ProposePolicy", map[string]any{"policy": currency.Policy{Program: "p", Version: 1, Unit: "KRW", Denomination: 1, PersonCeiling: 1e9, BatchCeiling: 1e12, Validity: currency.Validity{Months: 60}}})
	invoke(admin, "ApprovePolicy", map[string]any{"program": "p", "version": 1})
	invoke(officer, "ConfirmDeposit", map[string]any{"program": "p", "ref": "d", "fund": "f", "amount": int64(payers * 1e6)})

	shop := newSigner(b)
	shopDID, _, _ := strings.Cut(shop.Kid, "#")
	invoke(officer, "RegisterMerchant", map[string]any{"program": "p", "id": "m", "did": shopDID, "region": "r", "category": "c", "payout": strings.Repeat("0", 64)})
	place := currency.Place{Network: "bench", Channel: "trust", Chaincode: "currency"}
	exp := net.Now().Unix() + 1e6
	signers := make([]jws.Signer, payers)
	rows := make([]currency.Row, payers)
	for i := range signers {
		signers[i] = newSigner(b)
		rows[i] = currency.Row{To: account(signers[i]), Amount: 1e6}
		order, err := signers[i].Sign(currency.TypOpen, currency.Open{
			Chaincode: place.Chaincode, Channel: place.Channel, Exp: exp, Holder: rows[i].To, Network: place.Network, Program: "p", V: 1,
		})
		require.NoError(b, err)
		_, err = net.Invoke(officer, "currency", "Open", order)
		require.NoError(b, err)
	}
	announced, err := currency.Announce(rows, currency.Principal, currency.Policy{})
	require.NoError(b, err)
	invoke(officer, "OpenRun", map[string]any{"program": "p", "id": "r", "unit": "KRW", "source": "principal", "draws": []currency.Draw{{Deposit: "d", Amount: payers * 1e6}}, "batches": []currency.Announced{announced}})
	op++
	raw, err := json.Marshal(currency.IssueBatch{Operation: call.Operation{Op: fmt.Sprint("op-", op)}, Program: "p", Run: "r", Rows: rows})
	require.NoError(b, err)
	issued, err := net.Endorse(officer, "currency", "IssueBatch", raw)
	require.NoError(b, err)
	net.Commit(issued)

	pay := func(seq int64, claim bool) []any {
		orders := make([]any, payers)
		for i, s := range signers {
			p := currency.Payment{
				Amount: 10, Chaincode: place.Chaincode, Channel: place.Channel, Exp: exp, Holder: rows[i].To,
				Network: place.Network, Program: "p", Seq: seq, To: "m", V: 1,
			}
			if claim {
				p.Claims = []currency.CreditName{currency.NewCreditName(issued.TxID, i)}
			}
			order, err := s.Sign(currency.TypPayment, p)
			require.NoError(b, err)
			orders[i] = order
		}
		return orders
	}
	_, err = net.Invoke(officer, "currency", "PayBatch", pay(1, true)...)
	require.NoError(b, err)
	orders := pay(2, false)
	var last *ledgertest.Endorsement
	for b.Loop() {
		if last, err = net.Endorse(officer, "currency", "PayBatch", orders...); err != nil {
			b.Fatal(err)
		}
	}
	require.NotContains(b, string(last.Payload), "code")
	bytes := 0
	for _, w := range last.Writes() {
		bytes += len(w.Key) + len(w.Value)
	}
	for _, o := range orders {
		bytes += len(o.(string))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/payers, "ns/payment")
	b.ReportMetric(float64(bytes)/payers, "bytes/payment")
}

func newSigner(b *testing.B) jws.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(b, err)
	_, kid := did.OfKey(did.Key{Alg: "ES256", P256: &key.PublicKey})
	return jws.Signer{Key: key, Kid: kid}
}

func account(s jws.Signer) string {
	id, _, _ := strings.Cut(s.Kid, "#")
	return currency.AccountID(id)
}
