// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/test-network/demo"
)

// organisation is somebody whose word counts, with a key of its own.
func (m *money) organisation(t *testing.T) *gateway.Wallet {
	t.Helper()
	key, err := gateway.NewKey()
	require.NoError(t, err)
	c := m.p.Consortium()
	w, err := gateway.NewWallet(key, currency.Place{Network: c.Network, Channel: c.Channel, Chaincode: "currency"})
	require.NoError(t, err)
	return w
}

// attest is the organisation's word about a resident, under its own record.
func attest(t *testing.T, by *gateway.Wallet, town *demo.Town, r *demo.Resident, activity string, quantity int64, record string) string {
	t.Helper()
	digest := sha256.Sum256([]byte(record))
	word, err := by.Attest(currency.Attestation{
		Activity: activity, Evidence: hex.EncodeToString(digest[:]), Holder: r.Account(), Program: town.Program, Quantity: quantity,
		Unit: map[bool]string{true: "minute", false: "won"}[activity == "volunteering"],
	})
	require.NoError(t, err)
	return word
}

// earn shows an attestation over HTTP.
func earn(t *testing.T, town *demo.Town, r *demo.Resident, word string) error {
	t.Helper()
	order, err := r.Earn(currency.Earn{Seq: r.Seq + 1, Attestation: word})
	require.NoError(t, err)
	if err = town.API.Order(t.Context(), "/v1/earnings", order, nil); err == nil {
		r.Seq++
	}
	return err
}

// payBill pays part of a bill over HTTP.
func payBill(t *testing.T, town *demo.Town, r *demo.Resident, shop string, won, bill int64, ref string) error {
	t.Helper()
	order, err := r.Payment(currency.Payment{Seq: r.Seq + 1, To: shop, Amount: won, Bill: bill, Ref: ref, Claims: r.Claims})
	require.NoError(t, err)
	if err = town.API.Order(t.Context(), "/v1/payments", order, nil); err == nil {
		r.Seq++
		r.Claims = nil
	}
	return err
}

func purseOf(t *testing.T, town *demo.Town, r *demo.Resident) currency.PurseView {
	t.Helper()
	read, err := r.Read()
	require.NoError(t, err)
	var purse currency.PurseView
	require.NoError(t, town.API.Get(t.Context(), fmt.Sprintf("/v1/programs/%s/accounts/%s", town.Program, r.Account()), read, &purse))
	return purse
}

// Nowon's NW of 2018, one won each: 700 for an hour of volunteering, a tenth of
// what is donated in money or goods, 50,000 at most for a member, good for three
// years. Members give it to each other and pay at shops, which say what part of a
// bill they take and may spend it themselves.
func (m *money) case05(t *testing.T) {
	centre := m.organisation(t)
	rules := demo.Rules
	rules.BonusRate, rules.Denomination, rules.Respend = 0, 1, true
	rules.Validity = currency.Validity{Months: 36}
	rules.Earning = &currency.Earning{Allotment: "rewards", LifetimeCap: 50_000, Activities: []currency.Activity{
		{ID: "volunteering", Unit: "minute", Pay: 700, For: 60, Attesters: []string{centre.DID}},
		{ID: "donation", Unit: "won", Pay: 10, For: 100, Attesters: []string{centre.DID}},
		{ID: "goods", Unit: "won", Pay: 10, For: 100, Attesters: []string{centre.DID}},
	}}
	town, err := demo.Found(t.Context(), m.p, "nw", rules)
	require.NoError(t, err)
	require.NoError(t, town.Appropriate(t.Context(), "nw", 10_000_000))
	_, err = m.officer(t, "CityMSP", "issuer").OpenAllotment(t.Context(), currency.OpenAllotment{
		Operation: call.Operation{Op: town.Program + ".rewards"}, Program: town.Program, ID: "rewards", Unit: "KRW",
		Source: currency.Reward, Appropriation: "nw", Amount: 1_000_000, Tranches: 10,
	})
	require.NoError(t, err)
	bakery, err := town.Register(t.Context(), "bakery", "11350", "cafe")
	require.NoError(t, err)
	_, err = town.Register(t.Context(), "mill", "11350", "market")
	require.NoError(t, err)
	minsu, jisoo := person(t, town, "minsu"), person(t, town, "jisoo")

	// Three hours at the centre, 30,000 won of goods sold for charity, 100,000 won given.
	shift := attest(t, centre, town, minsu, "volunteering", 180, "rota of 3 March, minsu")
	require.NoError(t, earn(t, town, minsu, shift))
	require.NoError(t, earn(t, town, minsu, attest(t, centre, town, minsu, "goods", 30_000, "sale 17")))
	require.NoError(t, earn(t, town, minsu, attest(t, centre, town, minsu, "donation", 100_000, "donation 4")))
	require.NoError(t, town.Look(t.Context(), minsu))
	order, err := minsu.Collect()
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/claims", order, nil))
	held := purseOf(t, town, minsu)
	require.EqualValues(t, 2_100+3_000+10_000, held.Total)
	korea := time.FixedZone("KST", 9*60*60)
	require.Equal(t, rules.Validity.Expiry(currency.DayOf(time.Now(), korea)), held.Buckets[0].Expiry, "three years")

	// The same shift again, somebody else's word, and more than 50,000 in all.
	err = earn(t, town, minsu, shift)
	require.True(t, demo.IsCode(err, "EVIDENCE_USED"), "%v", err)
	err = earn(t, town, minsu, attest(t, m.organisation(t), town, minsu, "volunteering", 60, "made up"))
	require.True(t, demo.IsCode(err, "NOT_EARNED"), "%v", err)
	require.NoError(t, earn(t, town, minsu, attest(t, centre, town, minsu, "volunteering", 60*60, "a year of shifts"))) // 42,000
	err = earn(t, town, minsu, attest(t, centre, town, minsu, "volunteering", 60, "one more hour"))
	require.True(t, demo.IsCode(err, "EARNING_CAP"), "%v", err)
	require.NoError(t, town.Look(t.Context(), minsu))
	order, err = minsu.Collect()
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/claims", order, nil))
	require.EqualValues(t, 50_000, purseOf(t, town, minsu).Total)

	// The centre hands in jisoo's hour itself; minsu gives her 5,000.
	given, err := m.officer(t, "KomscoMSP", "guard").SubmitAttestation(t.Context(), currency.SubmitAttestation{
		Operation: call.Operation{Op: town.Program + ".hour"}, Program: town.Program, Tranche: 1,
		Attestation: attest(t, centre, town, jisoo, "volunteering", 60, "rota of 3 March, jisoo"),
	})
	require.NoError(t, err)
	require.EqualValues(t, 700, given.Amount)
	order, err = minsu.Give(jisoo.Account(), 5_000)
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/gifts", order, nil))
	require.NoError(t, town.Look(t.Context(), jisoo))
	require.Len(t, jisoo.Claims, 2)

	// The bakery takes a tenth of each bill in NW.
	order, err = bakery.SetShare(currency.SetShare{Seq: bakery.Seq + 1, Share: 1000})
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/shares", order, nil))
	bakery.Seq++
	err = payBill(t, town, jisoo, "bakery", 3_000, 0, "")
	require.True(t, demo.IsCode(err, "BILL_MISSING"), "%v", err)
	err = payBill(t, town, jisoo, "bakery", 3_001, 30_000, "bill-1")
	require.True(t, demo.IsCode(err, "BILL_SHARE"), "%v", err)
	require.NoError(t, payBill(t, town, jisoo, "bakery", 3_000, 30_000, "bill-1"))
	err = payBill(t, town, jisoo, "bakery", 1, 30_000, "bill-1")
	require.True(t, demo.IsCode(err, "BILL_SHARE"), "the same bill again: %v", err)
	require.EqualValues(t, 700+5_000-3_000, purseOf(t, town, jisoo).Total)

	// And spends it at the mill.
	require.NoError(t, town.Look(t.Context(), bakery.Resident))
	order, err = bakery.Pay("mill", 3_000)
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/payments", order, nil))
	require.Zero(t, purseOf(t, town, bakery.Resident).Total)
}
