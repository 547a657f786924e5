// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/network"
	testnetwork "github.com/komsco/trust-platform/test-network"
	"github.com/komsco/trust-platform/test-network/demo"
	"github.com/komsco/trust-platform/test-network/networktest"
	"github.com/komsco/trust-platform/test-network/platform"
)

// TestMoney plays the cases of vouchers and local currency on one network; after
// each, every organisation recomputes the supply from its own blocks.
func TestMoney(t *testing.T) {
	o := platform.Options{Options: testnetwork.Options{
		Dir: filepath.Join(t.TempDir(), "network"), BasePort: networktest.FreeBasePort(t), Progress: os.Stderr,
	}}
	o.Consortium = network.Default()
	o.Consortium.ClockBound = 30 * time.Second // so that what lapses does so within the test
	o.GatewayPort = o.BasePort + network.PortSpan - 1
	o.GatewayArgs = []string{"--fraud-every", "500ms"}
	networktest.StopAtEnd(t, o.Dir)
	p, err := platform.Up(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	m := &money{p: p}

	for _, c := range []struct {
		name string
		play func(*testing.T)
	}{
		{"Case01HometownVoucher", m.case01},
		{"Case05Nowon", m.case05},
		{"Case06WelfareAllowance", m.case06},
		{"Case09Gimpo", m.case09},
		{"Case10SettledInSeconds", m.case10},
		{"Case11CultureVoucher", m.case11voucher},
		{"Case11Donation", m.case11donor},
		{"AtTheTill", m.atTheTill},
		{"Case07KToken", m.case07},
		{"Case08Cafe", m.case08},
		{"Case12GhostDividend", m.case12},
		{"Fraud", m.fraud},
		{"DeliveryAgainstPayment", m.delivery},
		{"OfficersByHand", m.byHand},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.play(t)
			m.prove(t)
		})
	}
}

// money is what the cases share.
type money struct{ p *platform.Platform }

func (m *money) officer(t *testing.T, msp, name string) *gateway.Currency {
	t.Helper()
	c, err := m.p.Officer(t.Context(), msp, name)
	require.NoError(t, err)
	return c
}

func (m *money) prove(t *testing.T) {
	t.Helper()
	var clients []*gateway.Client
	for _, org := range m.p.Orgs() {
		c, err := m.p.Client(t.Context(), org.MSPID, "Admin")
		require.NoError(t, err)
		clients = append(clients, c)
	}
	report, err := gateway.Audit(t.Context(), clients, m.p.Consortium().Channel, "currency", 0, nil)
	require.NoError(t, errors.Join(err, report.Err()))
}

// person opens the account of somebody who was enrolled.
func person(t *testing.T, town *demo.Town, name string) *demo.Resident {
	t.Helper()
	r, order, err := town.Newcomer(name)
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/accounts", order, nil))
	return r
}

// buy orders won over HTTP.
func buy(t *testing.T, town *demo.Town, r *demo.Resident, won int64) error {
	t.Helper()
	order, err := r.Buy(currency.Buy{Seq: r.Seq + 1, Amount: won})
	require.NoError(t, err)
	err = town.API.Order(t.Context(), "/v1/purchases", order, nil)
	if err == nil {
		r.Seq++
	}
	return err
}

// voucher is a hometown voucher at 10% off: the city sets a million won of
// discount aside, and a bakery takes part.
func (m *money) voucher(t *testing.T) (*demo.Town, *demo.Shop) {
	t.Helper()
	rules := demo.Rules
	rules.BonusRate = 0
	rules.Sale = &currency.Sale{Fund: "principal", Form: currency.Discount, Rate: 1000, Hours: 4, MonthlyCap: 700_000}
	town, err := demo.Found(t.Context(), m.p, "hometown", rules)
	require.NoError(t, err)
	require.NoError(t, town.Appropriate(t.Context(), "discount", 1_000_000))
	_, err = m.officer(t, "CityMSP", "issuer").OpenAllotment(t.Context(), currency.OpenAllotment{
		Operation: call.Operation{Op: town.Program + ".allot"}, Program: town.Program, ID: "spring", Unit: "KRW",
		Source: currency.Subsidy, Appropriation: "discount", Amount: 1_000_000, Tranches: 10,
	})
	require.NoError(t, err)
	bakery, err := town.Register(t.Context(), "bakery", "11350", "cafe")
	require.NoError(t, err)
	return town, bakery
}

// confirm is the bank's word that what is due for the latest order has arrived.
func (m *money) confirm(t *testing.T, town *demo.Town, r *demo.Resident, ref string, won int64) {
	t.Helper()
	cashier := m.officer(t, "BankMSP", "cashier")
	require.Eventually(t, func() bool { // the bank's own peer has heard of the order
		_, err := cashier.Purchase(t.Context(), town.Program, r.Account(), r.Seq)
		return err == nil
	}, patience, tick)
	paid, err := cashier.ConfirmPurchase(t.Context(), currency.ConfirmPurchase{
		Operation: call.Operation{Op: town.Program + "." + ref}, Program: town.Program, Ref: ref,
		Account: r.Account(), Seq: r.Seq, Amount: won, Allotment: "spring",
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool { // the gateway's peer has heard of the bank's word
		r.Claims = nil
		require.NoError(t, town.Look(t.Context(), r))
		return slices.Contains(r.Claims, paid.Credit)
	}, patience, tick)
	r.Claims = []currency.CreditName{paid.Credit}
}

// A resident buys a voucher of 300,000 won for 270,000, pays 45,000 by phone at
// the bakery, and the bakery is paid out by the bank.
func (m *money) case01(t *testing.T) {
	town, bakery := m.voucher(t)
	minsu := person(t, town, "minsu")

	require.NoError(t, buy(t, town, minsu, 300_000))
	read, err := minsu.Read()
	require.NoError(t, err)
	var ordered currency.Purchase
	require.NoError(t, town.API.Get(t.Context(), fmt.Sprintf("/v1/programs/%s/accounts/%s/purchases/%d", town.Program, minsu.Account(), minsu.Seq), read, &ordered))
	require.EqualValues(t, 270_000, ordered.Principal, "due at the bank")
	require.EqualValues(t, 4*60*60, ordered.Until-ordered.At, "it lapses after four hours")
	require.Empty(t, ordered.Paid)
	err = buy(t, town, minsu, 100_000)
	require.True(t, demo.IsCode(err, "PURCHASE_WAITING"), "a second order before the first is paid: %v", err)

	m.confirm(t, town, minsu, "KB-1", 270_000)
	order, err := minsu.Pay("bakery", 45_000) // and claims what was bought
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/payments", order, nil))
	var purse currency.PurseView
	require.NoError(t, town.API.Get(t.Context(), fmt.Sprintf("/v1/programs/%s/accounts/%s", town.Program, minsu.Account()), read, &purse))
	require.EqualValues(t, 255_000, purse.Total)

	err = buy(t, town, minsu, 401_000)
	require.True(t, demo.IsCode(err, "PURCHASE_CAP"), "700,000 won a month: %v", err)
	require.NoError(t, buy(t, town, minsu, 400_000))

	m.payOut(t, town, bakery, "transfer-1", 45_000)

	// Two gifts of the city's pass what a person may hold, 1,500,000 won: the rest stays
	// to be claimed, and is once there is room.
	require.NoError(t, town.Appropriate(t.Context(), "gifts", 1_400_000))
	minsu.Claims = nil
	for _, run := range []string{"gift-1", "gift-2"} {
		done, err := m.officer(t, "CityMSP", "issuer").Issue(t.Context(), gateway.Issue{
			Program: town.Program, Run: run, Unit: "KRW", Source: currency.Benefit, Rows: []currency.Row{{To: minsu.Account(), Amount: 700_000}},
			Draws: []currency.Draw{{Appropriation: "gifts"}},
		})
		require.NoError(t, err)
		require.Empty(t, done.Failed)
	}
	collect := func(credits int) {
		t.Helper()
		require.Eventually(t, func() bool {
			minsu.Claims = nil
			require.NoError(t, town.Look(t.Context(), minsu))
			return len(minsu.Claims) == credits
		}, patience, tick)
		order, err := minsu.Collect()
		require.NoError(t, err)
		require.NoError(t, town.API.Order(t.Context(), "/v1/claims", order, nil))
		require.EqualValues(t, 1_500_000, purseOf(t, town, minsu).Total)
	}
	collect(2)
	order, err = minsu.Pay("bakery", 100_000)
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/payments", order, nil))
	collect(1)
	waiting, err := town.Takings(t.Context(), &demo.Shop{Resident: minsu})
	require.NoError(t, err)
	require.EqualValues(t, 255_000+1_400_000-1_500_000-100_000, waiting)
}

// payOut has a shop redeem its takings and the bank pay them.
func (m *money) payOut(t *testing.T, town *demo.Town, shop *demo.Shop, ref string, won int64) {
	t.Helper()
	require.NoError(t, town.Look(t.Context(), shop.Resident))
	order, err := shop.CashIn(won)
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/redemptions", order, nil))
	cashier := m.officer(t, "BankMSP", "cashier")
	require.Eventually(t, func() bool {
		_, err := cashier.Redemption(t.Context(), town.Program, shop.Account(), shop.Seq)
		return err == nil
	}, patience, tick)
	paid, err := cashier.ConfirmPayout(t.Context(), currency.ConfirmPayout{
		Operation: call.Operation{Op: town.Program + "." + ref}, Program: town.Program, Ref: ref,
		Account: shop.Account(), Seq: shop.Seq, Amount: won,
	})
	require.NoError(t, err)
	require.Equal(t, won, paid.Amount)
}

// A shop that waited two weeks to a month for its money has it at the bank within
// seconds of the sale.
func (m *money) case10(t *testing.T) {
	town, shop := m.voucher(t)
	jisoo := person(t, town, "jisoo")
	require.NoError(t, buy(t, town, jisoo, 50_000))
	m.confirm(t, town, jisoo, "KB-2", 45_000)

	order, err := jisoo.Pay("bakery", 30_000)
	require.NoError(t, err)
	sold := time.Now()
	require.NoError(t, town.API.Order(t.Context(), "/v1/payments", order, nil))
	takings, err := town.Takings(t.Context(), shop)
	require.NoError(t, err)
	require.EqualValues(t, 30_000, takings, "seen by the shop as soon as the payer has the answer")
	claimable := time.Since(sold)
	m.payOut(t, town, shop, "transfer-2", 30_000)
	settled := time.Since(sold)
	t.Logf("claimable after %s, paid out by the bank after %s", claimable.Round(time.Millisecond), settled.Round(time.Millisecond))
	require.Less(t, settled, 20*time.Second)

	// What was sold for came from what jisoo paid and from the city's discount.
	back := m.trustctlTrace(t, "origins", fmt.Sprintf("%s/%d", jisoo.Account(), jisoo.Seq), "--program", town.Program)
	require.EqualValues(t, 30_000, back.Amount)
	var origins []string
	for _, o := range back.Origins() {
		origins = append(origins, o.ID)
	}
	require.ElementsMatch(t, []string{"deposit/" + town.Program + "/KB-2", "appropriation/" + town.Program + "/discount"}, origins)
	var forward gateway.TraceGraph
	require.Eventually(t, func() bool { // the city's peer has heard of the payout
		forward = m.trustctlTrace(t, "deposit", "KB-2", "--program", town.Program)
		return held(forward)["paidOut/"+town.Program] > 0
	}, patience, tick)
	require.EqualValues(t, 45_000, forward.Amount)
	require.Equal(t, map[string]int64{ // the discount of 5,000 went first
		"paidOut/" + town.Program: 25_000, "account/" + town.Program + "/" + jisoo.Account(): 20_000,
	}, held(forward))
}
