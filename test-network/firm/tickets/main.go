// SPDX-License-Identifier: Apache-2.0

// Command tickets is a contract of an outside firm: it offers tickets at a price
// and hands each over in the transaction that pays for it, as the condition of a
// payment order.
package main

import (
	"encoding/json"
	"fmt"
	"log"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/chaincode/ledger"
)

// ticket is a seat, what it costs, at whose till, and whose it is.
type ticket struct {
	Shop  string `json:"shop"`
	Price int64  `json:"price"`
	Owner string `json:"owner,omitempty"`
}

// deal is what currency tells the condition of an order.
type deal struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Amount int64  `json:"amount"`
}

type tickets struct{}

func (tickets) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke runs Offer(seat, {"shop","price"}), Ticket(seat), or, called by currency,
// Deliver(deal, seat).
func (tickets) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	function, args := stub.GetFunctionAndParameters()
	answer, err := invoke(stub, function, args)
	if err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(answer)
}

func invoke(stub shim.ChaincodeStubInterface, function string, args []string) ([]byte, error) {
	switch {
	case function == "Offer" && len(args) == 2:
		var t ticket
		if err := json.Unmarshal([]byte(args[1]), &t); err != nil || t.Owner != "" || t.Price <= 0 {
			return nil, fmt.Errorf("a ticket has a shop and a price: %v", err)
		}
		if known, err := stub.GetState(args[0]); err != nil || known != nil {
			return nil, fmt.Errorf("seat %s is on offer already: %v", args[0], err)
		}
		return []byte("{}"), stub.PutState(args[0], []byte(args[1]))
	case function == "Ticket" && len(args) == 1:
		return stub.GetState(args[0])
	case function == "Deliver" && len(args) == 2:
		return deliver(stub, args[0], args[1])
	}
	return nil, fmt.Errorf("no function %s of %d arguments", function, len(args))
}

// deliver hands a seat to who pays its price to its shop. Only currency can tell
// who pays, and the proposal is signed for it.
func deliver(stub shim.ChaincodeStubInterface, told, seat string) ([]byte, error) {
	if name, err := proposedChaincode(stub); err != nil || name != "currency" {
		return nil, fmt.Errorf("called for chaincode %q, not by currency: %v", name, err)
	}
	var d deal
	var t ticket
	raw, err := stub.GetState(seat)
	if err != nil || raw == nil {
		return nil, fmt.Errorf("seat %s is not on offer: %v", seat, err)
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(told), &d); err != nil {
		return nil, err
	}
	if t.Owner != "" || d.To != t.Shop || d.Amount != t.Price {
		return nil, fmt.Errorf("seat %s costs %d won at %s and is taken: %t; %d won to %s are offered", seat, t.Price, t.Shop, t.Owner != "", d.Amount, d.To)
	}
	t.Owner = d.From
	if raw, err = json.Marshal(t); err != nil {
		return nil, err
	}
	answer, err := json.Marshal(map[string]any{"agree": true, "seat": seat})
	if err != nil {
		return nil, err
	}
	return answer, stub.PutState(seat, raw)
}

func proposedChaincode(stub shim.ChaincodeStubInterface) (string, error) {
	signed, err := stub.GetSignedProposal()
	if err != nil {
		return "", err
	}
	var (
		proposal peer.Proposal
		header   common.Header
		channel  common.ChannelHeader
		ext      peer.ChaincodeHeaderExtension
	)
	if err := proto.Unmarshal(signed.GetProposalBytes(), &proposal); err != nil {
		return "", err
	}
	if err := proto.Unmarshal(proposal.GetHeader(), &header); err != nil {
		return "", err
	}
	if err := proto.Unmarshal(header.GetChannelHeader(), &channel); err != nil {
		return "", err
	}
	err = proto.Unmarshal(channel.GetExtension(), &ext)
	return ext.GetChaincodeId().GetName(), err
}

func main() {
	if err := ledger.Serve(tickets{}); err != nil {
		log.Fatal(err)
	}
}
