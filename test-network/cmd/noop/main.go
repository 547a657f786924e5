// SPDX-License-Identifier: Apache-2.0

// Command noop is the smallest useful chaincode: put writes one key blindly, get reads one. It proves that a network works,
// and what a transaction costs when the contract itself costs nothing.
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

type noop struct{}

func (noop) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke takes `put KEY [VALUE]` and `get KEY`.
func (noop) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	function, args := stub.GetFunctionAndParameters()
	switch {
	case function == "put" && (len(args) == 1 || len(args) == 2):
		value := []byte{1}
		if len(args) == 2 {
			value = []byte(args[1])
		}
		if err := stub.PutState(args[0], value); err != nil {
			return shim.Error("WRITE_FAILED: " + err.Error())
		}
		return shim.Success(nil)
	case function == "get" && len(args) == 1:
		value, err := stub.GetState(args[0])
		if err != nil {
			return shim.Error("READ_FAILED: " + err.Error())
		}
		return shim.Success(value)
	}
	return shim.Error(fmt.Sprintf("UNKNOWN_FUNCTION: %q with %d arguments; there are put KEY [VALUE] and get KEY", function, len(args)))
}

func main() {
	tls, err := tlsFiles()
	if err != nil {
		log.Fatal(err)
	}
	server := &shim.ChaincodeServer{
		CCID:     os.Getenv("CHAINCODE_ID"),
		Address:  os.Getenv("CHAINCODE_SERVER_ADDRESS"),
		CC:       noop{},
		TLSProps: tls,
	}
	if err := server.Start(); err != nil {
		log.Fatal(err)
	}
}

// tlsFiles reads what CHAINCODE_TLS_… name; without CHAINCODE_TLS_KEY the server speaks plain gRPC.
func tlsFiles() (shim.TLSProperties, error) {
	if os.Getenv("CHAINCODE_TLS_KEY") == "" {
		return shim.TLSProperties{Disabled: true}, nil
	}
	var files [3][]byte
	for i, name := range []string{"CHAINCODE_TLS_KEY", "CHAINCODE_TLS_CERT", "CHAINCODE_TLS_CLIENT_CA"} {
		data, err := os.ReadFile(os.Getenv(name))
		if err != nil {
			return shim.TLSProperties{}, fmt.Errorf("%s: %w", name, err)
		}
		files[i] = data
	}
	return shim.TLSProperties{Key: files[0], Cert: files[1], ClientCACerts: files[2]}, nil
}
