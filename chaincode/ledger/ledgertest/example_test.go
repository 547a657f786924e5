// SPDX-License-Identifier: Apache-2.0

package ledgertest_test

import (
	"fmt"
	"log"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// counter keeps one number in one key, which makes that key a hot one.
type counter struct{}

func (counter) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (counter) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	function, _ := stub.GetFunctionAndParameters()
	if function != "Add" {
		return shim.Error("UNKNOWN_FUNCTION: " + function)
	}
	value, err := stub.GetState("count")
	if err != nil {
		return shim.Error(err.Error())
	}
	if err := stub.PutState("count", append(value, 'I')); err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(nil)
}

// logged stands in for the *testing.T that an example does not have.
type logged struct{}

func (logged) Helper()                           {}
func (logged) Fatalf(format string, args ...any) { log.Fatalf(format, args...) }

func Example() {
	var t ledgertest.TB = logged{} // in a test, the *testing.T
	net := ledgertest.New(t, ledgertest.Chaincode("counter", counter{}))
	city := net.Caller("CityMSP", "treasurer", ledgertest.Client)

	// Two transactions read the same key, so only the first of the block counts.
	a, _ := net.Endorse(city, "counter", "Add")
	b, _ := net.Endorse(city, "counter", "Add")
	fmt.Println(net.Commit(a, b))
	fmt.Println(b.Conflict)

	_, err := net.Invoke(city, "counter", "Subtract")
	fmt.Println(err)

	for key, value := range net.All("counter") {
		fmt.Printf("%s = %s\n", key, value)
	}
	// Output:
	// [VALID MVCC_READ_CONFLICT]
	// counter "count" read as absent, written earlier in this block
	// chaincode response 500, UNKNOWN_FUNCTION: Subtract
	// count = I
}
