// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// Who owns a shop and what it sells is for officers; where it is and what it takes
// is for all.
func TestWhoSeesAShopsOwner(t *testing.T) {
	tn := newTown(t)
	r := tn.registering(nowon, "mill", newWallet("mill"), region, category)
	r.MerchantTerms = currency.MerchantTerms{Class: "social", Revenue: 900_000_000, Owner: "person-1", Business: businessOf("mill"), Share: 5000}
	tn.do(tn.city, "RegisterMerchant", r)
	tn.do(tn.city, "VerifySales", currency.VerifySales{Operation: tn.op(), Program: nowon, ID: "mill", Sales: 70_000_000, Evidence: businessOf("papers")})
	show := func(caller *ledgertest.Caller) currency.Merchant {
		return get[currency.Merchant](tn, caller, "Merchant", currency.RecordQuery{Program: nowon, ID: "mill"})
	}
	for _, officer := range []*ledgertest.Caller{tn.city, tn.bank, tn.komsco} {
		m := show(officer)
		require.Equal(t, r.MerchantTerms, m.MerchantTerms, officer.Name)
		require.EqualValues(t, 70_000_000, m.Sales)
	}
	whole := show(tn.city)
	for _, caller := range []*ledgertest.Caller{tn.courier, tn.net.Caller(tn.city.MSPID, "nobody", ledgertest.Client)} {
		require.Equal(t, currency.Merchant{
			ID: "mill", DID: whole.DID, Account: whole.Account, Region: region, Category: category, Status: currency.Active, Payout: whole.Payout,
			MerchantTerms: currency.MerchantTerms{Class: "social", Share: 5000},
		}, show(caller), caller.Name)
	}
}

// Who gave a donation is for the giver and for those who see what goes through the
// bank; how much it was is for all.
func TestWhoSeesADonor(t *testing.T) {
	tn := newTown(t)
	both := tn.residents(nowon, "minsu", "jisoo")
	minsu, jisoo := both[0], both[1]
	tn.do(tn.bank, "ConfirmDeposit", currency.ConfirmDeposit{Operation: tn.op(), Program: nowon, Ref: "gift", Fund: "donations", Amount: 50_000, Donor: minsu.account})
	for _, c := range []struct {
		caller *ledgertest.Caller
		read   string
		donor  string
	}{
		{tn.bank, "", minsu.account},
		{tn.komsco, "", minsu.account},
		{tn.courier, tn.read(nowon, minsu), minsu.account},
		{tn.courier, tn.read(nowon, jisoo), ""},
		{tn.courier, "", ""},
	} {
		d := get[currency.Deposit](tn, c.caller, "Deposit", currency.DepositQuery{RecordQuery: currency.RecordQuery{Program: nowon, ID: "gift"}, Read: c.read})
		require.Equal(t, c.donor, d.Donor, c.caller.Name)
		require.EqualValues(t, 50_000, d.Left)
	}
}
