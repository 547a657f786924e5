// SPDX-License-Identifier: Apache-2.0

// Package testnetwork runs a whole consortium on one machine as native processes: peers, ordering nodes, chaincodes and
// services such as a gateway. All state lies in one folder; processes survive the program that started them and are found
// again by it.
package testnetwork

import (
	"io"

	"github.com/komsco/trust-platform/network"
)

// DefaultBasePort is the first port of a network that was not told otherwise.
const DefaultBasePort = 7050

// Options of a network. Zero values mean: what the state folder says, or the default in a new one.
type Options struct {
	// Dir is the state folder; default .network in the repository's root.
	Dir string
	// BasePort is the first of network.PortSpan ports.
	BasePort int
	// Orderers is the number of ordering nodes: 1 by default, 4 with BFT.
	Orderers int
	BFT      bool
	// Batch replaces the consortium's block limits.
	Batch *network.Batch
	// Consortium replaces the default one; its addresses are filled in here.
	Consortium *network.Consortium
	// Chaincodes are deployed once the channel works, beside those deployed before.
	Chaincodes []Chaincode
	// ChaincodePerOrg runs a process of each chaincode for each organisation, as in production.
	ChaincodePerOrg bool
	// PeerProfiles is the port from which on each peer serves profiles of itself (/debug/pprof/), one after the other; 0 for
	// none.
	PeerProfiles int
	// Later are services of an existing network that the caller starts, by RunService; up leaves them alone.
	Later []string
	// Progress gets a line for each step.
	Progress io.Writer
}

// Chaincode says what to deploy.
type Chaincode struct {
	Name string
	// Version of the contract, free text; default 1.0. A new one upgrades.
	Version string
	// Sequence of the definition on the channel; 0 takes the committed one if nothing changed, else the next.
	Sequence int
	// Package is the Go package of its main (import path, or folder relative to the repository's root), built here.
	Package string
	// Program is a built program, instead of Package.
	Program string
	// Env is given to the process beside CHAINCODE_….
	Env []string
	// Policy is a signature policy; empty means the channel's Endorsement.
	Policy string
	// Plain leaves the way between peer and chaincode without TLS, to measure what that costs. Otherwise both sides show
	// certificates.
	Plain bool
}

// Service is a program that belongs to the network: shown by Status, restarted by Up after a crash, stopped by Down.
type Service struct {
	Name    string
	Program string
	Args    []string
	// Env is added to PATH and HOME; nothing else is inherited. It is kept in the state folder, readable by its owner only.
	Env []string
	// Port that the service will listen on at 127.0.0.1, 0 for none.
	Port int
	// ReadyURL answers 200 once the service works; empty means that an open Port is enough.
	ReadyURL string
}
