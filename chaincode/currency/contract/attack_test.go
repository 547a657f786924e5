// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

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
	claims := make([]currency.CreditName, currency.MaxBuckets+1)
	for i := range claims {
		claims[i] = tn.issueFrom(fmt.Sprintf("fund-%d", i), w, 1_000)
	}
	last := claims[currency.MaxBuckets]
	receipt := tn.order("Claim", tn.claim(bazaar, w, claims...))
	require.Len(t, tn.purse(bazaar, w).Buckets, currency.MaxBuckets)
	require.Equal(t, []currency.Unclaimed{{Credit: last, Code: "BUCKET_LIMIT", Amount: 1_000}}, receipt.Unclaimed)
	tn.refused(currency.NothingClaimed, tn.courier, "Claim", tn.claim(bazaar, w, last))
	w.seq[bazaar]--

	// Spending in part leaves the kind where it is; spending it up makes room.
	tn.order("Pay", tn.pay(bazaar, w, "stall", 999))
	tn.refused(currency.NothingClaimed, tn.courier, "Claim", tn.claim(bazaar, w, last))
	w.seq[bazaar]--
	tn.order("Pay", tn.pay(bazaar, w, "stall", 1))
	require.Len(t, tn.order("Claim", tn.claim(bazaar, w, last)).Claimed, 1)
}
