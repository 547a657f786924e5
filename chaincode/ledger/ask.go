// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Call runs a function of another chaincode of this channel within the
// transaction and returns its answer. What it reads and writes becomes part of
// the transaction: if it moves before the block, the transaction conflicts. It
// sees the submitter as its caller, and nothing of what this transaction wrote,
// so the platform's own mutators refuse to be called (NESTED_CALL).
//
// Whatever keeps the other from answering, its own refusal included, comes as
// CONTRACT_REFUSED with the other's words. What it wrote before it refused stays
// in the transaction, on Fabric too: the caller MUST let the whole transaction
// fail then, unless it knows that the function only reads.
func (t *Tx) Call(chaincode, function string, args ...[]byte) ([]byte, error) {
	payload, said, err := t.call(chaincode, function, args)
	if err == nil && said != "" {
		err = code.ContractRefused.Errorf("%s of chaincode %s: %.512s", function, chaincode, said)
	}
	return payload, err
}

// call returns the answer or what the other, or the peer, says instead.
func (t *Tx) call(chaincode, function string, args [][]byte) (payload []byte, said string, err error) {
	if !ValidPart(chaincode) || strings.ContainsAny(chaincode, "/:") {
		// The peer would take a channel or a version out of the name.
		return nil, "", code.BadRequest.Errorf("chaincode %.64q: a plain name is needed", chaincode)
	}
	if function == "" {
		return nil, "", code.BadRequest.Errorf("no function of chaincode %s is named", chaincode)
	}
	all := make([][]byte, 0, len(args)+1)
	all = append(append(all, []byte(function)), args...)
	response := t.stub.InvokeChaincode(chaincode, all, "")
	if response.GetStatus() >= shim.OK && response.GetStatus() < shim.ERRORTHRESHOLD {
		return response.GetPayload(), "", nil
	}
	if said = response.GetMessage(); said == "" { // where the peer itself refuses, its words are the payload
		said = strings.ToValidUTF8(string(response.GetPayload()), "\ufffd")
	}
	return nil, fmt.Sprintf("%d, %s", response.GetStatus(), said), nil
}

// Ask queries another chaincode of the platform on this channel: one JSON
// argument, one JSON answer. Members of the answer that are not known here are
// ignored: the other may be newer. A refusal that is one of codes comes as that
// code, anything else as CONTRACT_REFUSED. The same question is put once a
// transaction.
func Ask[Res any](t *Tx, codes *code.Registry, chaincode, function string, query any) (Res, error) {
	var res Res
	arg, err := json.Marshal(query)
	if err != nil {
		return res, code.Broken.Errorf("encode the argument of %s: %w", function, err)
	}
	asked := chaincode + "\x00" + function + "\x00" + string(arg)
	a, again := t.asked[asked]
	if !again {
		var said string
		a.payload, said, a.err = t.call(chaincode, function, [][]byte{arg})
		if said != "" {
			if refusal := codes.Parse(said); refusal != nil && refusal.Code.Kind != code.Internal {
				a.err = refusal
			} else {
				a.err = code.ContractRefused.Errorf("%s of chaincode %s: %.512s", function, chaincode, said)
			}
		}
		if t.asked == nil {
			t.asked = map[string]reply{}
		}
		t.asked[asked] = a
	}
	if a.err != nil {
		return res, a.err
	}
	if err := json.Unmarshal(a.payload, &res); err != nil {
		return res, code.ContractRefused.Errorf("the answer of %s of chaincode %s is not of its form: %w", function, chaincode, err)
	}
	return res, nil
}

// reply is what another chaincode answered.
type reply struct {
	payload []byte
	err     error
}
