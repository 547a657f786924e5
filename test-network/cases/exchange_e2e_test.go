// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/till"
	testnetwork "github.com/komsco/trust-platform/test-network"
	"github.com/komsco/trust-platform/test-network/demo"
)

// purse is what somebody holds, as the own phone sees it.
func purse(t *testing.T, town *demo.Town, r *demo.Resident) currency.PurseView {
	t.Helper()
	read, err := r.Read()
	require.NoError(t, err)
	var view currency.PurseView
	require.NoError(t, town.API.Get(t.Context(), fmt.Sprintf("/v1/programs/%s/accounts/%s", town.Program, r.Account()), read, &view))
	return view
}

// join opens an account in another programme under the same key.
func join(t *testing.T, town *demo.Town, r *demo.Resident, name string) *demo.Resident {
	t.Helper()
	here, order, err := town.Join(r, name)
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/accounts", order, nil))
	return here
}

// exchange turns won of one programme into value of another, which the same
// person claims there with the next order.
func exchange(t *testing.T, town *demo.Town, r *demo.Resident, into *demo.Town, there *demo.Resident, won int64) error {
	t.Helper()
	order, err := r.Exchange(currency.Exchange{Seq: r.Seq + 1, Claims: r.Claims, Into: into.Program, Amount: won})
	require.NoError(t, err)
	if err := town.API.Order(t.Context(), "/v1/exchanges", order, nil); err != nil {
		return err
	}
	r.Seq, r.Claims = r.Seq+1, nil
	there.Claims = nil
	require.Eventually(t, func() bool {
		require.NoError(t, into.Look(t.Context(), there))
		return len(there.Claims) > 0
	}, patience, tick)
	return nil
}

// mainToken is a K-token of a name and the purpose tokens it is exchanged into.
func (m *money) mainToken(t *testing.T, name string, purposes map[string]currency.Policy) (*demo.Town, map[string]*demo.Town) {
	t.Helper()
	rules := demo.Rules
	rules.BonusRate, rules.Categories = 0, []string{"none"} // it is exchanged, not spent
	towns := map[string]*demo.Town{}
	for purpose, p := range purposes {
		rules.Into = append(rules.Into, currency.Way{Program: name + "-" + purpose, Rate: p.From[0].Rate})
		p.From[0].Program = name
		for _, back := range p.Into {
			rules.From = append(rules.From, currency.Way{Program: name + "-" + purpose, Rate: back.Rate})
		}
		for i := range p.Into {
			p.Into[i].Program = name
		}
		town, err := demo.Found(t.Context(), m.p, name+"-"+purpose, p)
		require.NoError(t, err)
		towns[purpose] = town
	}
	town, err := demo.Found(t.Context(), m.p, name, rules)
	require.NoError(t, err)
	return town, towns
}

func purposeToken(category string, from, into int) currency.Policy {
	p := demo.Rules
	p.BonusRate, p.Categories = 0, []string{category}
	p.From = []currency.Way{{Rate: from}}
	if into > 0 {
		p.Into = []currency.Way{{Rate: into}}
	}
	return p
}

// issueTo issues won, without bonus, to one person from the deposit of the run's
// name, to be claimed with the next order.
func (m *money) issueTo(t *testing.T, town *demo.Town, r *demo.Resident, run string, won int64) {
	t.Helper()
	done, err := m.officer(t, "CityMSP", "issuer").Issue(t.Context(), gateway.Issue{
		Program: town.Program, Run: run, Unit: "KRW", Source: currency.Principal,
		Rows: []currency.Row{{To: r.Account(), Amount: won}}, Draws: []currency.Draw{{Deposit: run}},
	})
	require.NoError(t, err)
	require.Empty(t, done.Failed)
	r.Claims = nil
	require.Eventually(t, func() bool {
		require.NoError(t, town.Look(t.Context(), r))
		return len(r.Claims) > 0
	}, patience, tick)
}

// KT's K-token: one main token, exchanged into local currency and tokens for payment,
// donation and the café; back only where the programme says so. Who takes tokens is
// paid out all of it.
func (m *money) case07(t *testing.T) {
	ktoken, purposes := m.mainToken(t, "ktoken", map[string]currency.Policy{
		"local":    purposeToken("restaurant", 10_000, 0),
		"payment":  purposeToken("market", 10_000, 10_000),
		"donation": purposeToken("charity", 10_000, 0),
		"cafe":     purposeToken("cafe", 9_500, 0),
	})
	require.NoError(t, ktoken.Deposit(t.Context(), "salary", 100_000))
	minsu := person(t, ktoken, "minsu")
	m.issueTo(t, ktoken, minsu, "salary", 100_000)
	at := map[string]*demo.Resident{}
	for purpose, town := range purposes {
		at[purpose] = join(t, town, minsu, "minsu")
	}

	require.NoError(t, exchange(t, ktoken, minsu, purposes["payment"], at["payment"], 50_000))
	require.NoError(t, exchange(t, ktoken, minsu, purposes["donation"], at["donation"], 20_000))
	require.NoError(t, exchange(t, ktoken, minsu, purposes["cafe"], at["cafe"], 10_000))
	require.NoError(t, exchange(t, ktoken, minsu, purposes["local"], at["local"], 15_000))
	require.EqualValues(t, 5_000, purse(t, ktoken, minsu).Total)
	for purpose, won := range map[string]int64{"payment": 50_000, "donation": 20_000, "cafe": 9_500, "local": 15_000} {
		order, err := at[purpose].Collect()
		require.NoError(t, err)
		require.NoError(t, purposes[purpose].API.Order(t.Context(), "/v1/claims", order, nil))
		require.Equal(t, won, purse(t, purposes[purpose], at[purpose]).Total, purpose)
	}

	// What was meant to be given away does not come back; what is for paying does.
	err := exchange(t, purposes["donation"], at["donation"], ktoken, minsu, 20_000)
	require.True(t, demo.IsCode(err, "EXCHANGE_OFF"), "%v", err)
	require.NoError(t, exchange(t, purposes["payment"], at["payment"], ktoken, minsu, 30_000))
	charity, err := purposes["donation"].Register(t.Context(), "charity", "11350", "charity")
	require.NoError(t, err)
	order, err := at["donation"].Pay("charity", 20_000)
	require.NoError(t, err)
	require.NoError(t, purposes["donation"].API.Order(t.Context(), "/v1/payments", order, nil))
	takings, err := purposes["donation"].Takings(t.Context(), charity)
	require.NoError(t, err)
	require.EqualValues(t, 20_000, takings)
	m.payOut(t, purposes["donation"], charity, "transfer", 20_000)
}

// The café in KT's house: a staff card charges tokens, the kiosk changes them
// into café tokens, a coffee is bought; what each step leaves is read at once.
func (m *money) case08(t *testing.T) {
	card, purposes := m.mainToken(t, "staff", map[string]currency.Policy{"cafe": purposeToken("cafe", 10_000, 0)})
	cafe := purposes["cafe"]
	require.NoError(t, card.Deposit(t.Context(), "charge", 10_000))
	jisoo := person(t, card, "jisoo")
	m.issueTo(t, card, jisoo, "charge", 10_000)
	charged := m.hear(t, card, &demo.Shop{Resident: jisoo}, &till.Position{}) // the card hears the charge
	require.Equal(t, currency.CreditIssue, charged.Credit.Kind)
	require.EqualValues(t, 10_000, charged.Credit.Amount)
	kiosk := join(t, cafe, jisoo, "jisoo")
	bar, err := cafe.Register(t.Context(), "bar", "11350", "cafe")
	require.NoError(t, err)

	require.NoError(t, exchange(t, card, jisoo, cafe, kiosk, 5_000))
	require.EqualValues(t, 5_000, purse(t, card, jisoo).Total)
	coffee, err := kiosk.Pay("bar", 3_500)
	require.NoError(t, err)
	require.NoError(t, cafe.API.Order(t.Context(), "/v1/payments", coffee, nil))
	heard := m.hear(t, cafe, bar, &till.Position{}) // the till hears the coffee's payment
	require.Equal(t, till.Paid, heard.Type)
	require.EqualValues(t, 3_500, heard.Receipt.Amount)
	change := m.hear(t, cafe, &demo.Shop{Resident: kiosk}, &till.Position{}) // and the kiosk the café tokens
	require.Equal(t, currency.CreditTrade, change.Credit.Kind)
	require.EqualValues(t, 5_000, change.Credit.Amount)
	require.EqualValues(t, 1_500, purse(t, cafe, kiosk).Total)
	takings, err := cafe.Takings(t.Context(), bar)
	require.NoError(t, err)
	require.EqualValues(t, 3_500, takings)

	_, err = card.Register(t.Context(), "bar", "11350", "cafe")
	require.NoError(t, err)
	order, err := jisoo.Pay("bar", 3_500) // the card's own tokens buy no coffee
	require.NoError(t, err)
	err = card.API.Order(t.Context(), "/v1/payments", order, nil)
	require.True(t, demo.IsCode(err, "INSUFFICIENT_FUNDS"), "%v", err)
}

// An outside firm sells tickets: its contract, a module of its own, hands one over
// in the transaction that pays for it, or nothing moves.
func (m *money) delivery(t *testing.T) {
	program := filepath.Join(t.TempDir(), "tickets")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "firm", "tickets")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoError(t, m.p.Deploy(t.Context(), testnetwork.Chaincode{Name: "tickets", Program: program}))

	rules := demo.Rules
	rules.BonusRate = 0
	town, err := demo.Found(t.Context(), m.p, "concert", rules)
	require.NoError(t, err)
	require.NoError(t, town.Deposit(t.Context(), "sale", 100_000))
	_, err = town.Register(t.Context(), "hall", "11350", "market")
	require.NoError(t, err)
	minsu := person(t, town, "minsu")
	m.issueTo(t, town, minsu, "sale", 100_000)
	client, err := m.p.Client(t.Context(), "CityMSP", "planner")
	require.NoError(t, err)
	contract := client.Fabric().GetNetwork(m.p.Consortium().Channel).GetContract("tickets")
	_, err = contract.SubmitTransaction("Offer", "A1", `{"shop":"hall","price":70000}`)
	require.NoError(t, err)

	pay := func(won int64) error {
		order, err := minsu.Payment(currency.Payment{
			Seq: minsu.Seq + 1, Claims: minsu.Claims, To: "hall", Amount: won,
			Condition: &currency.Condition{Contract: "tickets", Function: "Deliver", Args: []string{"A1"}},
		})
		require.NoError(t, err)
		return town.API.Order(t.Context(), "/v1/payments", order, nil)
	}
	err = pay(7_000)
	require.True(t, demo.IsCode(err, "CONDITION_REFUSED"), "for a tenth of the price: %v", err)
	_, err = contract.SubmitTransaction("Deliver", fmt.Sprintf(`{"from":%q,"to":"hall","amount":70000}`, minsu.Account()), "A1")
	require.Error(t, err, "without currency, on the firm's own word")
	require.NoError(t, pay(70_000))
	minsu.Seq, minsu.Claims = minsu.Seq+1, nil
	require.EqualValues(t, 30_000, purse(t, town, minsu).Total)
	ticket, err := contract.EvaluateTransaction("Ticket", "A1")
	require.NoError(t, err)
	require.JSONEq(t, fmt.Sprintf(`{"shop":"hall","price":70000,"owner":%q}`, minsu.Account()), string(ticket))

	read, err := minsu.Read()
	require.NoError(t, err)
	var receipt currency.ReceiptView
	require.NoError(t, town.API.Get(t.Context(), fmt.Sprintf("/v1/programs/%s/accounts/%s/receipts/%d", town.Program, minsu.Account(), minsu.Seq), read, &receipt))
	require.JSONEq(t, `{"agree":true,"seat":"A1"}`, receipt.Condition.Answer)
}

// How long to wait for a peer, and how often to look.
const (
	patience = time.Minute
	tick     = 20 * time.Millisecond
)

// op names an officer's operation of a case.
func op(town *demo.Town, what string) call.Operation {
	return call.Operation{Op: town.Program + "." + what}
}
