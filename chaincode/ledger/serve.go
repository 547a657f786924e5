// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
)

// ConfigFromEnv reads what a deployment tells a chaincode about itself:
//
//   - CHAINCODE_NAME: the name it is committed under, default defaultName.
//   - CHAINCODE_NETWORK: the network's id, default "trust".
//   - CHAINCODE_CLOCK_BOUND: peer.authentication.timewindow of all its peers, such as
//     1m, where that is below 15 minutes. What is no duration counts as 15 minutes.
func ConfigFromEnv(defaultName string) Config {
	bound, err := time.ParseDuration(env("CHAINCODE_CLOCK_BOUND", MaxClockBound.String()))
	if err != nil {
		bound = MaxClockBound
	}
	return Config{Name: env("CHAINCODE_NAME", defaultName), Network: env("CHAINCODE_NETWORK", "trust"), ClockBound: bound}
}

// Serve runs a chaincode until it fails. With CHAINCODE_SERVER_ADDRESS set it
// listens there as a service for any number of peers (Fabric's chaincode as a
// service); else it connects to the peer that started it.
//
//   - CHAINCODE_ID: the package id, label:hash.
//   - CHAINCODE_SERVER_ADDRESS: host:port to listen on.
//   - CHAINCODE_TLS_KEY, CHAINCODE_TLS_CERT: PEM files that turn TLS on, both or
//     neither.
//   - CHAINCODE_TLS_CLIENT_CA: PEM file of the CA whose clients, the peers, may connect.
//   - CHAINCODE_PPROF_ADDRESS: host:port for profiles; none by default.
func Serve(cc shim.Chaincode) error {
	if err := serveProfiles(); err != nil {
		return err
	}
	address := os.Getenv("CHAINCODE_SERVER_ADDRESS")
	if address == "" {
		if os.Getenv("CORE_CHAINCODE_ID_NAME") == "" {
			return errors.New("CHAINCODE_SERVER_ADDRESS is not set, and no peer started this chaincode: set it to host:port to listen on")
		}
		return shim.Start(cc)
	}
	tls, err := tlsFromEnv()
	if err != nil {
		return err
	}
	id := os.Getenv("CHAINCODE_ID")
	if id == "" {
		return fmt.Errorf("CHAINCODE_ID is not set: the package id, as `peer lifecycle chaincode queryinstalled` shows it")
	}
	server := shim.ChaincodeServer{CCID: id, Address: address, CC: cc, TLSProps: tls}
	return server.Start()
}

func tlsFromEnv() (shim.TLSProperties, error) {
	key, cert, clientCA := os.Getenv("CHAINCODE_TLS_KEY"), os.Getenv("CHAINCODE_TLS_CERT"), os.Getenv("CHAINCODE_TLS_CLIENT_CA")
	switch {
	case key == "" && cert == "" && clientCA == "":
		return shim.TLSProperties{Disabled: true}, nil
	case key == "" || cert == "": // never in the clear where TLS was meant
		return shim.TLSProperties{}, fmt.Errorf("chaincode TLS needs both CHAINCODE_TLS_KEY (%q) and CHAINCODE_TLS_CERT (%q)", key, cert)
	}
	var (
		tls shim.TLSProperties
		err error
	)
	for _, f := range []struct {
		path string
		into *[]byte
	}{{key, &tls.Key}, {cert, &tls.Cert}, {clientCA, &tls.ClientCACerts}} {
		if f.path == "" {
			continue
		}
		if *f.into, err = os.ReadFile(f.path); err != nil {
			return tls, fmt.Errorf("chaincode TLS: %w", err)
		}
	}
	return tls, nil
}

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}
