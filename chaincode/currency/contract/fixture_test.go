// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

const (
	cc      = contract.Name
	network = "testnet"

	valid = peer.TxValidationCode_VALID
	mvcc  = peer.TxValidationCode_MVCC_READ_CONFLICT

	nowon  = "nowon"  // programme that asks for an enrolment; 10% bonus
	bazaar = "bazaar" // programme open to any DID; merchants respend

	region, otherRegion     = "11350", "11110"
	category, otherCategory = "food", "games"
)

// What a person may ever earn, and be given back for a month's payments, won.
const earningCap, cashbackCap = 50_000, 30_000

// korea is the programmes' zone.
var korea = time.FixedZone("KST", 9*60*60)

// charity is the organisation that attests what residents do.
var charity = newWallet("charity")

// town is a channel with the currency contract, two programmes, their officers,
// money and shops.
type town struct {
	t   ledgertest.TB
	net *ledgertest.Network

	// Officers. Each holds the roles that its name says.
	city   *ledgertest.Caller // CityMSP, the issuer: every role an issuer may hold
	deputy *ledgertest.Caller // CityMSP: approver
	komsco *ledgertest.Caller // KomscoMSP, the operator: registrar, approver, guard, auditor
	bank   *ledgertest.Caller // BankMSP: cashier, approver
	// The gateway's certificate: no role at all.
	courier *ledgertest.Caller

	enroller *wallet
	office   *citizen // accredited to give tickets, in a town of newTicketTown
	stall    *wallet  // merchant "stall" of both programmes: region, category
	arcade   *wallet  // merchant "arcade" of both programmes: otherRegion, otherCategory

	ops   int
	audit *audit
}

// newTown founds the town, with roles granted, policies approved, money in both
// programmes' funds ("deposit" of fund bought, "budget" of fund budget) and shops.
func newTown(t ledgertest.TB, options ...ledgertest.Option) *town {
	t.Helper()
	return newTownWith(t, nil, options...)
}

// newTownWith is newTown where programme bazaar names an identity contract.
func newTownWith(t ledgertest.TB, documents *currency.Identity, options ...ledgertest.Option) *town {
	t.Helper()
	tn := found(t, options...)
	tn.city, tn.deputy = tn.net.Caller("CityMSP", "officer", ledgertest.Client), tn.net.Caller("CityMSP", "deputy", ledgertest.Client)
	for _, r := range []call.Role{currency.RoleRegistrar, currency.RolePolicy, currency.RoleTreasurer, currency.RoleIssuer, currency.RoleMerchants, currency.RoleGuard, currency.RoleApprover} {
		tn.grant(tn.city, r)
	}
	tn.grant(tn.deputy, currency.RoleApprover)
	for _, r := range []call.Role{currency.RoleRegistrar, currency.RoleApprover, currency.RoleGuard, currency.RoleAuditor} {
		tn.grant(tn.komsco, r)
	}
	tn.grant(tn.bank, currency.RoleCashier)
	tn.grant(tn.bank, currency.RoleApprover)

	for _, p := range []currency.Program{tn.program(nowon), tn.program(bazaar)} {
		if p.ID == bazaar {
			p.Identity = documents
		}
		tn.do(tn.komsco, "DefineProgram", currency.DefineProgram{Operation: tn.op(), Program: p})
		tn.newPolicy(policyOf(p.ID, 1))
		tn.do(tn.bank, "ConfirmDeposit", currency.ConfirmDeposit{Operation: tn.op(), Program: p.ID, Ref: "deposit", Fund: "bought", Amount: 10_000_000_000})
		tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: tn.op(), Program: p.ID, ID: "budget", Fund: "budget", Amount: 1_000_000_000})
		tn.do(tn.bank, "ApproveAppropriation", currency.RecordOperation{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: p.ID, ID: "budget"}})
		tn.register(p.ID, "stall", tn.stall, region, category)
		tn.register(p.ID, "arcade", tn.arcade, otherRegion, otherCategory)
	}
	return tn
}

// found deploys the contract and names the officers; nobody holds a role yet.
func found(t ledgertest.TB, options ...ledgertest.Option) *town {
	t.Helper()
	net := ledgertest.New(t, append([]ledgertest.Option{
		ledgertest.Chaincode(cc, contract.New(ledger.Config{Name: cc, Network: network})),
	}, options...)...)
	return &town{
		t: t, net: net,
		city: net.Caller("CityMSP", "officer", ledgertest.Client), deputy: net.Caller("CityMSP", "deputy", ledgertest.Client),
		komsco: net.Caller("KomscoMSP", "operator", ledgertest.Client), bank: net.Caller("BankMSP", "cashier", ledgertest.Client),
		courier:  net.Caller("KomscoMSP", "gateway", ledgertest.Client),
		enroller: newWallet("enroller"), stall: newWallet("stall"), arcade: newWallet("arcade"),
		audit: newAudit(),
	}
}

func (tn *town) program(id string) currency.Program {
	p := currency.Program{
		ID: id, Title: "Voucher of " + id, Zone: "+09:00",
		Organisations: currency.Organisations{Issuer: "CityMSP", Operator: "KomscoMSP", Bank: "BankMSP"},
	}
	if id == nowon {
		p.Enrollers = []string{tn.enroller.did}
	} else {
		p.Open = true
	}
	return p
}

func policyOf(program string, version int) currency.Policy {
	p := currency.Policy{
		Program: program, Version: version, Unit: "KRW", Denomination: 100,
		Validity: currency.Validity{Months: 36}, BonusRate: 1000, HoldingCap: 1_500_000,
		PersonCeiling: 770_000, BatchCeiling: 1_000_000_000, Gifts: true,
		Regions: []string{region}, Categories: []string{category},
		CashRefund: &currency.CashRefund{Share: 100, Subsidy: 909}, // so little that random days meet it
		Sale:       &currency.Sale{Fund: "bought", Form: currency.Bonus, Rate: 1000, Hours: 4, MonthlyCap: 700_000},
	}
	p.Into, p.From = []currency.Way{{Program: other(program), Rate: 9_900}}, []currency.Way{{Program: other(program), Rate: 9_900}}
	p.Shops = &currency.Shops{Bans: []currency.BanRule{{Reason: "fraud", Months: 12}, {Reason: "limits", Months: 6}}}
	p.Fraud = []currency.Threshold{
		{Name: "repeated", Pattern: currency.RepeatedPayments, Hours: 24, Count: 3, Won: 300_000},
		{Name: "round", Pattern: currency.RoundPayments, Hours: 72, Count: 3, Least: 1_000, Multiple: 1_000},
		{Name: "ring", Pattern: currency.RingOfGifts, Hours: 72, Least: 300, Accounts: 4},
	}
	p.Earning = &currency.Earning{
		Allotment: "rewards", LifetimeCap: earningCap, Validity: &currency.Validity{Months: 36},
		Activities: []currency.Activity{
			{ID: "volunteering", Unit: "minute", Pay: 700, For: 60, Attesters: []string{charity.did}},
			{ID: "donation", Unit: "won", Pay: 10, For: 100, Attesters: []string{charity.did}},
		},
	}
	p.Cashback = &currency.Cashback{Allotment: "rewards", Rate: 1000, MonthlyCap: cashbackCap, Months: 1, Sources: []currency.Source{currency.Principal, currency.Subsidy}}
	if program == bazaar {
		p.From[0].As, p.From[0].Expiry = currency.Reward, currency.Own
		p.BonusRate, p.HoldingCap, p.Respend, p.Regions, p.Categories = 0, 0, true, nil, nil
		p.Validity = currency.Validity{Days: 30}
	}
	return p
}

// other is the programme with which one exchanges.
func other(program string) string {
	if program == bazaar {
		return nowon
	}
	return bazaar
}

// newPolicy proposes a policy and has it approved.
func (tn *town) newPolicy(p currency.Policy) {
	tn.t.Helper()
	tn.do(tn.city, "ProposePolicy", currency.ProposePolicy{Operation: tn.op(), Policy: p})
	tn.do(tn.komsco, "ApprovePolicy", currency.ApprovePolicy{Operation: tn.op(), PolicyQuery: currency.PolicyQuery{Program: p.Program, Version: p.Version}})
}

func (tn *town) register(program, id string, w *wallet, region, category string) {
	tn.t.Helper()
	tn.do(tn.city, "RegisterMerchant", tn.registering(program, id, w, region, category))
}

func (tn *town) registering(program, id string, w *wallet, region, category string) currency.RegisterMerchant {
	return currency.RegisterMerchant{
		Operation: tn.op(), Program: program, ID: id, DID: w.did, Region: region, Category: category, Payout: strings.Repeat("a1", 32),
		MerchantTerms: currency.MerchantTerms{Business: businessOf(id)},
	}
}

// businessOf is the digest of a business's registration number.
func businessOf(id string) string {
	digest := sha256.Sum256([]byte("salt and business of " + id))
	return hex.EncodeToString(digest[:])
}

func (tn *town) setMerchant(program, id string, s currency.Status) {
	tn.t.Helper()
	tn.do(tn.city, "SetMerchantStatus", currency.SetMerchantStatus{Operation: tn.op(), Program: program, ID: id, Status: s})
}

func (tn *town) freezing(program string, w *wallet) currency.SetFreeze {
	return currency.SetFreeze{Operation: tn.op(), Program: program, Account: w.account, Reason: "case-1"}
}

// resident opens an account in a programme and claims 100,000 won of principal.
func (tn *town) resident(program, name string) *wallet {
	tn.t.Helper()
	return tn.residents(program, name)[0]
}

// residents opens accounts in a programme, each holding 100,000 won of
// principal and the bonus on it.
func (tn *town) residents(program string, names ...string) []*wallet {
	tn.t.Helper()
	all := make([]*wallet, len(names))
	orders := make([]string, len(names))
	for i, name := range names {
		all[i] = newWallet(name)
		orders[i] = tn.open(program, all[i])
	}
	tn.batch(orders...)
	rows := make([]currency.Row, len(all))
	for i, w := range all {
		rows[i] = currency.Row{To: w.account, Amount: 100_000}
	}
	tx := tn.issue(program, currency.Principal, rows)
	for at := 0; at < len(all); at += currency.MaxClaims {
		orders = orders[:0]
		for i := at; i < min(at+currency.MaxClaims, len(all)); i++ {
			orders = append(orders, tn.claim(program, all[i], currency.NewCreditName(tx, i)))
		}
		tn.batch(orders...)
	}
	return all
}

// batch carries out orders in one transaction, all of which must succeed.
func (tn *town) batch(orders ...string) {
	tn.t.Helper()
	for i, item := range tn.tryBatch(orders...) {
		if item.Code != "" {
			tn.t.Fatalf("order %d: %s: %s", i, item.Code, item.Detail)
		}
	}
}

// tryBatch carries out orders in one transaction and returns their outcomes.
func (tn *town) tryBatch(orders ...string) []currency.Item {
	tn.t.Helper()
	return result[[]currency.Item](tn, tn.commitOne(tn.endorse(tn.courier, "PayBatch", anys(orders)...)))
}

// openRun announces one run of these batches and draws what it needs.
func (tn *town) openRun(program, id string, source currency.Source, batches ...[]currency.Row) currency.OpenRun {
	tn.t.Helper()
	p := get[currency.Policy](tn, tn.courier, "Policy", currency.PolicyQuery{Program: program})
	r := currency.OpenRun{Operation: tn.op(), Program: program, ID: id, Unit: p.Unit, Source: source}
	var total, bonus int64
	for _, rows := range batches {
		a, err := currency.Announce(rows, source, p)
		if err != nil {
			tn.t.Fatalf("announce: %v", err)
		}
		total, bonus = total+a.Total, bonus+a.Bonus
		r.Batches = append(r.Batches, a)
	}
	budget := bonus
	if source == currency.Principal {
		r.Draws = append(r.Draws, currency.Draw{Deposit: "deposit", Amount: total})
	} else {
		budget = total
	}
	if budget > 0 {
		r.Draws = append(r.Draws, currency.Draw{Appropriation: "budget", Amount: budget})
	}
	return r
}

// issue opens a run of one batch, issues it and returns the transaction id, by
// which the credits are named: row i is credit i.
func (tn *town) issue(program string, source currency.Source, rows []currency.Row) string {
	tn.t.Helper()
	id := "run-" + strconv.Itoa(tn.ops)
	tn.do(tn.city, "OpenRun", tn.openRun(program, id, source, rows))
	b := result[currency.Batch](tn, tn.do(tn.city, "IssueBatch", currency.IssueBatch{Operation: tn.op(), Program: program, Run: id, Rows: rows}))
	if len(b.Failed) > 0 {
		tn.t.Fatalf("row %d was not issued: %s: %s", b.Failed[0].Row, b.Failed[0].Code, b.Failed[0].Detail)
	}
	return b.Tx
}

// issueFrom issues won in bazaar from a new deposit of a new fund.
func (tn *town) issueFrom(fund string, to *wallet, won int64) currency.CreditName {
	tn.t.Helper()
	tn.do(tn.bank, "ConfirmDeposit", currency.ConfirmDeposit{Operation: tn.op(), Program: bazaar, Ref: fund, Fund: fund, Amount: won})
	rows := []currency.Row{{To: to.account, Amount: won}}
	r := tn.openRun(bazaar, fund, currency.Principal, rows)
	r.Draws[0].Deposit = fund
	tn.do(tn.city, "OpenRun", r)
	b := result[currency.Batch](tn, tn.do(tn.city, "IssueBatch", currency.IssueBatch{Operation: tn.op(), Program: bazaar, Run: fund, Rows: rows}))
	return currency.NewCreditName(b.Tx, 0)
}

// run is t.Run on a town that goes on living in the next subtest.
func (tn *town) run(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		outer := tn.t
		tn.t = t
		defer func() { tn.t = outer }()
		f(t)
	})
}

// op is an operation id that was not used before.
func (tn *town) op() call.Operation {
	tn.ops++
	return call.Operation{Op: "op-" + strconv.Itoa(tn.ops)}
}

func (tn *town) grant(to *ledgertest.Caller, role call.Role) {
	tn.t.Helper()
	admin := tn.net.Caller(to.MSPID, "admin", ledgertest.Admin)
	tn.do(admin, "GrantRole", call.SetRole{Operation: tn.op(), Name: to.Name, Role: role})
}

// now is the chaincode's clock in Unix seconds.
func (tn *town) now() int64 { return tn.net.Now().Unix() }

// endorse has a transaction endorsed that must be.
func (tn *town) endorse(caller *ledgertest.Caller, function string, args ...any) *ledgertest.Endorsement {
	tn.t.Helper()
	tx, err := tn.net.Endorse(caller, cc, function, args...)
	if err != nil {
		tn.t.Fatalf("%s: %v", function, err)
	}
	return tx
}

// commit makes a block of the transactions and audits it.
func (tn *town) commit(txs ...*ledgertest.Endorsement) []peer.TxValidationCode {
	tn.t.Helper()
	codes := tn.net.Commit(txs...)
	tn.audit.follow(tn.t, tn.net)
	return codes
}

// commitOne commits one transaction, which must be valid, and returns its answer.
func (tn *town) commitOne(tx *ledgertest.Endorsement) []byte {
	tn.t.Helper()
	if got := tn.commit(tx)[0]; got != valid {
		tn.t.Fatalf("transaction %s: %s, %s", tx.TxID, got, tx.Conflict)
	}
	return tx.Payload
}

// do carries out an officer's call that must succeed.
func (tn *town) do(caller *ledgertest.Caller, function string, request any) []byte {
	tn.t.Helper()
	return tn.commitOne(tn.endorse(caller, function, tn.json(request)))
}

// order carries out one order that must succeed and returns its receipt.
func (tn *town) order(function, order string) currency.Receipt {
	tn.t.Helper()
	return result[currency.Receipt](tn, tn.commitOne(tn.endorse(tn.courier, function, order)))
}

// refused asserts that a call is refused with a code and changes nothing.
func (tn *town) refused(want *code.Code, caller *ledgertest.Caller, function string, args ...any) {
	tn.t.Helper()
	before := tn.net.Height()
	_, err := tn.net.Invoke(caller, cc, function, args...)
	if err == nil {
		tn.t.Fatalf("%s was carried out, want %s", function, want.Name)
	}
	got := currency.Codes.Parse(err.Error())
	if got == nil || got.Code != want {
		tn.t.Fatalf("%s: %v, want %s", function, err, want.Name)
	}
	if tn.net.Height() != before {
		tn.t.Fatalf("%s: refused and yet in a block", function)
	}
}

func (tn *town) json(v any) string {
	tn.t.Helper()
	if s, ok := v.(string); ok {
		return s
	}
	raw, err := json.Marshal(v)
	if err != nil {
		tn.t.Fatalf("encode %T: %v", v, err)
	}
	return string(raw)
}

// at is an instant as the network's clock has it.
func (tn *town) at(d time.Duration) int64 { return tn.net.Now().Add(d).Unix() }

func anys(all []string) []any {
	out := make([]any, len(all))
	for i, s := range all {
		out[i] = s
	}
	return out
}

func names(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s-%d", prefix, i)
	}
	return all
}
