// SPDX-License-Identifier: Apache-2.0

package ledger_test

import (
	"bytes"
	"testing"

	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// A binary function gets its bytes as they were sent, whatever they are.
func TestBinaryArguments(t *testing.T) {
	var signed string
	var data [][]byte
	cc := ledger.New(ledger.Config{Name: "bin"}, ledger.Binary("Store", func(_ *ledger.Tx, s string, d [][]byte) (int, error) {
		signed, data = s, d
		return len(d), nil
	}))
	net := ledgertest.New(t, ledgertest.Chaincode("bin", cc))
	caller := net.Caller("CityMSP", "courier", ledgertest.Client)
	raw := []byte{0, 0xff, 0xfe, '\n', 0x80}
	answer, err := net.Invoke(caller, "bin", "Store", "jws", raw, []byte{})
	if err != nil {
		t.Fatal(err)
	}
	if string(answer) != "2" || signed != "jws" || len(data) != 2 || !bytes.Equal(data[0], raw) || len(data[1]) != 0 {
		t.Errorf("answer %s, signed %q, data %x", answer, signed, data)
	}
	for _, args := range [][]any{{}, {"jws"}} {
		_, err := net.Invoke(caller, "bin", "Store", args...)
		refused(t, err, code.BadRequest)
	}
}
