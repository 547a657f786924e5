// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// An order counts in its own place only: another channel, another chaincode of
// the same code, another network and another programme refuse it.
func TestOrderCountsInOnePlace(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	tn.batch(tn.open(bazaar, w))
	tx := tn.issue(bazaar, currency.Benefit, []currency.Row{{To: w.account, Amount: 10_000}})
	tn.batch(tn.claim(bazaar, w, currency.NewCreditName(tx, 0)))
	order := tn.pay(nowon, w, "stall", 1_000)

	deployed := func(name, network string) ledgertest.Option {
		return ledgertest.Chaincode(name, contract.New(ledger.Config{Name: name, Network: network}))
	}
	for _, place := range []struct {
		name, chaincode string
		net             *ledgertest.Network
	}{
		{"channel", cc, tn.net.NewChannel("seoul", deployed(cc, network))},
		{"chaincode", "currency2", tn.net.NewChannel("with-another-chaincode", deployed("currency2", network))},
		{"network", cc, ledgertest.New(t, deployed(cc, "busan"))},
	} {
		t.Run("another "+place.name, func(t *testing.T) {
			_, err := place.net.Invoke(tn.courier, place.chaincode, "Pay", order)
			require.ErrorContains(t, err, "ORDER_ELSEWHERE: ")
			raw, err := place.net.Invoke(tn.courier, place.chaincode, "PayBatch", order)
			require.NoError(t, err)
			require.Equal(t, []string{"ORDER_ELSEWHERE"}, codes(result[[]currency.Item](tn, raw)))
			for key := range place.net.All(place.chaincode) {
				t.Fatalf("%q is written", key)
			}
		})
	}

	// The programme is signed, so it cannot be swapped; and the same number in
	// another programme is another order.
	head, body, sig := cut(order)
	swapped := strings.Replace(body, `"program":"nowon"`, `"program":"bazaar"`, 1)
	require.NotEqual(t, body, swapped)
	tn.refused(code.BadSignature, tn.courier, "Pay", join(head, swapped, sig))
	tn.order("Pay", order)
	require.EqualValues(t, 10_000, tn.balance(bazaar, w))

	// Nor does it count for another holder or under another key.
	other := tn.resident(nowon, "jisoo")
	own := tn.payment(nowon, w, "stall", 2_000)
	w.seq[nowon]--
	own.Holder = other.account
	tn.refused(currency.OrderElsewhere, tn.courier, "Pay", w.sign(own))
}

// A payer who spends through a second path while in a batch: the later of the
// two in the block is invalid, and what is sent again gets its first result.
func TestSecondPathWhileInABatch(t *testing.T) {
	for _, batchFirst := range []bool{true, false} {
		t.Run(fmt.Sprintf("batch first %t", batchFirst), func(t *testing.T) {
			tn := newTown(t)
			both := tn.residents(nowon, "minsu", "jisoo")
			w, honest := both[0], both[1]
			inBatch := []string{tn.pay(nowon, honest, "stall", 1_000), tn.pay(nowon, w, "stall", 110_000)}
			w.seq[nowon]--
			aside := tn.give(nowon, w, honest, 110_000)
			batch := tn.endorse(tn.courier, "PayBatch", anys(inBatch)...)
			alone := tn.endorse(tn.courier, "Give", aside)
			if batchFirst {
				tn.commit(batch, alone)
				require.Equal(t, valid, batch.Status)
				require.Equal(t, mvcc, alone.Status)
				tn.refused(currency.SeqUsed, tn.courier, "Give", aside)
				require.Zero(t, tn.balance(nowon, w))
				return
			}
			tn.commit(alone, batch)
			require.Equal(t, valid, alone.Status)
			require.Equal(t, mvcc, batch.Status)
			// The neighbour lost nothing: sent again without the cheat, or with.
			require.Equal(t, []string{"", "SEQ_USED"}, codes(tn.tryBatch(inBatch...)))
			again := tn.endorse(tn.courier, "Give", aside)
			require.Equal(t, string(alone.Payload), string(again.Payload))
			require.EqualValues(t, 109_000, tn.balance(nowon, honest))
		})
	}
	t.Run("the same order on both paths", func(t *testing.T) {
		tn := newTown(t)
		w := tn.resident(nowon, "minsu")
		order := tn.pay(nowon, w, "stall", 1_000)
		batch, alone := tn.endorse(tn.courier, "PayBatch", order), tn.endorse(tn.courier, "Pay", order)
		tn.commit(batch, alone)
		require.Equal(t, mvcc, alone.Status)
		receipt := result[currency.Receipt](tn, tn.endorse(tn.courier, "Pay", order).Payload)
		require.Equal(t, batch.TxID, receipt.Tx)
		require.EqualValues(t, 109_000, tn.balance(nowon, w))
	})
}

// proxy is somebody else's chaincode: it calls the currency with whatever it is
// given, on the channel it is given, and keeps a note.
type proxy struct{}

func (proxy) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (proxy) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	args := stub.GetArgs()[1:]
	answer := stub.InvokeChaincode(cc, args[1:], string(args[0]))
	note, err := json.Marshal(map[string]any{"status": answer.GetStatus(), "message": answer.GetMessage()})
	if err != nil {
		return shim.Error(err.Error())
	}
	if err := stub.PutState("note", note); err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(note)
}

// Functions that change state refuse to be called by another chaincode, even in
// an officer's own transaction and even with orders that are good.
func TestMutatorsRefuseOtherChaincodes(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	tn.net.Deploy("proxy", proxy{})
	before := tn.state()
	for _, f := range contract.New(ledger.Config{Name: cc, Network: network}).Functions() {
		if !f.Mutates {
			continue
		}
		argument := tn.json(about(tn, "budget"))
		if slices.Contains([]string{"Pay", "PayBatch"}, f.Name) {
			argument = tn.pay(nowon, w, "stall", 1_000)
		}
		tx, err := tn.net.Endorse(tn.bank, "proxy", "Call", "", f.Name, argument)
		require.NoError(t, err)
		require.Contains(t, string(tx.Payload), "NESTED_CALL: ", f.Name)
		require.Contains(t, string(tx.Payload), `"status":403`)
		tn.commitOne(tx)
	}
	require.Equal(t, before, tn.state())

	// A namesake on another channel passes for the proposal's own chaincode; what
	// it calls here is thrown away by the peer.
	other := tn.net.NewChannel("seoul", ledgertest.Chaincode(cc, proxy{}))
	_, err := other.Invoke(tn.bank, cc, "Call", "trust", "Pay", tn.pay(nowon, w, "stall", 1_000))
	require.NoError(t, err)
	require.Equal(t, before, tn.state())
}

// Names, counts and members are taken exactly.
func TestCallsAreTakenExactly(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	order := tn.pay(nowon, w, "stall", 1_000)
	query := tn.json(currency.ProgramQuery{Program: nowon})
	for _, name := range []string{"pay", "PAY", "payBatch", "Pay ", "", "Init", "init", "contract:Pay", "org.hyperledger.fabric:GetMetadata", "\xff"} {
		tn.refused(code.UnknownFunction, tn.courier, name, order)
	}
	tn.refused(code.BadRequest, tn.courier, "Pay")
	tn.refused(code.BadRequest, tn.courier, "PayBatch")
	tn.refused(code.BadRequest, tn.courier, "Pay", order, order)
	tn.refused(code.BadRequest, tn.courier, "Program", query, query)
	tn.refused(code.BadRequest, tn.courier, "Program")
	for _, bad := range []string{
		"", "null ", "[]", `"nowon"`, "{", `{"program":"nowon"} {}`, `{"program":"nowon"}]`, `{"program":"nowon","Title":"x"}`, `{"program":7}`,
		`{"program":"nowon"`, "\xff\xfe", `{"program":"nowon","op":"x"}`, strings.Repeat("[", 100_000),
	} {
		want := code.BadRequest
		if bad == "null " {
			want = currency.InvalidID
		}
		tn.refused(want, tn.courier, "Program", bad)
	}
}

// New money takes two people of two organisations.
func TestTwoPeopleForNewMoney(t *testing.T) {
	tn := newTown(t)
	tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: tn.op(), Program: nowon, ID: "new", Fund: "budget", Amount: 1_000_000})
	rows := []currency.Row{{To: tn.resident(nowon, "minsu").account, Amount: 1_000}}
	run := tn.openRun(nowon, "early", currency.Benefit, rows)
	run.Draws = []currency.Draw{{Appropriation: "new", Amount: 1_000}}
	approve := func() string { return tn.json(about(tn, "new")) }

	tn.refused(currency.AppropriationState, tn.city, "OpenRun", tn.json(run))
	tn.refused(currency.SameOfficer, tn.city, "ApproveAppropriation", approve())
	tn.refused(currency.SameInstitution, tn.deputy, "ApproveAppropriation", approve())
	tn.refused(code.RoleMissing, tn.courier, "ApproveAppropriation", approve())
	tn.do(tn.bank, "ApproveAppropriation", about(tn, "new"))
	tn.refused(currency.AppropriationState, tn.komsco, "ApproveAppropriation", approve())

	tn.do(tn.city, "ProposePolicy", currency.ProposePolicy{Operation: tn.op(), Policy: policyOf(nowon, 2)})
	version := func(n int) string {
		return tn.json(currency.ApprovePolicy{Operation: tn.op(), PolicyQuery: currency.PolicyQuery{Program: nowon, Version: n}})
	}
	tn.refused(currency.SameOfficer, tn.city, "ApprovePolicy", version(2))
	tn.refused(currency.SameInstitution, tn.deputy, "ApprovePolicy", version(2))
	tn.refused(currency.PolicyUnknown, tn.komsco, "ApprovePolicy", version(3))
	tn.refused(currency.PolicyState, tn.komsco, "ApprovePolicy", version(1))
	tn.refused(currency.PolicyState, tn.city, "ProposePolicy", tn.json(currency.ProposePolicy{Operation: tn.op(), Policy: policyOf(nowon, 2)}))
	tn.refused(currency.PolicyState, tn.city, "ProposePolicy", tn.json(currency.ProposePolicy{Operation: tn.op(), Policy: policyOf(nowon, 4)}))

	// A programme may let one organisation's two people do it, never one person.
	p := tn.program("small")
	p.Open, p.Enrollers, p.SameOrganisation = true, nil, true
	tn.do(tn.komsco, "DefineProgram", currency.DefineProgram{Operation: tn.op(), Program: p})
	tn.do(tn.city, "ProposePolicy", currency.ProposePolicy{Operation: tn.op(), Policy: policyOf("small", 1)})
	small := currency.ApprovePolicy{Operation: tn.op(), PolicyQuery: currency.PolicyQuery{Program: "small", Version: 1}}
	tn.refused(currency.SameOfficer, tn.city, "ApprovePolicy", tn.json(small))
	tn.do(tn.deputy, "ApprovePolicy", small)
}

// Two approvals, or an approval and a proposal, in one block: one counts.
func TestApprovalsRace(t *testing.T) {
	tn := newTown(t)
	tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: tn.op(), Program: nowon, ID: "new", Fund: "budget", Amount: 1_000_000})
	a := tn.endorse(tn.bank, "ApproveAppropriation", tn.json(about(tn, "new")))
	b := tn.endorse(tn.komsco, "ApproveAppropriation", tn.json(about(tn, "new")))
	tn.commit(a, b)
	require.Equal(t, valid, a.Status)
	require.Equal(t, mvcc, b.Status)
	require.EqualValues(t, 1_001_000_000, tn.audit.term(nowon, "budget", currency.Entered))
}

// Gifts of a won do nothing to their receiver: they wait beside the purse, are
// claimed only by name, and cannot fill it.
func TestDustGifts(t *testing.T) {
	tn := newTown(t)
	both := tn.residents(bazaar, "sprayer", "victim")
	sprayer, victim := both[0], both[1]
	before := tn.purse(bazaar, victim)
	var orders []string
	for range 500 {
		orders = append(orders, tn.give(bazaar, sprayer, victim, 1))
	}
	tx := tn.endorse(tn.courier, "PayBatch", anys(orders)...)
	spend := tn.endorse(tn.courier, "Pay", tn.pay(bazaar, victim, "stall", 1_000))
	for i, got := range tn.commit(tx, spend) { // not held up, though behind it in the block
		require.Equal(t, valid, got, "%d", i)
	}
	require.Equal(t, before.Buckets.Total()-1_000, tn.balance(bazaar, victim))
	require.Len(t, tn.purse(bazaar, victim).Buckets, len(before.Buckets))
	_, n := tn.unclaimed(bazaar, victim)
	require.Equal(t, 500, n)
	receipt := tn.order("Claim", tn.claim(bazaar, victim, currency.NewCreditName(tx.TxID, 7)))
	require.Len(t, receipt.Claimed, 1)
	require.Equal(t, before.Buckets.Total()-999, tn.balance(bazaar, victim))
}

// A purse holds 64 kinds of value and no more. What does not fit stays
// claimable and is claimed once there is room.
func TestBucketLimit(t *testing.T) {
	tn := newTown(t)
	w := newWallet("minsu")
	tn.batch(tn.open(bazaar, w))
	var claims []currency.CreditName
	for range currency.MaxBuckets + 1 {
		claims = append(claims, currency.NewCreditName(tn.issue(bazaar, currency.Benefit, []currency.Row{{To: w.account, Amount: 1_000}}), 0))
		tn.net.Advance(8 * time.Hour)
		if len(claims)%3 != 0 {
			continue
		}
		p := get[currency.Policy](tn, tn.courier, "Policy", currency.PolicyQuery{Program: bazaar})
		p = policyOf(bazaar, p.Version+1)
		p.Validity.Days = 3660
		tn.newPolicy(p)
	}
	// Three a day, each version one of its own: every credit needs to differ.
	kinds := map[currency.Terms]bool{}
	for _, c := range tn.credits(bazaar, w) {
		for _, p := range c.Parts {
			kinds[p.Terms] = true
		}
	}
	for n := 0; len(kinds) <= currency.MaxBuckets; n++ {
		tn.net.Advance(24 * time.Hour)
		tx := tn.issue(bazaar, currency.Benefit, []currency.Row{{To: w.account, Amount: 1_000}})
		claims = append(claims, currency.NewCreditName(tx, 0))
		for _, p := range tn.credits(bazaar, w)[claims[len(claims)-1]].Parts {
			kinds[p.Terms] = true
		}
	}
	receipt := tn.order("Claim", tn.claim(bazaar, w, claims...))
	require.Len(t, tn.purse(bazaar, w).Buckets, currency.MaxBuckets)
	require.Len(t, receipt.Unclaimed, len(kinds)-currency.MaxBuckets)
	last := receipt.Unclaimed[0]
	require.Equal(t, "BUCKET_LIMIT", last.Code)
	tn.refused(currency.NothingClaimed, tn.courier, "Claim", tn.claim(bazaar, w, last.Credit))
	w.seq[bazaar]--
	// A spend empties one kind; a claim then fits.
	first := tn.purse(bazaar, w).Buckets
	i := slices.IndexFunc(first, func(b currency.Bucket) bool {
		return b.Expiry >= currency.DayOf(tn.net.Now(), time.FixedZone("", 9*3600))
	})
	tn.order("Pay", tn.pay(bazaar, w, "stall", first[i].Left))
	require.Len(t, tn.order("Claim", tn.claim(bazaar, w, last.Credit)).Claimed, 1)
}

// Roles are granted by an administrator of the own organisation, and count
// there and for what they name only.
func TestRoles(t *testing.T) {
	tn := newTown(t)
	grant := func(name string, r call.Role) string {
		return tn.json(call.SetRole{Operation: tn.op(), Name: name, Role: r})
	}
	tn.refused(code.NotAdmin, tn.city, "GrantRole", grant("officer", currency.RoleCashier))
	tn.refused(code.NotAdmin, tn.net.Caller("CityMSP", "peer0", ledgertest.Peer), "GrantRole", grant("officer", currency.RoleCashier))
	tn.refused(code.NotAdmin, tn.city, "RevokeRole", grant("deputy", currency.RoleApprover))
	cityAdmin := tn.net.Caller("CityMSP", "admin", ledgertest.Admin)
	tn.refused(code.RoleUnknown, cityAdmin, "GrantRole", grant("officer", "king"))

	// An administrator holds no role by being one.
	deposit := currency.ConfirmDeposit{Operation: tn.op(), Program: nowon, Ref: "d2", Fund: "bought", Amount: 1_000}
	tn.refused(code.RoleMissing, tn.net.Caller("BankMSP", "admin", ledgertest.Admin), "ConfirmDeposit", tn.json(deposit))

	// The city's own cashier is not the bank's, whatever the city grants; nor is
	// somebody of the same name in another organisation.
	tn.grant(tn.city, currency.RoleCashier)
	tn.refused(code.RoleMissing, tn.city, "ConfirmDeposit", tn.json(deposit))
	tn.refused(code.RoleMissing, tn.net.Caller("EvilMSP", "cashier", ledgertest.Client), "ConfirmDeposit", tn.json(deposit))
	evil := tn.net.Caller("EvilMSP", "cashier", ledgertest.Client)
	for _, r := range currency.Roles {
		tn.grant(evil, r)
	}
	tn.refused(code.RoleMissing, evil, "ConfirmDeposit", tn.json(deposit))
	tn.refused(code.RoleMissing, evil, "ApproveAppropriation", tn.json(about(tn, "budget")))
	tn.refused(code.RoleMissing, evil, "FreezeHolder", tn.json(tn.freezing(nowon, tn.stall)))
	tn.refused(code.RoleMissing, evil, "DefineProgram", tn.json(currency.DefineProgram{Operation: tn.op(), Program: tn.program("third")}))

	// A role that is revoked is gone, at once.
	revoke := call.SetRole{Operation: tn.op(), Name: tn.bank.Name, Role: currency.RoleCashier}
	tn.do(tn.net.Caller("BankMSP", "admin", ledgertest.Admin), "RevokeRole", revoke)
	tn.refused(code.RoleMissing, tn.bank, "ConfirmDeposit", tn.json(deposit))
	require.Len(t, get[[]call.Grant](tn, tn.courier, "Roles", call.Member{MSP: "BankMSP", Name: tn.bank.Name}), 1)
	tn.refused(code.NoCaller, tn.net.Caller("CityMSP", "", ledgertest.Client), "ConfirmDeposit", tn.json(deposit))
}

// An operation id stands for one thing: sent again it returns the first result
// and writes nothing, with other content or by another function it is refused.
// Ids of different officers do not meet.
func TestOperationIDs(t *testing.T) {
	tn := newTown(t)
	deposit := currency.ConfirmDeposit{Operation: tn.op(), Program: nowon, Ref: "d2", Fund: "bought", Amount: 5_000}
	first := tn.do(tn.bank, "ConfirmDeposit", deposit)
	tn.net.Advance(time.Hour)
	again := tn.endorse(tn.bank, "ConfirmDeposit", tn.json(deposit))
	require.Equal(t, string(first), string(again.Payload))
	require.Empty(t, again.Writes())
	require.Nil(t, again.Event)
	// Another spelling of the same content is the same content.
	again = tn.endorse(tn.bank, "ConfirmDeposit", fmt.Sprintf(`{"amount": 5000, "fund":"bought","ref":"d2",  "program":"nowon","op":%q}`, deposit.Op))
	require.Equal(t, string(first), string(again.Payload))

	more := deposit
	more.Amount++
	tn.refused(code.OperationReused, tn.bank, "ConfirmDeposit", tn.json(more))
	payout := currency.ConfirmPayout{Operation: deposit.Operation, Program: nowon, Ref: "d2", Account: tn.stall.account, Seq: 1, Amount: 5_000}
	tn.refused(code.OperationReused, tn.bank, "ConfirmPayout", tn.json(payout))
	deposit.Operation = tn.op()
	tn.refused(currency.DepositExists, tn.bank, "ConfirmDeposit", tn.json(deposit))
	for _, op := range []string{"", "a b", "a/b", strings.Repeat("x", 65), "\x00", "가"} {
		deposit.Op = op
		tn.refused(code.BadRequest, tn.bank, "ConfirmDeposit", tn.json(deposit))
	}

	// The same id of two officers: two operations.
	same := call.Operation{Op: "same"}
	tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: same, Program: nowon, ID: "a", Fund: "budget", Amount: 1})
	tn.do(tn.bank, "ConfirmDeposit", currency.ConfirmDeposit{Operation: same, Program: nowon, Ref: "d3", Fund: "bought", Amount: 1})

	// A refusal is not remembered: the same operation may succeed later.
	early := about(tn, "later")
	tn.refused(currency.AppropriationUnknown, tn.bank, "ApproveAppropriation", tn.json(early))
	tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: tn.op(), Program: nowon, ID: "later", Fund: "budget", Amount: 1})
	tn.do(tn.bank, "ApproveAppropriation", early)

	// Sent twice at once: one counts, and the other's sender learns the result.
	twice := tn.json(currency.ConfirmDeposit{Operation: tn.op(), Program: nowon, Ref: "d4", Fund: "bought", Amount: 1})
	a, b := tn.endorse(tn.bank, "ConfirmDeposit", twice), tn.endorse(tn.bank, "ConfirmDeposit", twice)
	tn.commit(a, b)
	require.Equal(t, valid, a.Status)
	require.Equal(t, mvcc, b.Status)
	require.Equal(t, string(a.Payload), string(tn.endorse(tn.bank, "ConfirmDeposit", twice).Payload))
}

// ECDSA has two signatures for each order, and a signer may make any number of
// others. All are the same order: the digest is of what was signed.
func TestOtherSignatureOfTheSameOrder(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	payment := tn.payment(nowon, w, "stall", 1_000)
	order := w.sign(payment)
	first := tn.order("Pay", order)

	head, body, sig := cut(order)
	raw := decode64(t, sig)
	n := elliptic.P256().Params().N
	s := new(big.Int).Sub(n, new(big.Int).SetBytes(raw[32:]))
	s.FillBytes(raw[32:])
	mirrored := join(head, body, base64.RawURLEncoding.EncodeToString(raw))
	for name, other := range map[string]string{"mirrored": mirrored, "signed anew": w.sign(payment)} {
		require.NotEqual(t, order, other)
		again := tn.endorse(tn.courier, "Pay", other)
		require.Equal(t, first, result[currency.Receipt](tn, again.Payload), name)
		require.Empty(t, again.Writes(), name)
	}
	// A signature that is none gets no first result either.
	raw[40] ^= 1
	tn.refused(code.BadSignature, tn.courier, "Pay", join(head, body, base64.RawURLEncoding.EncodeToString(raw)))
	for _, broken := range [][]byte{make([]byte, 64), raw[:63], append(slices.Clone(raw), 0), {}} {
		want := code.BadJWS
		if len(broken) == 64 {
			want = code.BadSignature
		}
		tn.refused(want, tn.courier, "Pay", join(head, body, base64.RawURLEncoding.EncodeToString(broken)))
	}
}

// The kid must be the holder's own key, and the algorithm that key's.
func TestOrderUnderAnotherKey(t *testing.T) {
	tn := newTown(t)
	both := tn.residents(nowon, "minsu", "jisoo")
	w, other := both[0], both[1]
	edna := newEd25519Wallet("edna")
	tn.batch(tn.open(nowon, edna))
	pay := tn.payment(nowon, w, "stall", 1_000)
	w.seq[nowon]--

	thief := *other
	thief.Kid = w.Kid // names the victim's key, signs with the own one
	tn.refused(code.BadSignature, tn.courier, "Pay", thief.sign(pay))
	tn.refused(currency.OrderElsewhere, tn.courier, "Pay", other.sign(pay)) // names the own key for another's account
	aka := *w
	aka.Kid = w.did + "#another" // a fragment that is no key of this DID
	tn.refused(currency.KeyMismatch, tn.courier, "Pay", aka.sign(pay))
	for _, kid := range []string{"", w.did, w.did + "#", "#" + w.Kid, "did:web:example.com#1", "did:key:zzz#zzz", w.Kid + "#x", "https://x#1"} {
		aka.Kid = kid
		before := tn.net.Height()
		_, err := tn.net.Invoke(tn.courier, cc, "Pay", aka.sign(pay))
		require.Error(t, err, kid)
		require.Regexp(t, "BAD_DID: |ORDER_ELSEWHERE: ", err.Error(), kid)
		require.Equal(t, before, tn.net.Height())
	}
	// An Ed25519 holder's order signed as ES256, and the other way round.
	mixed := jws.Signer{Key: w.Key, Kid: edna.Kid}
	p := tn.payment(nowon, edna, "stall", 1_000)
	forged, err := mixed.Sign(p.Typ(), p)
	require.NoError(t, err)
	tn.refused(code.BadSignature, tn.courier, "Pay", forged)
}

// What was signed as one thing is not taken for another.
func TestOrderTypesAreNotConfused(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	to := tn.resident(nowon, "jisoo")
	seq := w.seq[nowon]
	orders := map[string]string{
		"Pay": tn.pay(nowon, w, "stall", 1_000), "Give": tn.give(nowon, w, to, 1_000), "Redeem": tn.redeem(nowon, w, 1_000),
		"Claim":  tn.claim(nowon, w, currency.NewCreditName(strings.Repeat("0", 64), 0)),
		"Refund": tn.refund(nowon, w, to, 1, 1_000), "Open": tn.open(nowon, w), "Read": tn.read(nowon, w),
	}
	w.seq[nowon] = seq
	for signed, order := range orders {
		for _, function := range []string{"Pay", "Give", "Redeem", "Claim", "Refund", "Open"} {
			if function != signed {
				tn.refused(currency.WrongOrder, tn.courier, function, order)
			}
		}
	}
	// The typ of one over the content of another does not decode.
	claim := tn.claiming(nowon, w, currency.NewCreditName(strings.Repeat("0", 64), 0))
	gift := tn.gift(nowon, w, to, 1_000)
	tn.refused(code.BadJWS, tn.courier, "Pay", w.signAs(currency.TypPayment, claim))
	tn.refused(code.BadJWS, tn.courier, "Claim", w.signAs(currency.TypClaim, gift))
	tn.refused(currency.WrongOrder, tn.courier, "Pay", w.signAs("JWT", gift))
	tn.refused(currency.WrongOrder, tn.courier, "Pay", w.signAs("Payment-Order+JWS", gift))
	tn.refused(currency.WrongOrder, tn.courier, "Pay", w.signAs(currency.TypEnrolment, gift))
	// A payment and a gift have the same members, so the typ alone decides: to an
	// account nobody registered as a merchant's, nothing is paid.
	gift.Seq = w.seq[nowon] - 1
	tn.refused(currency.MerchantUnknown, tn.courier, "Pay", w.signAs(currency.TypPayment, gift))
}

// An order has one spelling. Anything else is refused although it is properly
// signed.
func TestOrderHasOneSpelling(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	head, body, _ := cut(tn.pay(nowon, w, "stall", 1_000))
	tn.endorse(tn.courier, "Pay", w.raw(head, body)) // the one
	replace := func(old, new string) func(string) string {
		return func(s string) string {
			changed := strings.Replace(s, old, new, 1)
			require.NotEqual(t, s, changed)
			return changed
		}
	}
	for name, change := range map[string]func(string) string{
		"space":              replace(`,`, `, `),
		"line break":         func(s string) string { return s + "\n" },
		"order of members":   replace(`{"amount":1000,"chaincode":"currency"`, `{"chaincode":"currency","amount":1000`),
		"repeated member":    replace(`{"amount":1000`, `{"amount":1,"amount":1000`),
		"repeated, same":     replace(`{"amount":1000`, `{"amount":1000,"amount":1000`),
		"case of a member":   replace(`"amount"`, `"Amount"`),
		"exponent":           replace(`1000`, `1e3`),
		"fraction":           replace(`1000`, `1000.0`),
		"leading zero":       replace(`1000`, `01000`),
		"plus":               replace(`1000`, `+1000`),
		"string for number":  replace(`1000`, `"1000"`),
		"beyond int64":       replace(`1000`, `9223372036854775808`),
		"unknown member":     replace(`{"amount":1000`, `{"amount":1000,"bonus":1`),
		"member of another":  replace(`"v":1`, `"payment":{},"v":1`),
		"empty claims":       replace(`"exp"`, `"claims":[],"exp"`),
		"null claims":        replace(`"exp"`, `"claims":null,"exp"`),
		"empty reference":    replace(`"seq"`, `"ref":"","seq"`),
		"escaped letter":     replace(`"stall"`, `"\u0073tall"`),
		"escaped slash":      replace(`"stall"`, `"sta\/ll"`),
		"missing seq":        replace(`"seq":2,`, ``),
		"missing network":    replace(`"network":"testnet",`, ``),
		"invalid UTF-8":      replace(`stall`, "st\xff"),
		"byte order mark":    func(s string) string { return "\ufeff" + s },
		"array":              func(s string) string { return "[" + s + "]" },
		"something behind":   func(s string) string { return s + "{}" },
		"nothing":            func(string) string { return "" },
		"null":               func(string) string { return "null" },
		"negative zero":      replace(`1000`, `-0`),
		"comment":            replace(`{`, `{/**/`),
		"trailing comma":     replace(`"v":1}`, `"v":1,}`),
		"true for a number":  replace(`"v":1`, `"v":true`),
		"claims as a string": replace(`"exp"`, `"claims":"x","exp"`),
	} {
		tn.run(t, "payload/"+name, func(*testing.T) { tn.refused(code.BadJWS, tn.courier, "Pay", w.raw(head, change(body))) })
	}
	for name, change := range map[string]func(string) string{
		"space": replace(`,`, `, `),
		"order": func(string) string {
			return fmt.Sprintf(`{"kid":%q,"alg":"ES256","typ":%q}`, w.Kid, currency.TypPayment)
		},
		"crit":           replace(`"kid"`, `"crit":["exp"],"kid"`),
		"unencoded":      replace(`"kid"`, `"b64":false,"kid"`),
		"own key":        replace(`"kid"`, `"jwk":{},"kid"`),
		"key by URL":     replace(`"kid"`, `"jku":"https://x","kid"`),
		"alg none":       replace(`"ES256"`, `"none"`),
		"alg HS256":      replace(`"ES256"`, `"HS256"`),
		"alg ES256K":     replace(`"ES256"`, `"ES256K"`),
		"alg es256":      replace(`"ES256"`, `"es256"`),
		"no alg":         replace(`"alg":"ES256",`, ``),
		"repeated alg":   replace(`"kid"`, `"alg":"none","kid"`),
		"another cty":    replace(`"kid"`, `"cty":"x","kid"`),
		"zip":            func(s string) string { return strings.TrimSuffix(s, "}") + `,"zip":"DEF"}` },
		"case of a name": replace(`"alg"`, `"ALG"`),
		"empty":          func(string) string { return "{}" },
	} {
		tn.run(t, "header/"+name, func(*testing.T) { tn.refused(code.BadJWS, tn.courier, "Pay", w.raw(change(head), body)) })
	}
	order := w.raw(head, body)
	for name, compact := range map[string]string{
		"padding":         order + "==",
		"line break":      order[:20] + "\n" + order[20:],
		"white space":     " " + order,
		"two parts":       order[:strings.LastIndexByte(order, '.')],
		"four parts":      order + ".x",
		"no signature":    order[:strings.LastIndexByte(order, '.')+1],
		"JSON form":       fmt.Sprintf(`{"payload":%q}`, order),
		"standard base64": strings.NewReplacer("-", "+", "_", "/").Replace(order) + "+",
		"stray bits":      strayBits(order),
		"too long":        order + strings.Repeat("A", jws.MaxLength),
		"no bytes":        "",
	} {
		tn.run(t, "compact/"+name, func(*testing.T) { tn.refused(code.BadJWS, tn.courier, "Pay", compact) })
	}
	tn.order("Pay", order)
}

// strayBits sets bits of the last character that base64 does not need.
func strayBits(order string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, order[len(order)-1])
	return order[:len(order)-1] + string(alphabet[last|1])
}

// raw signs header and payload as they are spelled.
func (w *wallet) raw(header, payload string) string {
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	sig, err := w.signBytes([]byte(input))
	if err != nil {
		panic(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// cut takes a compact JWS apart: header and payload decoded, signature not.
func cut(compact string) (header, payload, sig string) {
	parts := strings.Split(compact, ".")
	h, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		panic(err)
	}
	p, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		panic(err)
	}
	return string(h), string(p), parts[2]
}

func join(header, payload, sig string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + "." + sig
}

func decode64(t *testing.T, s string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(s)
	require.NoError(t, err)
	return raw
}
