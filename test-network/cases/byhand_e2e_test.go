// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/test-network/demo"
)

// desk is where officers have nothing but Fabric's own peer program.
type desk struct {
	m       *money
	program string
	ops     int
}

// An officer at the desk: organisation and name.
type seat struct{ msp, name string }

var (
	planner, treasurer, issuer = seat{"CityMSP", "planner"}, seat{"CityMSP", "treasurer"}, seat{"CityMSP", "issuer"}
	markets, approver, guard   = seat{"CityMSP", "markets"}, seat{"KomscoMSP", "approver"}, seat{"KomscoMSP", "guard"}
	cashier                    = seat{"BankMSP", "cashier"}
)

func (d *desk) op() call.Operation {
	d.ops++
	return call.Operation{Op: fmt.Sprintf("%s.%d", d.program, d.ops)}
}

func (d *desk) about(id string) currency.RecordOperation {
	return currency.RecordOperation{Operation: d.op(), RecordQuery: d.record(id)}
}

func (d *desk) record(id string) currency.RecordQuery {
	return currency.RecordQuery{Program: d.program, ID: id}
}

// peer runs a line of the shell, which finds the function and its argument in $CALL.
func (d *desk) peer(t *testing.T, by seat, line, function string, request any) (string, error) {
	t.Helper()
	env, err := d.m.p.Env(by.msp, by.name)
	require.NoError(t, err)
	arg, err := json.Marshal(request)
	require.NoError(t, err)
	args, err := json.Marshal(map[string][]string{"Args": {function, string(arg)}})
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "sh", "-ec", line+` -C $CHANNEL -n currency -c "$CALL"`)
	cmd.Env = append(append(os.Environ(), env...), "CALL="+string(args))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

const invoke, query = `peer chaincode invoke $INVOKE --waitForEvent`, `peer chaincode query`

func (d *desk) do(t *testing.T, by seat, function string, request any) {
	t.Helper()
	out, err := d.peer(t, by, invoke, function, request)
	require.NoError(t, err, "%s: %s", function, out)
}

func (d *desk) refused(t *testing.T, want *code.Code, by seat, function string, request any) {
	t.Helper()
	out, err := d.peer(t, by, invoke, function, request)
	require.Error(t, err, function)
	require.Contains(t, out, want.Name+": ", function)
}

func ask[Record any](t *testing.T, d *desk, by seat, function string, request any) (record Record) {
	t.Helper()
	out, err := d.peer(t, by, query, function, request)
	require.NoError(t, err, "%s: %s", function, out)
	require.NoError(t, json.Unmarshal([]byte(out), &record), out)
	return record
}

// Whatever officers do in the cases they can do with Fabric's own peer program alone,
// from the first role to the last audit; residents and shops go through the gateway
// meanwhile, as always.
func (m *money) byHand(t *testing.T) {
	d := &desk{m: m, program: "by-hand"}
	town := &demo.Town{Platform: m.p, API: demo.NewAPI(m.p.URL), Program: d.program}
	centre := m.organisation(t)
	rules := d.found(t, centre.DID)

	resident := func() *demo.Resident {
		w := m.organisation(t)
		return &demo.Resident{Wallet: w, Holder: w.In(d.program)}
	}
	send := func(path, order string, err error) {
		t.Helper()
		require.NoError(t, err)
		require.NoError(t, town.API.Order(t.Context(), path, order, nil))
	}
	minsu, jisoo, bakery := resident(), resident(), &demo.Shop{Resident: resident(), ID: "bakery"}
	for _, r := range []*demo.Resident{minsu, jisoo} {
		order, err := r.Open("")
		send("/v1/accounts", order, err)
	}
	business := digestOf("business of the bakery")
	d.do(t, markets, "RegisterMerchant", currency.RegisterMerchant{
		Operation: d.op(), Program: d.program, ID: "bakery", DID: bakery.Wallet.DID, Region: "11350", Category: "cafe", Payout: digestOf("account of the bakery"),
		MerchantTerms: currency.MerchantTerms{Business: business},
	})

	// Case 1: a voucher is sold, spent and paid out.
	allotment := currency.OpenAllotment{
		Operation: d.op(), Program: d.program, ID: "sale", Unit: "KRW", Source: currency.Subsidy, Appropriation: "budget", Amount: 100_000, Tranches: 10,
	}
	d.do(t, issuer, "OpenAllotment", allotment)
	require.NoError(t, buy(t, town, minsu, 100_000))
	confirm := currency.ConfirmPurchase{
		Operation: d.op(), Program: d.program, Ref: "KB-1", Account: minsu.Account(), Seq: minsu.Seq, Amount: 90_000, Allotment: "sale",
	}
	d.refused(t, code.RoleMissing, issuer, "ConfirmPurchase", confirm)
	d.do(t, cashier, "ConfirmPurchase", confirm)
	d.do(t, cashier, "ConfirmPurchase", confirm) // sent again, it is carried out once
	minsu.Claims = []currency.CreditName{ask[currency.Purchase](t, d, cashier, "Purchase", currency.ReceiptQuery{
		Program: d.program, Account: minsu.Account(), Seq: minsu.Seq,
	}).Credit}
	order, err := minsu.Pay("bakery", 45_000)
	send("/v1/payments", order, err)
	require.NoError(t, town.Look(t.Context(), bakery.Resident))
	order, err = bakery.CashIn(45_000)
	send("/v1/redemptions", order, err)
	d.do(t, cashier, "ConfirmPayout", currency.ConfirmPayout{
		Operation: d.op(), Program: d.program, Ref: "transfer-1", Account: bakery.Account(), Seq: bakery.Seq, Amount: 45_000,
	})
	require.EqualValues(t, 45_000, ask[currency.Payout](t, d, cashier, "Payout", d.record("transfer-1")).Amount)

	// Case 5: an hour at the centre.
	allotment.Operation, allotment.ID, allotment.Source = d.op(), "rewards", currency.Reward
	d.do(t, issuer, "OpenAllotment", allotment)
	word := attest(t, centre, town, jisoo, "volunteering", 60, "rota of March")
	d.do(t, cashier, "SubmitAttestation", currency.SubmitAttestation{Operation: d.op(), Program: d.program, Attestation: word})
	d.refused(t, currency.EvidenceUsed, cashier, "SubmitAttestation", currency.SubmitAttestation{Operation: d.op(), Program: d.program, Attestation: word})
	require.EqualValues(t, 700, ask[currency.Evidence](t, d, guard, "Evidence", currency.EvidenceQuery{Program: d.program, Evidence: digestOf("rota of March")}).Amount)

	d.welfare(t, rules, minsu, jisoo)
	d.ghost(t, rules, minsu)
	d.fraud(t, town, minsu)
	d.people(t, jisoo, resident())
	d.shops(t, business)
	d.do(t, issuer, "CloseAllotment", d.about("rewards"))
}

func digestOf(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}

// found grants roles, and brings programme, rules and money into being.
func (d *desk) found(t *testing.T, attester string) currency.Policy {
	t.Helper()
	for _, o := range []struct {
		seat
		roles []call.Role
	}{
		{planner, []call.Role{currency.RoleRegistrar, currency.RolePolicy}},
		{treasurer, []call.Role{currency.RoleTreasurer}},
		{issuer, []call.Role{currency.RoleIssuer}},
		{markets, []call.Role{currency.RoleMerchants}},
		{approver, []call.Role{currency.RoleApprover, currency.RoleRegistrar}},
		{guard, []call.Role{currency.RoleGuard, currency.RoleAuditor}},
		{cashier, []call.Role{currency.RoleCashier, currency.RoleApprover}},
	} {
		user, err := d.m.p.User(o.msp, o.name)
		require.NoError(t, err)
		for _, role := range o.roles {
			d.do(t, seat{o.msp, "Admin"}, "GrantRole", call.SetRole{Operation: d.op(), Name: user.CommonName, Role: role})
		}
		if o.seat == approver {
			d.do(t, seat{o.msp, "Admin"}, "RevokeRole", call.SetRole{Operation: d.op(), Name: user.CommonName, Role: currency.RoleRegistrar})
		}
	}
	program := currency.DefineProgram{Operation: d.op(), Program: currency.Program{
		ID: d.program, Title: "By hand", Zone: "+09:00", Open: true,
		Organisations: currency.Organisations{Issuer: "CityMSP", Operator: "KomscoMSP", Bank: "BankMSP"},
	}}
	d.refused(t, code.RoleMissing, approver, "DefineProgram", program)
	d.do(t, planner, "DefineProgram", program)
	rules := demo.Rules
	rules.Program, rules.Version, rules.BonusRate, rules.Guards.Approval = d.program, 1, 0, true
	rules.Denomination = 100
	rules.Sale = &currency.Sale{Fund: "principal", Form: currency.Discount, Rate: 1000, Hours: 4, MonthlyCap: 700_000}
	rules.Earning = &currency.Earning{Allotment: "rewards", LifetimeCap: 50_000, Activities: []currency.Activity{
		{ID: "volunteering", Unit: "minute", Pay: 700, For: 60, Attesters: []string{attester}},
	}}
	rules.Shops = &currency.Shops{Bans: []currency.BanRule{{Reason: "fraud", Months: 12}}, Redemption: &currency.RedemptionRule{Base: 100_000, Share: 10_000}}
	d.do(t, planner, "ProposePolicy", currency.ProposePolicy{Operation: d.op(), Policy: rules})
	d.do(t, approver, "ApprovePolicy", currency.ApprovePolicy{Operation: d.op(), PolicyQuery: currency.PolicyQuery{Program: d.program, Version: 1}})
	d.do(t, treasurer, "ProposeAppropriation", currency.ProposeAppropriation{Operation: d.op(), Program: d.program, ID: "budget", Fund: "budget", Amount: 1_000_000})
	d.do(t, approver, "ApproveAppropriation", d.about("budget"))
	d.do(t, cashier, "ConfirmDeposit", currency.ConfirmDeposit{Operation: d.op(), Program: d.program, Ref: "gift", Fund: "donations", Amount: 100_000})
	require.EqualValues(t, 100_000, ask[currency.Deposit](t, d, cashier, "Deposit", d.record("gift")).Left)
	return ask[currency.Policy](t, d, planner, "Policy", currency.PolicyQuery{Program: d.program})
}

// welfare is case 6: a roster of two rows, approved by another organisation; one is
// wrong and corrected under two people.
func (d *desk) welfare(t *testing.T, rules currency.Policy, minsu, jisoo *demo.Resident) {
	t.Helper()
	rows := []currency.Row{{To: minsu.Account(), Amount: 50_000}, {To: currency.AccountID("did:key:zNobody"), Amount: 50_000}}
	run := d.open(t, rules, "spring", rows)
	issue := currency.IssueBatch{Operation: d.op(), Program: d.program, Run: "spring", Rows: rows}
	d.refused(t, currency.RunWaiting, issuer, "IssueBatch", issue)
	d.do(t, approver, "ApproveRun", currency.ApproveRun{Operation: d.op(), RecordQuery: d.record("spring"), Root: currency.RosterRoot(run.Batches)})
	d.do(t, issuer, "IssueBatch", issue)
	b := ask[currency.Batch](t, d, issuer, "Batch", currency.BatchQuery{Program: d.program, Run: "spring"})
	require.Equal(t, currency.HolderUnknown.Name, b.Failed[0].Code)
	fix := []currency.CorrectedRow{{Row: 1, To: jisoo.Account(), Amount: 50_000}}
	d.do(t, issuer, "ProposeCorrection", currency.ProposeCorrection{Operation: d.op(), Program: d.program, Run: "spring", ID: "fix", Rows: fix})
	d.do(t, approver, "ApproveCorrection", currency.ApproveCorrection{
		Operation: d.op(), CorrectionQuery: currency.CorrectionQuery{Program: d.program, Run: "spring", ID: "fix"}, Digest: currency.CorrectionDigest(fix), Rows: rows,
	})
	d.do(t, issuer, "CloseRun", d.about("spring"))
	require.EqualValues(t, 100_000, ask[currency.Run](t, d, issuer, "Run", d.record("spring")).Reserved)
}

func (d *desk) open(t *testing.T, rules currency.Policy, id string, rows []currency.Row) currency.OpenRun {
	t.Helper()
	batch, err := currency.Announce(rows, currency.Benefit, rules)
	require.NoError(t, err)
	run := currency.OpenRun{
		Operation: d.op(), Program: d.program, ID: id, Unit: "KRW", Source: currency.Benefit,
		Draws: []currency.Draw{{Appropriation: "budget", Amount: batch.Total}}, Batches: []currency.Announced{batch},
	}
	d.do(t, issuer, "OpenRun", run)
	return run
}

// ghost is case 12: another organisation's guard stops what is too much.
func (d *desk) ghost(t *testing.T, rules currency.Policy, minsu *demo.Resident) {
	t.Helper()
	rows := []currency.Row{{To: minsu.Account(), Amount: 500_000}}
	d.open(t, rules, "ghost", rows)
	d.do(t, guard, "StopRun", currency.StopRun{Operation: d.op(), RecordQuery: d.record("ghost"), Reason: "case-7"})
	d.refused(t, currency.RunStopped, issuer, "IssueBatch", currency.IssueBatch{Operation: d.op(), Program: d.program, Run: "ghost", Rows: rows})
	d.do(t, issuer, "CloseRun", d.about("ghost"))
	stop := currency.StopAllotment{Operation: d.op(), RecordQuery: d.record("sale"), Reason: "case-7"}
	d.refused(t, code.RoleMissing, issuer, "StopAllotment", stop)
	d.do(t, guard, "StopAllotment", stop)
	d.do(t, issuer, "CloseAllotment", d.about("sale"))
	require.EqualValues(t, 90_000, ask[currency.Allotment](t, d, issuer, "Allotment", d.record("sale")).Returned)
}

// fraud: a case, some of whose money goes back into the budget under two people.
func (d *desk) fraud(t *testing.T, town *demo.Town, minsu *demo.Resident) {
	t.Helper()
	require.NoError(t, town.Look(t.Context(), minsu))
	order, err := minsu.Collect()
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/claims", order, nil))
	about := currency.CaseQuery{Program: d.program, Account: minsu.Account(), ID: "c-1"}
	d.do(t, guard, "OpenCase", currency.OpenCase{Operation: d.op(), CaseQuery: about, Reason: "report-1"})
	d.do(t, guard, "HoldFunds", currency.HoldFunds{Operation: d.op(), CaseQuery: about, Amount: 1_000})
	claw := currency.ClawBack{Operation: d.op(), CaseQuery: about, Amount: 700}
	d.do(t, guard, "ProposeClawback", claw)
	claw.Operation = d.op()
	d.do(t, cashier, "ApproveClawback", claw)
	d.do(t, guard, "CloseCase", currency.CaseOperation{Operation: d.op(), CaseQuery: about})
	back := ask[call.Page[currency.FundReturn]](t, d, treasurer, "FundReturns", currency.PageQuery{Program: d.program})
	require.Len(t, back.Records, 1)
	require.EqualValues(t, 700, back.Records[0].Record.Amount)
	d.do(t, treasurer, "AbsorbReturns", currency.AbsorbReturns{Operation: d.op(), Program: d.program, ID: "budget", Returns: []string{back.Records[0].Key[1]}})
	sweep := currency.Sweep{Operation: d.op(), Program: d.program, Purses: []string{minsu.Account()}}
	d.do(t, cashier, "Sweep", sweep) // nothing has lapsed, and anybody may ask
}

// people: a lost phone. Its cool-down of three days outlasts the test.
func (d *desk) people(t *testing.T, lost, phone *demo.Resident) {
	t.Helper()
	freeze := currency.SetFreeze{Operation: d.op(), Program: d.program, Account: lost.Account(), Reason: "lost-1"}
	d.do(t, guard, "FreezeHolder", freeze)
	recovery := currency.ProposeRecovery{Operation: d.op(), Program: d.program, Account: lost.Account(), DID: phone.Wallet.DID}
	d.do(t, guard, "ProposeRecovery", recovery)
	recovery.Operation = d.op()
	d.refused(t, currency.RecoveryEarly, cashier, "ApproveRecovery", recovery)
	d.refused(t, currency.HolderState, cashier, "ForwardCredits", currency.ForwardCredits{
		Operation: d.op(), Program: d.program, Account: lost.Account(), Credits: []currency.CreditName{currency.NewCreditName(strings.Repeat("0", 64), 0)},
	})
	freeze.Operation = d.op()
	d.do(t, guard, "UnfreezeHolder", freeze)
	require.Nil(t, ask[currency.Holder](t, d, guard, "Holder", currency.AccountQuery{Program: d.program, Account: lost.Account()}).Recovery)
}

// shops: terms, sales, a suspension and a ban.
func (d *desk) shops(t *testing.T, business string) {
	t.Helper()
	d.do(t, markets, "SetMerchantTerms", currency.SetMerchantTerms{
		Operation: d.op(), Program: d.program, ID: "bakery", MerchantTerms: currency.MerchantTerms{Business: business, Revenue: 200_000_000},
	})
	d.do(t, markets, "VerifySales", currency.VerifySales{Operation: d.op(), Program: d.program, ID: "bakery", Sales: 10_000, Evidence: digestOf("papers")})
	for _, s := range []currency.Status{currency.Suspended, currency.Active} {
		d.do(t, markets, "SetMerchantStatus", currency.SetMerchantStatus{Operation: d.op(), Program: d.program, ID: "bakery", Status: s})
	}
	d.do(t, markets, "BanMerchant", currency.BanMerchant{Operation: d.op(), Program: d.program, ID: "bakery", Reason: "fraud"})
	of := currency.BanQuery{Program: d.program, Business: business}
	require.Equal(t, "bakery", ask[currency.Ban](t, d, markets, "Ban", of).Merchant)
	d.do(t, markets, "LiftBan", currency.LiftBan{Operation: d.op(), BanQuery: of})
}
