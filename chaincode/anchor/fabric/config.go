// SPDX-License-Identifier: Apache-2.0

package fabric

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
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

// Org is an organisation whose members sign, as its MSP's configuration says. What
// it leaves out takes nobody in.
type Org struct {
	MSP           string   `json:"msp"`
	Roots         [][]byte `json:"roots"`                   // DER
	Intermediates [][]byte `json:"intermediates,omitempty"` // DER
	Admins        [][]byte `json:"admins,omitempty"`        // DER
	Revoked       []string `json:"revoked,omitempty"`       // hash of the issuer's certificate, colon, serial number, both in hex
	Units         []Unit   `json:"units,omitempty"`         // one of which a member has to have, if any are named
	Nodes         *NodeOUs `json:"nodes,omitempty"`
}

// Unit is an organisational unit in certificates. Issuer, if not empty, is the
// certificate (DER) that has to have issued them.
type Unit struct {
	Name   string `json:"name"`
	Issuer []byte `json:"issuer,omitempty"`
}

// NodeOUs are the units by which an organisation tells what its members are. A
// member has exactly one of them.
type NodeOUs struct {
	Client  *Unit `json:"client,omitempty"`
	Peer    *Unit `json:"peer,omitempty"`
	Admin   *Unit `json:"admin,omitempty"`
	Orderer *Unit `json:"orderer,omitempty"`
}

// readOrgs finds the organisations of these MSP ids anywhere in the channel.
func readOrgs(channel, orderer group, ids map[string]bool) ([]Org, error) {
	found := map[string]Org{}
	groups := []map[string][]byte{orderer.groups}
	if raw, known := channel.groups["Application"]; known {
		application, err := readGroup("Application", raw)
		if err != nil {
			return nil, err
		}
		groups = append(groups, application.groups)
	}
	for _, all := range groups {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			g, err := readGroup(name, all[name])
			if err != nil {
				return nil, err
			}
			raw, err := g.value("MSP")
			if err != nil {
				return nil, err
			}
			o, err := readOrg(raw)
			if err != nil {
				return nil, fmt.Errorf("organisation %.60q: %w", name, err)
			}
			if _, twice := found[o.MSP]; !twice && ids[o.MSP] {
				found[o.MSP] = o
			}
		}
	}
	var orgs []Org
	for _, id := range slices.Sorted(maps.Keys(found)) {
		orgs = append(orgs, found[id])
	}
	return orgs, nil
}

// readOrg reads an MSPConfig. One that is not of X.509 takes nobody in.
func readOrg(raw []byte) (o Org, err error) {
	m, err := read("MSP", raw)
	if err != nil {
		return o, err
	}
	if kind, err := m.number(1); err != nil || kind != 0 {
		return o, err
	}
	config, err := m.one(2)
	if err != nil {
		return o, err
	}
	if m, err = read("MSP", config); err != nil {
		return o, err
	}
	name, err := m.one(1)
	if err != nil {
		return o, err
	}
	o.MSP = string(name)
	for number, to := range map[protowire.Number]*[][]byte{2: &o.Roots, 3: &o.Intermediates, 4: &o.Admins} {
		for _, text := range m.parts[number] {
			cert, err := readPEM(text)
			if err != nil {
				return o, err
			}
			*to = append(*to, cert.Raw)
		}
	}
	if err := o.readRevoked(m.parts[5]); err != nil {
		return o, err
	}
	for _, raw := range m.parts[7] {
		u, err := readUnit(raw)
		if err != nil {
			return o, err
		}
		o.Units = append(o.Units, *u)
	}
	nodes, err := m.one(11)
	if err != nil || nodes == nil {
		return o, err
	}
	o.Nodes, err = readNodes(nodes)
	return o, err
}

// maxRevoked bounds the revoked certificates of an organisation.
const maxRevoked = 10_000

func (o *Org) readRevoked(lists [][]byte) error {
	for _, text := range lists {
		block, _ := pem.Decode(text)
		if block == nil {
			return malformed("a revocation list is not PEM")
		}
		list, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			return malformed("a revocation list cannot be read")
		}
		for _, der := range append(slices.Clone(o.Roots), o.Intermediates...) {
			issuer, err := x509.ParseCertificate(der)
			if err != nil || list.CheckSignatureFrom(issuer) != nil {
				continue
			}
			for _, entry := range list.RevokedCertificateEntries {
				o.Revoked = append(o.Revoked, revokedName(issuer, entry.SerialNumber.Text(16)))
			}
		}
		if len(o.Revoked) > maxRevoked {
			return malformed("more than %d certificates are revoked", maxRevoked)
		}
	}
	slices.Sort(o.Revoked)
	return nil
}

func revokedName(issuer *x509.Certificate, serial string) string {
	sum := sha256.Sum256(issuer.Raw)
	return hex.EncodeToString(sum[:]) + ":" + serial
}

func readUnit(raw []byte) (*Unit, error) {
	m, err := read("organisational unit", raw)
	if err != nil {
		return nil, err
	}
	text, err := m.one(1)
	if err != nil {
		return nil, err
	}
	name, err := m.one(2)
	if err != nil {
		return nil, err
	}
	u := &Unit{Name: string(name)}
	if len(bytes.TrimSpace(text)) > 0 {
		cert, err := readPEM(text)
		if err != nil {
			return nil, err
		}
		u.Issuer = cert.Raw
	}
	return u, nil
}

// readNodes reads FabricNodeOUs, nil where they are not switched on.
func readNodes(raw []byte) (*NodeOUs, error) {
	m, err := read("NodeOUs", raw)
	if err != nil {
		return nil, err
	}
	if on, err := m.number(1); err != nil || on == 0 {
		return nil, err
	}
	n := &NodeOUs{}
	for number, to := range map[protowire.Number]**Unit{2: &n.Client, 3: &n.Peer, 4: &n.Admin, 5: &n.Orderer} {
		part, err := m.one(number)
		if err != nil {
			return nil, err
		}
		if part == nil {
			continue
		}
		if *to, err = readUnit(part); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func readPEM(text []byte) (*x509.Certificate, error) {
	block, rest := pem.Decode(text)
	if block == nil || len(strings.TrimSpace(string(rest))) > 0 {
		return nil, malformed("not one certificate in PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, malformed("a certificate cannot be read")
	}
	return cert, nil
}
