// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/test-network/demo"
)

// A donor gives 100,000 won through the bank; it helps two people, who spend it at a
// market and a bookshop. The donor sees which shops it reached and what is not spent
// yet; the auditor sees the same with trustctl, and from a payment back to the donation.
func (m *money) case11donor(t *testing.T) {
	rules := demo.Rules
	rules.BonusRate, rules.Gifts = 0, false
	town, err := demo.Found(t.Context(), m.p, "relief", rules)
	require.NoError(t, err)
	donor, hana, jisoo := person(t, town, "donor"), person(t, town, "hana"), person(t, town, "jisoo")
	market, err := town.Register(t.Context(), "market", "11350", "market")
	require.NoError(t, err)
	_, err = town.Register(t.Context(), "bookshop", "11350", "cafe")
	require.NoError(t, err)

	_, err = m.officer(t, "BankMSP", "cashier").ConfirmDeposit(t.Context(), currency.ConfirmDeposit{
		Operation: op(town, "gift"), Program: town.Program, Ref: "gift", Fund: "donations", Amount: 100_000, Donor: donor.Account(),
	})
	require.NoError(t, err)
	issuer := m.officer(t, "CityMSP", "issuer")
	require.Eventually(t, func() bool {
		_, err := issuer.Deposit(t.Context(), town.Program, "gift")
		return err == nil
	}, patience, tick)
	done, err := issuer.Issue(t.Context(), gateway.Issue{
		Program: town.Program, Run: "relief", Unit: "KRW", Source: currency.Principal, Draws: []currency.Draw{{Deposit: "gift"}},
		Rows: []currency.Row{{To: hana.Account(), Amount: 60_000}, {To: jisoo.Account(), Amount: 40_000}},
	})
	require.NoError(t, err)
	require.Empty(t, done.Failed)
	pay := func(r *demo.Resident, shop string, won int64) {
		t.Helper()
		require.Eventually(t, func() bool {
			require.NoError(t, town.Look(t.Context(), r))
			return r.Seq > 0 || len(r.Claims) > 0
		}, patience, tick)
		order, err := r.Pay(shop, won)
		require.NoError(t, err)
		require.NoError(t, town.API.Order(t.Context(), "/v1/payments", order, nil))
	}
	pay(hana, "market", 25_000)
	pay(hana, "bookshop", 10_000)
	pay(jisoo, "market", 40_000)
	m.payOut(t, town, market, "transfer", 50_000)

	read, err := donor.Read()
	require.NoError(t, err)
	var seen gateway.TraceGraph
	path := fmt.Sprintf("/v1/programs/%s/accounts/%s/donations/gift/trace", town.Program, donor.Account())
	require.Eventually(t, func() bool { // the gateway's peer has heard of the payout
		require.NoError(t, town.API.Get(t.Context(), path, read, &seen))
		return held(seen)["paidOut/"+town.Program] > 0
	}, patience, tick)
	require.Equal(t, map[string]int64{
		"paidOut/" + town.Program: 50_000, "shop/" + town.Program + "/market": 15_000, "shop/" + town.Program + "/bookshop": 10_000,
		"account/" + town.Program + "/" + hana.Account()[:6]: 25_000,
	}, held(seen))
	require.EqualValues(t, 65_000, node(seen, "shop/"+town.Program+"/market").In)
	raw, err := json.Marshal(seen)
	require.NoError(t, err)
	require.NotContains(t, string(raw), hana.Account())
	other, err := hana.Read()
	require.NoError(t, err)
	err = town.API.Get(t.Context(), fmt.Sprintf("/v1/programs/%s/accounts/%s/donations/gift/trace", town.Program, hana.Account()), other, nil)
	require.True(t, demo.IsCode(err, "READ_REFUSED"), "whose donation it was is the donor's to see: %v", err)

	picture := filepath.Join(t.TempDir(), "donation.svg")
	whole := m.trustctlTrace(t, "deposit", "gift", "--program", town.Program, "--svg", picture)
	require.Equal(t, seen.Amount, whole.Amount)
	require.EqualValues(t, 25_000, held(whole)["account/"+town.Program+"/"+hana.Account()], "an auditor sees whole ids")
	svg, err := os.ReadFile(picture)
	require.NoError(t, err)
	require.Contains(t, string(svg), "shop bookshop")
	require.NotContains(t, string(svg), hana.Account())
	back := m.trustctlTrace(t, "origins", fmt.Sprintf("%s/%d", jisoo.Account(), jisoo.Seq), "--program", town.Program)
	require.Len(t, back.Origins(), 1)
	require.Equal(t, "deposit/"+town.Program+"/gift", back.Origins()[0].ID)
	require.EqualValues(t, 40_000, back.Amount)
}

func held(g gateway.TraceGraph) map[string]int64 {
	all := map[string]int64{}
	for _, n := range g.Reached() {
		all[n.ID] = n.Held
	}
	return all
}

func node(g gateway.TraceGraph, id string) (found struct{ In int64 }) {
	for _, n := range g.Nodes {
		if n.ID == id {
			found.In = n.In
		}
	}
	return found
}

// trustctlTrace runs the operators' command as the city's auditor.
func (m *money) trustctlTrace(t *testing.T, args ...string) gateway.TraceGraph {
	t.Helper()
	program := filepath.Join(t.TempDir(), "trustctl")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../gateway/cmd/trustctl").CombinedOutput()
	require.NoError(t, err, "%s", out)
	cmd := exec.CommandContext(t.Context(), program, append([]string{"trace", "--json"}, args...)...)
	city, err := m.p.Org("CityMSP")
	require.NoError(t, err)
	auditor, err := m.p.User("CityMSP", "auditor")
	require.NoError(t, err)
	cmd.Env = append(os.Environ(), "TRUSTCTL_PEER="+city.Peer, "TRUSTCTL_PEER_NAME="+city.PeerHost, "TRUSTCTL_TLS_CERT="+city.TLSRoot,
		"TRUSTCTL_MSP=CityMSP", "TRUSTCTL_CERT="+auditor.Cert, "TRUSTCTL_KEY="+filepath.Join(auditor.MSPDir, "keystore"))
	var said, complained bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &complained
	require.NoError(t, cmd.Run(), "%s", complained.String())
	var g gateway.TraceGraph
	require.NoError(t, json.Unmarshal(said.Bytes(), &g))
	return g
}
