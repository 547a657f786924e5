// SPDX-License-Identifier: Apache-2.0

package fabric_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"testing"

	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric/fabrictest"
)

// alike are authorities of one name and key, each of which has signed them all, and
// an ordering node under them.
func alike(t *testing.T, n int) ([]*x509.Certificate, fabrictest.Node) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(template, parent *x509.Certificate) *x509.Certificate {
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return cert
	}
	var all []*x509.Certificate
	for i := range n {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: "alike"},
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		}
		all = append(all, issue(template, template))
	}
	node := issue(&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "orderer"}, KeyUsage: x509.KeyUsageDigitalSignature}, all[0])
	return all, fabrictest.Node{MSP: "OrdererMSP", Cert: node, Key: key}
}

// Authorities that could all have issued each other make more ways than can be tried, or
// this never ends. Who stands under no root is found out; under one, everybody counts.
func TestAuthoritiesAlike(t *testing.T) {
	chain, genesis := fabrictest.New(t, "kt", 1, false)
	trust, err := fabric.Begin(genesis.Header, genesis.Data)
	if err != nil {
		t.Fatal(err)
	}
	all, node := alike(t, 12)
	check := func(between, roots []*x509.Certificate) error {
		c := chain.Copy()
		b := c.Reconfigure(t, func(c *fabrictest.Chain) {
			c.Between, c.Roots, c.Nodes = between, append(c.Roots[:1:1], roots...), []fabrictest.Node{node}
		})
		next, err := trust.Next(b.Block, b.Data)
		if err == nil {
			_, err = next.Check(c.Next(t, []byte("tx")).Block)
		}
		return err
	}
	if err := check(all, nil); !errors.Is(err, fabric.ErrUnsigned) {
		t.Errorf("under no root: %v", err)
	}
	if err := check(all[1:], all[:1]); err != nil {
		t.Errorf("under a root: %v", err)
	}
	many, _ := alike(t, 40)
	if err := check(many, nil); !errors.Is(err, fabric.ErrMalformed) {
		t.Errorf("more authorities than are read: %v", err)
	}
}

// Evidence is of nodes: what another member of the organisation signed proves nothing.
func TestOnlyNodesVouch(t *testing.T) {
	chain, _ := fabrictest.New(t, "kt", 1, false)
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: chain.Roots[0].Raw})
	org, err := fabric.NewOrg("OrdererMSP", root)
	if err != nil {
		t.Fatal(err)
	}
	bare := org
	bare.Nodes = nil // an organisation without NodeOUs cannot tell
	h := chain.Next(t, []byte("tx")).Header
	for unit, want := range map[string]error{"orderer": nil, "peer": fabric.ErrUnsigned, "client": fabric.ErrUnsigned, "admin": fabric.ErrUnsigned, "x": fabric.ErrUnsigned} {
		b := fabrictest.Sign(t, h, 0, chain.IssueAs(t, "somebody", unit))
		if _, err := b.CheckSigners([]fabric.Org{org}); !errors.Is(err, want) {
			t.Errorf("signed by a member of unit %s: %v", unit, err)
		}
		if _, err := b.CheckSigners([]fabric.Org{bare}); err != nil {
			t.Errorf("without NodeOUs, unit %s: %v", unit, err)
		}
	}
}
