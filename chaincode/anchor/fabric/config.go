// SPDX-License-Identifier: Apache-2.0

package fabric

import (
	"bytes"
	"fmt"
)

// MaxConfig bounds a configuration block's one envelope, in bytes.
const MaxConfig = 1 << 20

// Trust is what a channel's configuration says of its ordering service: whose
// signatures make a block count. It follows from a configuration block, and from
// nothing else.
type Trust struct {
	Config     uint64      `json:"config"`               // number of the configuration block
	Channel    string      `json:"channel"`              // its name
	Consensus  string      `json:"consensus"`            // as the configuration names it: etcdraft, BFT
	Rule       Rule        `json:"rule"`                 // the policy /Channel/Orderer/BlockValidation
	Orgs       []Org       `json:"orgs,omitempty"`       // those that the rule names by role
	Consenters []Consenter `json:"consenters,omitempty"` // of BFT
}

// Consenter is an ordering node of BFT.
type Consenter struct {
	ID   uint32 `json:"id"`
	MSP  string `json:"msp"`
	Cert []byte `json:"cert"` // DER
}

// BFT reports whether a quorum of consenters has to sign.
func (t Trust) BFT() bool { return t.Consensus == "BFT" }

// Quorum is how many distinct consenters of BFT have to sign: ⌈(n+f+1)/2⌉ of n,
// where f = ⌊(n-1)/3⌋ may be faulty.
func (t Trust) Quorum() int {
	n := len(t.Consenters)
	f := (n - 1) / 3
	return (n + f + 2) / 2
}

// group is a part of the configuration's tree.
type group struct {
	groups, values, policies map[string][]byte
}

func readGroup(name string, raw []byte) (g group, err error) {
	m, err := read("configuration of "+name, raw)
	if err != nil {
		return g, err
	}
	if g.groups, err = m.entries(name, 2); err != nil {
		return g, err
	}
	if g.values, err = m.entries(name, 3); err != nil {
		return g, err
	}
	g.policies, err = m.entries(name, 4)
	return g, err
}

// value is the content of a configuration value, nil where there is none.
func (g group) value(name string) ([]byte, error) {
	raw, known := g.values[name]
	if !known {
		return nil, nil
	}
	return path("configuration value "+name, raw, 2)
}

// ReadTrust reads the one envelope of a configuration block. It returns
// ErrMalformed, which also means: by this configuration no block would ever count,
// or every one.
func ReadTrust(number uint64, envelope []byte) (Trust, error) {
	t := Trust{Config: number}
	if len(envelope) > MaxConfig {
		return t, malformed("a configuration of %d bytes, at most %d are read", len(envelope), MaxConfig)
	}
	payload, err := path("envelope", envelope, 1)
	if err != nil {
		return t, err
	}
	if t.Channel, err = channelOf(payload); err != nil {
		return t, err
	}
	// Payload.data is a ConfigEnvelope, its config a Config, whose channel_group is the tree.
	raw, err := path("configuration", payload, 2, 1, 2)
	if err != nil {
		return t, err
	}
	channel, err := readGroup("Channel", raw)
	if err != nil {
		return t, err
	}
	ordering, known := channel.groups["Orderer"]
	if !known {
		return t, malformed("the configuration has no ordering service")
	}
	orderer, err := readGroup("Orderer", ordering)
	if err != nil {
		return t, err
	}
	if err := t.readConsensus(orderer); err != nil {
		return t, err
	}
	r := ruleReader{}
	if t.Rule, err = r.policy("BlockValidation", orderer, 0); err != nil {
		return t, err
	}
	if t.Rule.satisfied(nil, nil) {
		return t, malformed("by the configuration's rule BlockValidation a block needs nobody's signature")
	}
	t.Orgs, err = readOrgs(channel, orderer, t.Rule.orgs(nil))
	return t, err
}

// channelOf is the channel's name in a payload that is a configuration.
func channelOf(payload []byte) (string, error) {
	raw, err := path("payload", payload, 1, 1)
	if err != nil {
		return "", err
	}
	m, err := read("channel header", raw)
	if err != nil {
		return "", err
	}
	kind, err := m.number(1)
	if err != nil {
		return "", err
	}
	if kind != 1 {
		return "", malformed("the envelope is of type %d, a configuration is of type 1", kind)
	}
	name, err := m.one(4)
	if err == nil && (len(name) == 0 || len(name) > 250) {
		err = malformed("the channel's name has %d bytes", len(name))
	}
	return string(name), err
}

func (t *Trust) readConsensus(orderer group) error {
	raw, err := orderer.value("ConsensusType")
	if err != nil {
		return err
	}
	kind, err := path("ConsensusType", raw, 1)
	if err != nil {
		return err
	}
	if len(kind) == 0 || len(kind) > 40 {
		return malformed("the configuration names consensus %.40q", kind)
	}
	t.Consensus = string(kind)
	if !t.BFT() {
		return nil
	}
	if raw, err = orderer.value("Orderers"); err != nil {
		return err
	}
	m, err := read("Orderers", raw)
	if err != nil {
		return err
	}
	if n := len(m.parts[1]); n == 0 || n > MaxSignatures {
		return malformed("%d consenters, 1 to %d are read", n, MaxSignatures)
	}
	for _, raw := range m.parts[1] {
		c, err := readConsenter(raw)
		if err != nil {
			return err
		}
		for _, o := range t.Consenters {
			if o.ID == c.ID || bytes.Equal(o.Cert, c.Cert) {
				return malformed("consenters %d and %d share a number or a certificate", o.ID, c.ID)
			}
		}
		t.Consenters = append(t.Consenters, c)
	}
	return nil
}

func readConsenter(raw []byte) (c Consenter, err error) {
	m, err := read("consenter", raw)
	if err != nil {
		return c, err
	}
	id, err := m.number(1)
	if err != nil || id > 1<<32-1 {
		return c, malformed("a consenter's number is %d", id)
	}
	msp, err := m.one(4)
	if err != nil {
		return c, err
	}
	identity, err := m.one(5)
	if err != nil {
		return c, err
	}
	cert, err := readPEM(identity)
	if err != nil {
		return c, fmt.Errorf("consenter %d: %w", id, err)
	}
	return Consenter{ID: uint32(id), MSP: string(msp), Cert: cert.Raw}, nil
}
