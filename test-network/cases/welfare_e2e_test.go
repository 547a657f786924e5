// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/daybook"
	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/ticket"
	"github.com/komsco/trust-platform/test-network/demo"
)

// clerk is an officer at a desk: the operators' command with their certificate.
type clerk struct {
	program string
	flags   []string
}

func (m *money) clerk(t *testing.T, town *demo.Town, msp, name string) *clerk {
	t.Helper()
	program, err := m.p.Build(t.Context(), "gateway/cmd/trustctl")
	require.NoError(t, err)
	org, err := m.p.Org(msp)
	require.NoError(t, err)
	u, err := m.p.User(msp, name)
	require.NoError(t, err)
	return &clerk{program, []string{
		"--peer", org.Peer, "--peer-name", org.PeerHost, "--tls-cert", org.TLSRoot, "--msp", msp, "--cert", u.Cert, "--key", u.Key,
		"--channel", m.p.Consortium().Channel, "--chaincode", "currency", "--program", town.Program,
	}}
}

func (c *clerk) command(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, c.program, append(args, c.flags...)...)
}

// run returns what the command says on both outputs.
func (c *clerk) run(t *testing.T, args ...string) (out, failed string, err error) {
	t.Helper()
	cmd := c.command(t.Context(), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

// killed starts the command and kills it with SIGKILL once it has said the word so
// many times.
func (c *clerk) killed(t *testing.T, word string, times int, args ...string) {
	t.Helper()
	cmd := c.command(t.Context(), args...)
	said, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var all strings.Builder
	for lines := bufio.NewScanner(said); lines.Scan(); {
		all.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), word) {
			if times--; times == 0 {
				require.NoError(t, cmd.Process.Kill())
			}
		}
	}
	err = cmd.Wait()
	require.ErrorContains(t, err, "killed", "%s", all.String())
}

// case06: a city pays an allowance of 100,000 won to 3,000 households. The roster is
// opened by the city and approved by KOMSCO from its own copy; the officer's command
// is killed in the middle, and so is the contract; everybody is paid once. Three rows are
// wrong, and are mended under two people. What is paid buys food and medicine until
// its last day and nothing else; who came too late for the roster shows a ticket
// that only the right to the allowance brings. What nobody was paid is back in the
// budget, and the books of the year say where every won is. Coupons of another programme reach
// their last day meanwhile: what nobody spent lapses, and is in its budget again.
func (m *money) case06(t *testing.T) {
	const (
		households = 3_000
		won        = 100_000
		wrong      = 3
		late       = 10 // tickets
	)
	coupons := m.lastDay(t) // whose end is waited for below
	year := time.Now().In(time.FixedZone("KST", 9*60*60)).Year()
	rules := demo.Rules
	rules.BonusRate, rules.Denomination, rules.Gifts, rules.Sale = 0, 1000, false, nil
	rules.PersonCeiling, rules.BatchCeiling, rules.Guards = 300_000, 100*won+1_500_000, currency.Guards{Approval: true, DayCeiling: (households+late)*won + 2_000_000}
	rules.Validity = currency.Validity{Until: currency.Day(year*10_000 + 1231)}
	rules.Categories = []string{"market", "pharmacy"}
	town, err := demo.FoundAs(t.Context(), m.p, "relief", rules, func(p *currency.Program) {
		p.Identity = &currency.Identity{Chaincode: "identity"}
	})
	require.NoError(t, err)
	const budget = (households+late)*won + 2_000_000
	treasurer, approver := m.officer(t, "CityMSP", "treasurer"), m.officer(t, "KomscoMSP", "approver")
	_, err = treasurer.ProposeAppropriation(t.Context(), currency.ProposeAppropriation{
		Operation: call.Operation{Op: town.Program + ".budget"}, Program: town.Program, ID: "relief", Fund: "relief", Amount: budget, Year: year,
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err = approver.ApproveAppropriation(t.Context(), currency.RecordOperation{
			Operation: call.Operation{Op: town.Program + ".yes"}, RecordQuery: currency.RecordQuery{Program: town.Program, ID: "relief"},
		})
		return err == nil
	}, 20*time.Second, 100*time.Millisecond)
	for id, category := range map[string]string{"grocer": "market", "pharmacy": "pharmacy", "arcade": "games"} {
		_, err = town.Register(t.Context(), id, "11350", category)
		require.NoError(t, err)
	}
	people := make([]*demo.Resident, households)
	orders := make([]string, households)
	for i := range people {
		people[i], orders[i], err = town.Newcomer(fmt.Sprintf("household-%d", i))
		require.NoError(t, err)
	}
	require.NoError(t, town.API.Orders(t.Context(), orders))

	// The roster: 17's account is misread, 1,234 is to be given 1,000,000, and 2,999
	// an amount that is no number of thousands.
	folder := t.TempDir()
	roster := filepath.Join(folder, "roster.csv")
	var file strings.Builder
	file.WriteString("account,amount\n")
	for i, p := range people {
		account, amount := p.Account(), int64(won)
		switch i {
		case 17:
			account = currency.AccountID("did:key:zNobody")
		case 1_234:
			amount = 1_000_000
		case 2_999:
			amount = won + 500
		}
		fmt.Fprintf(&file, "%s,%d\n", account, amount)
	}
	require.NoError(t, os.WriteFile(roster, []byte(file.String()), 0o600))
	issuer, second := m.clerk(t, town, "CityMSP", "issuer"), m.clerk(t, town, "KomscoMSP", "approver")
	mended := filepath.Join(folder, "wrong.csv")
	issue := []string{
		"issue", roster, "--run", "spring", "--unit", "KRW", "--source", "benefit", "--appropriation", "relief",
		"--batch-rows", "100", "--parallel", "2", "--keep-open", "--failed", mended,
	}
	_, failed, err := issuer.run(t, issue...)
	require.Error(t, err)
	require.Contains(t, failed, "RUN_WAITING", "nothing is paid before a second person has approved")
	_, failed, err = issuer.run(t, "run", "approve", "spring", "--rows", roster)
	require.Error(t, err)
	require.Contains(t, failed, "ROLE_MISSING")
	require.Eventually(t, func() bool { // KOMSCO's peer has heard of it
		_, failed, err = second.run(t, "run", "approve", "spring", "--rows", roster)
		return err == nil
	}, 30*time.Second, 200*time.Millisecond, "%s", failed)

	// kill -9 of the officer's command, then of the contract; the same command goes on.
	issuer.killed(t, "batch ", 3, issue...)
	killing := make(chan error, 1)
	go func() {
		err := m.p.Kill(t.Context(), "currency")
		if err == nil {
			err = m.p.Start(t.Context(), "currency")
		}
		killing <- err
	}()
	var out string
	require.Eventually(t, func() bool {
		out, failed, err = issuer.run(t, slices.Concat(issue, []string{"--json"})...)
		return strings.Contains(out, `"failed"`)
	}, 3*time.Minute, time.Second, "the run goes on")
	require.NoError(t, <-killing, failed)
	require.ErrorContains(t, err, "exit status 1", "some rows were not issued")
	var done struct {
		Rows, Resumed int
		Issued        int64
		Failed        []gateway.FailedRow
	}
	require.NoError(t, json.Unmarshal([]byte(out), &done), out)
	require.Positive(t, done.Resumed, "batches of before the kill were not issued again")
	require.Equal(t, households-wrong, done.Rows)
	require.EqualValues(t, (households-wrong)*won, done.Issued)
	codes := map[int]string{}
	for _, f := range done.Failed {
		codes[f.Row] = f.Code
	}
	require.Equal(t, map[int]string{17: "HOLDER_UNKNOWN", 1_234: "PERSON_CEILING", 2_999: "UNIT_MISMATCH"}, codes)

	// The wrong rows are put right in the file that came back, by two people.
	right, err := os.ReadFile(mended)
	require.NoError(t, err)
	text := strings.NewReplacer(
		currency.AccountID("did:key:zNobody")+",100000,", people[17].Account()+",100000,", ",1000000,", ",100000,", ",100500,", ",100000,",
	).Replace(string(right))
	require.NoError(t, os.WriteFile(mended, []byte(text), 0o600))
	_, failed, err = issuer.run(t, "run", "correct", "spring", "fix", "--rows", mended, "--roster", roster)
	require.NoError(t, err, failed)
	_, failed, err = issuer.run(t, "run", "approve-correction", "spring", "fix", "--rows", mended, "--roster", roster)
	require.Error(t, err)
	require.Contains(t, failed, "ROLE_MISSING")
	for range 2 { // the second time changes nothing
		require.Eventually(t, func() bool {
			out, failed, err = second.run(t, "run", "approve-correction", "spring", "fix", "--rows", mended, "--roster", roster, "--json")
			return err == nil
		}, 30*time.Second, 200*time.Millisecond, "%s", failed)
		require.Contains(t, out, `"failed": 0`)
	}
	_, failed, err = issuer.run(t, "run", "close", "spring")
	require.NoError(t, err, failed)

	// Everybody asked has 100,000 won, once.
	for i := 0; i < households; i += 97 {
		require.NoError(t, town.Look(t.Context(), people[i]))
		require.Len(t, people[i].Claims, 1, "household %d", i)
	}
	for _, i := range []int{17, 1_234, 2_999} {
		people[i].Claims = nil
		require.NoError(t, town.Look(t.Context(), people[i]))
		require.Len(t, people[i].Claims, 1, "household %d", i)
	}

	// It buys food and medicine, and nothing else.
	one := people[17]
	order, err := one.Pay("arcade", 10_000)
	require.NoError(t, err)
	err = town.API.Order(t.Context(), "/v1/payments", order, nil)
	require.True(t, demo.IsCode(err, "INSUFFICIENT_FUNDS"), "%v", err)
	one.Seq--
	one.Claims = nil
	require.NoError(t, town.Look(t.Context(), one))
	order, err = one.Pay("grocer", 38_000)
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/payments", order, nil))
	order, err = one.Pay("pharmacy", 12_000)
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/payments", order, nil))
	held := purseOf(t, town, one)
	require.EqualValues(t, 50_000, held.Total)
	require.Equal(t, rules.Validity.Until, held.Buckets[0].Expiry, "to be used by the end of the year")
	order, err = one.Give(people[0].Account(), 1_000)
	require.NoError(t, err)
	err = town.API.Order(t.Context(), "/v1/gifts", order, nil)
	require.True(t, demo.IsCode(err, "GIFTS_OFF"), "%v", err)

	// Who came too late shows a ticket; the office that signed it cannot tell whose.
	m.eligible(t, town, late, won)

	// The books: what nobody was paid is in the budget again.
	want := daybook.YearLine{
		Fund: "relief", Appropriated: budget, Issued: (households + 1) * won, Used: 50_000,
		Outstanding: (households+1)*won - 50_000, Left: budget - (households+1)*won,
	}
	var of daybook.YearsOf
	require.Eventually(t, func() bool { // the city's own peer has the last blocks
		out, failed, err = issuer.run(t, "report", "year", fmt.Sprint(year), "--json")
		require.NoError(t, err, failed)
		var books daybook.YearReport
		require.NoError(t, json.Unmarshal([]byte(out), &books))
		of = books.Programs[slices.IndexFunc(books.Programs, func(of daybook.YearsOf) bool { return of.Program == town.Program })]
		return slices.Equal(of.Funds, []daybook.YearLine{want})
	}, 20*time.Second, 500*time.Millisecond, "the books end with %+v", of.Funds)
	require.Equal(t, []daybook.YearOfOneBudget{{
		ID: "relief", Fund: "relief", Year: year, Amount: budget, Drawn: (households + late) * won, Left: 2_000_000,
	}}, of.Appropriations, "drawn: what was paid, and the tickets not shown yet")

	m.lapsed(t, coupons)
}

// eligible opens a series of tickets, and has somebody claim with one.
func (m *money) eligible(t *testing.T, town *demo.Town, count int, won int64) {
	t.Helper()
	n := &nation{p: m.p, api: town.API}
	n.appoint(t)
	ministry, office := n.register(t, identity.UnlockNone), n.register(t, identity.UnlockNone)
	n.accredit(t, "relief", ministry, office)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	signer, err := ticket.NewIssuer(key)
	require.NoError(t, err)
	at := n.place()
	stated, err := office.Sign(currency.TypTicketKey, currency.TicketKey{
		V: 1, Network: at.Network, Channel: at.Channel, Program: town.Program, Series: "late", Key: signer.PublicKey(),
	})
	require.NoError(t, err)
	series, err := m.officer(t, "CityMSP", "issuer").OpenTickets(t.Context(), currency.OpenTickets{
		Operation: call.Operation{Op: town.Program + ".late"}, Program: town.Program, ID: "late", Unit: "KRW", Appropriation: "relief",
		Each: won, Count: count, Tranches: count, Until: time.Now().Add(24 * time.Hour).Unix(),
		Root: "relief", Schema: identity.Any, Region: identity.Any, Key: stated,
	})
	require.NoError(t, err)
	hana := person(t, town, "hana")
	pending, err := ticket.Ask(currency.Place{Network: at.Network, Channel: at.Channel, Chaincode: "currency"}, series, hana.Account())
	require.NoError(t, err)
	answer, err := signer.Sign(pending.Blinded)
	require.NoError(t, err)
	mine, err := pending.Finish(answer)
	require.NoError(t, err)
	for seq, want := range []string{"", "TICKET_USED"} {
		mine.Seq = int64(seq) + 1
		order, err := hana.Present(mine)
		require.NoError(t, err)
		err = town.API.Order(t.Context(), "/v1/tickets", order, nil)
		require.Equal(t, want != "", err != nil, "%v", err)
		require.True(t, want == "" || demo.IsCode(err, want), "%v", err)
	}
	require.NoError(t, town.Look(t.Context(), hana))
	require.Len(t, hana.Claims, 1)
}
