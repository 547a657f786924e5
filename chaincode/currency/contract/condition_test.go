// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// firm is a contract that is not ours: it sells tickets at 7,000 won and notes
// who got one. Some of its functions misbehave.
type firm struct{ calls int }

func (*firm) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (f *firm) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	f.calls++
	function, args := stub.GetFunctionAndParameters()
	var deal currency.Deal
	if err := json.Unmarshal([]byte(args[0]), &deal); err != nil {
		return shim.Error(err.Error())
	}
	if err := stub.PutState(args[1], []byte(deal.From)); err != nil {
		return shim.Error(err.Error())
	}
	switch function {
	case "Deliver":
		if deal.Amount != 7_000 || deal.To != "stall" {
			return shim.Error("a ticket is 7,000 won, to the stall") // with its write made
		}
		return shim.Success([]byte(`{"agree":true,"seat":"` + args[1] + `"}`))
	case "Shrug":
		return shim.Success(nil)
	case "Decline":
		return shim.Success([]byte(`{"agree":false}`))
	case "Ramble":
		return shim.Success([]byte(`{"agree":true,"why":"` + strings.Repeat("x", currency.MaxAnswerBytes) + `"}`))
	case "CallBack":
		r := stub.InvokeChaincode(cc, [][]byte{[]byte("Program"), []byte(`{"program":"nowon"}`)}, "")
		return &peer.Response{Status: r.Status, Payload: r.Payload, Message: r.Message}
	default:
		panic("no such function")
	}
}

func (tn *town) conditional(w *wallet, amount int64, function, seat string) currency.Payment {
	o := tn.payment(nowon, w, "stall", amount)
	o.Condition = &currency.Condition{Contract: "firm", Function: function, Args: []string{seat}}
	return o
}

// Delivery against payment: a contract of another firm hands over its ticket in
// the transaction that pays for it, or neither happens.
func TestCondition(t *testing.T) {
	tn := newTown(t)
	f := &firm{}
	tn.net.Deploy("firm", f)
	minsu := tn.resident(nowon, "minsu")
	seq := minsu.seq[nowon]

	o := tn.conditional(minsu, 7_000, "Deliver", "A1")
	order := minsu.sign(o)
	r := tn.order("Pay", order)
	require.Equal(t, minsu.account, string(tn.net.Get("firm", "A1")))
	require.Equal(t, &currency.Agreed{
		Contract: "firm", Function: "Deliver", Digest: o.Condition.Digest(), Answer: `{"agree":true,"seat":"A1"}`,
	}, r.Condition)
	require.EqualValues(t, 7_000, r.Amount)

	// Sent again it answers the same and asks nobody.
	calls := f.calls
	require.Equal(t, r, result[currency.Receipt](tn, tn.endorse(tn.courier, "Pay", order).Payload))
	require.Equal(t, calls, f.calls)

	for _, bad := range []struct {
		name     string
		amount   int64
		function string
	}{
		{"the wrong price", 6_999, "Deliver"},
		{"no answer", 7_000, "Shrug"},
		{"an answer that declines", 7_000, "Decline"},
		{"an answer too long", 7_000, "Ramble"},
		{"a call back into currency", 7_000, "CallBack"},
	} {
		tn.run(t, bad.name, func(t *testing.T) {
			before := tn.purse(nowon, minsu)
			order := minsu.sign(tn.conditional(minsu, bad.amount, bad.function, "B2"))
			minsu.seq[nowon]--
			tn.refused(currency.ConditionRefused, tn.courier, "Pay", order)
			tn.refused(currency.ConditionRefused, tn.courier, "PayBatch", order) // its write must not be carried to the ledger
			require.Equal(t, before, tn.purse(nowon, minsu))
			require.Empty(t, tn.net.Get("firm", "B2"))
		})
	}
	require.Equal(t, seq+1, minsu.seq[nowon])

	// Alone in a batch it is carried out.
	alone := minsu.sign(tn.conditional(minsu, 7_000, "Deliver", "C3"))
	require.Equal(t, []currency.Item{{}}, tn.tryBatch(alone))
	require.Equal(t, minsu.account, string(tn.net.Get("firm", "C3")))

	// What is not there to be asked.
	o = tn.conditional(minsu, 7_000, "Deliver", "D4")
	o.Condition.Contract = "nowhere"
	tn.refused(currency.ConditionRefused, tn.courier, "Pay", minsu.sign(o))
}

// Beside other orders one with a condition falls, unasked, and they stand.
func TestConditionInABatch(t *testing.T) {
	tn := newTown(t)
	f := &firm{}
	tn.net.Deploy("firm", f)
	all := tn.residents(nowon, "minsu", "jisoo", "hana")
	items := tn.tryBatch(
		tn.pay(nowon, all[0], "stall", 1_000),
		all[1].sign(tn.conditional(all[1], 7_000, "Deliver", "A1")),
		tn.pay(nowon, all[2], "stall", 1_000),
	)
	require.Equal(t, []string{"", "CONDITION_ALONE", ""}, []string{items[0].Code, items[1].Code, items[2].Code})
	require.Zero(t, f.calls)
}

// Gifts and authorisations may name one too. Two who want the same seat in one
// block: one gets it, the other's payment does not stand.
func TestConditionOfOtherOrders(t *testing.T) {
	tn := newTown(t)
	tn.net.Deploy("firm", seats{})
	all := tn.residents(nowon, "minsu", "jisoo")
	gift := tn.gift(nowon, all[0], all[1], 500)
	gift.Condition = &currency.Condition{Contract: "firm", Function: "Take", Args: []string{"A1"}}
	hold := tn.authorising(nowon, all[1], "stall", 500)
	hold.Condition = gift.Condition
	give, authorise := tn.endorse(tn.courier, "Give", all[0].sign(gift)), tn.endorse(tn.courier, "Authorise", all[1].sign(hold))
	require.Equal(t, []peer.TxValidationCode{valid, mvcc}, tn.commit(give, authorise))
	tn.refused(currency.ConditionRefused, tn.courier, "Authorise", all[1].sign(hold))
}

// seats gives each seat once.
type seats struct{}

func (seats) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (seats) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	_, args := stub.GetFunctionAndParameters()
	taken, err := stub.GetState(args[1])
	if err != nil || len(taken) > 0 {
		return shim.Error("the seat is taken")
	}
	if err := stub.PutState(args[1], []byte(args[0])); err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success([]byte(`{"agree":true}`))
}
