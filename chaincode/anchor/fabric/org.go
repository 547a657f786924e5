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

// NewOrg is an organisation of which only the certificates of its authorities are
// known (PEM, one behind the other). It tells its members by NodeOUs of the names that
// Fabric's tools give them, as the organisations of this consortium do.
func NewOrg(msp string, authorities []byte) (Org, error) {
	o := Org{MSP: msp, Nodes: &NodeOUs{Client: &Unit{Name: "client"}, Peer: &Unit{Name: "peer"}, Admin: &Unit{Name: "admin"}, Orderer: &Unit{Name: "orderer"}}}
	for len(bytes.TrimSpace(authorities)) > 0 {
		block, rest := pem.Decode(authorities)
		if block == nil {
			return o, malformed("not certificates in PEM")
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil || !cert.IsCA {
			return o, malformed("not the certificate of an authority")
		}
		o.Roots, authorities = append(o.Roots, cert.Raw), rest
	}
	if len(o.Roots) == 0 {
		return o, malformed("no certificate")
	}
	return o, nil
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
	for i, to := range []*[][]byte{&o.Roots, &o.Intermediates, &o.Admins} { // in order, so that every endorser refuses alike
		for _, text := range m.parts[protowire.Number(i+2)] {
			cert, err := readPEM(text)
			if err != nil {
				return o, err
			}
			*to = append(*to, cert.Raw)
		}
	}
	if n := len(o.Roots) + len(o.Intermediates); n > maxAuthorities {
		return o, malformed("%d authorities of %.60q, at most %d are read", n, o.MSP, maxAuthorities)
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

// Bounds of an organisation: each certificate and list is held against each authority.
const (
	maxAuthorities = 32 // roots and intermediates
	maxLists       = 32 // of revoked certificates
	maxRevoked     = 10_000
)

func (o *Org) readRevoked(lists [][]byte) error {
	if len(lists) > maxLists {
		return malformed("%d revocation lists of %.60q, at most %d are read", len(lists), o.MSP, maxLists)
	}
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
			if err != nil || differ(list.AuthorityKeyId, issuer.SubjectKeyId) || list.CheckSignatureFrom(issuer) != nil {
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

// differ reports whether two key identifiers are of two keys, as far as both are known.
// The issuer's name would not tell: Fabric's CA spells it anew in the lists that it makes.
func differ(a, b []byte) bool { return len(a) > 0 && len(b) > 0 && !bytes.Equal(a, b) }

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
	for i, to := range []**Unit{&n.Client, &n.Peer, &n.Admin, &n.Orderer} {
		part, err := m.one(protowire.Number(i + 2))
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
