// SPDX-License-Identifier: Apache-2.0

// Package network describes a consortium as data (organisations, nodes, channel, policies, chaincodes) and renders from
// it what Fabric needs: the channel profile, the certificates of a pilot and every node's settings.
//
// The same data describes a network on one machine ([Consortium.OneMachine]) and a real one, where every node names its
// own host and ports.
package network

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"go.yaml.in/yaml/v3"
)

// Consensus of the ordering nodes.
const (
	Raft = "raft"
	BFT  = "bft"
)

// Consortium is everything its members agree on.
type Consortium struct {
	// Network is the name that signed orders are bound to.
	Network  string            `yaml:"network"`
	Channel  string            `yaml:"channel"`
	Policies map[string]string `yaml:"policies"`
	Batch    Batch             `yaml:"batch"`
	// ClockBound is how far the clock of who submits may be off a peer's; 0 is 15 minutes, the most there may be. Every
	// chaincode is to be told the same (CHAINCODE_CLOCK_BOUND).
	ClockBound    time.Duration  `yaml:"clockBound,omitempty" json:",omitempty"`
	Organisations []Organisation `yaml:"organisations"`
	Orderers      Orderers       `yaml:"orderers"`
	Chaincodes    []Chaincode    `yaml:"chaincodes"`
}

// Batch says when the orderer cuts a block: at the first limit reached.
type Batch struct {
	Timeout        time.Duration `yaml:"timeout"`
	MaxMessages    int           `yaml:"maxMessages"`
	PreferredBytes int           `yaml:"preferredBytes"`
	AbsoluteBytes  int           `yaml:"absoluteBytes"`
}

// Organisation is a member with its nodes: peers, or ordering nodes for the orderers' organisation.
type Organisation struct {
	// Name is the short name people type.
	Name   string `yaml:"name"`
	MSP    string `yaml:"msp"`
	Domain string `yaml:"domain"`
	Nodes  []Node `yaml:"nodes"`
}

// Node is a peer or an ordering node. Address is what others dial; Listen and the rest is what it binds, each host:port.
type Node struct {
	Name       string `yaml:"name"`
	Address    string `yaml:"address"`
	Listen     string `yaml:"listen"`
	Operations string `yaml:"operations"`
	// Chaincode is where a peer listens for chaincodes that it started itself.
	Chaincode string `yaml:"chaincode,omitempty"`
	// Admin is where an ordering node takes channel participation requests.
	Admin string `yaml:"admin,omitempty"`
}

// Orderers is the ordering service.
type Orderers struct {
	Consensus    string        `yaml:"consensus"`
	Tick         time.Duration `yaml:"tick"`
	Organisation Organisation  `yaml:"organisation"`
}

// Chaincode is a contract that runs on the channel.
type Chaincode struct {
	Name    string `yaml:"name"`
	Version string `yaml:"version"`
	// Program is the Go package of its main, relative to the repository's root.
	Program string `yaml:"program"`
	// Policy is a signature policy such as "OutOf(2, 'A.peer', …)"; empty means the channel's Endorsement.
	Policy string `yaml:"policy,omitempty"`
}

//go:embed consortium.yaml
var defaultConsortium []byte

// Default is the consortium of consortium.yaml, still without addresses.
func Default() *Consortium {
	c, err := Parse(defaultConsortium)
	if err != nil {
		panic(fmt.Sprintf("network: the embedded consortium.yaml is broken: %v", err))
	}
	return c
}

// Load reads a consortium from a YAML file.
func Load(path string) (*Consortium, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read consortium: %w", err)
	}
	c, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Parse reads a consortium from YAML; unknown fields are refused.
func Parse(data []byte) (*Consortium, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	c := new(Consortium)
	if err := dec.Decode(c); err != nil {
		return nil, fmt.Errorf("decode consortium: %w", err)
	}
	return c, c.Validate()
}

// MaxClockBound is what peers allow where nothing else is said.
const MaxClockBound = 15 * time.Minute

// TimeWindow is the clock bound that the peers hold to.
func (c *Consortium) TimeWindow() time.Duration {
	if c.ClockBound == 0 {
		return MaxClockBound
	}
	return c.ClockBound
}

// Hash names the consortium's terms and nodes. Chaincodes are left out: they come and go without a new network.
func (c *Consortium) Hash() string {
	terms := *c
	terms.Chaincodes = nil
	data, err := json.Marshal(terms)
	if err != nil {
		panic(fmt.Sprintf("network: marshal consortium: %v", err)) // plain data always marshals
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Organisation finds a member by MSP id or short name.
func (c *Consortium) Organisation(id string) (Organisation, error) {
	var known []string
	for _, o := range append([]Organisation{c.Orderers.Organisation}, c.Organisations...) {
		if id == o.MSP || id == o.Name {
			return o, nil
		}
		known = append(known, o.Name+" ("+o.MSP+")")
	}
	return Organisation{}, fmt.Errorf("no organisation %q in the consortium; there are %q", id, known)
}

// Host is the node's full host name, as in its certificates.
func (o Organisation) Host(n Node) string { return n.Name + "." + o.Domain }
