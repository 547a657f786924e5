// SPDX-License-Identifier: Apache-2.0

// Package fabrictest gives tests a Fabric chain of which they hold every key, so
// that it can fork, be signed by the wrong nodes and change its configuration.
// What real networks make is in package fabric's testdata.
package fabrictest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
)

// TB is what tests and properties have in common.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Node is an ordering node.
type Node struct {
	MSP  string
	Cert *x509.Certificate
	Key  *ecdsa.PrivateKey
}

// PEM is the node's certificate.
func (n Node) PEM() []byte { return pemOf(n.Cert) }

// Chain is a channel's ordering service. Its blocks are what it made last: keep
// copies of it to fork.
type Chain struct {
	Channel string
	BFT     bool
	Nodes   []Node
	Roots   []*x509.Certificate // of OrdererMSP, by which its members count
	Between []*x509.Certificate // its intermediate authorities

	Number   uint64 // of the latest block
	Previous [32]byte
	Config   uint64 // number of the latest configuration block

	ca    *x509.Certificate
	caKey *ecdsa.PrivateKey
	serie int
}

// Block is a block with what has to come along with its header.
type Block struct {
	fabric.Block
	Envelopes [][]byte
	Data      []byte // the one envelope of a configuration block
}

// Whole is the block as a peer gives it (protobuf common.Block), all its
// transactions valid.
func (b Block) Whole() []byte {
	var data []byte
	for _, e := range b.Envelopes {
		data = join(data, part(1, e))
	}
	flags := make([]byte, len(b.Envelopes))
	var signed []byte
	signed = join(part(1, b.Value))
	for _, s := range b.Signatures {
		signed = join(signed, part(2, join(part(1, s.Creator), part(2, s.Value))))
	}
	bare := fabric.Block{Header: b.Header}.Marshal()
	return join(bare, part(2, data), part(3, join(part(1, signed), part(1, nil), part(1, flags))))
}

// New is a chain of so many ordering nodes and its first block.
func New(t TB, channel string, nodes int, bft bool) (*Chain, Block) {
	t.Helper()
	c := &Chain{Channel: channel, BFT: bft}
	c.ca, c.caKey = authority(t, "ca."+channel)
	c.Roots = []*x509.Certificate{c.ca}
	for i := range nodes {
		c.Nodes = append(c.Nodes, c.Issue(t, fmt.Sprint("orderer", i)))
	}
	data := c.configuration()
	b := Block{Header0(data), [][]byte{data}, data}
	c.Previous = b.Hash()
	return c, b
}

// Header0 is a first block, which nobody signs.
func Header0(data []byte) fabric.Block {
	sum := sha256.Sum256(data)
	return fabric.Block{Header: fabric.Header{Data: sum[:]}}
}

// Issue is a further node's certificate.
func (c *Chain) Issue(t TB, name string) Node {
	t.Helper()
	return c.IssueAs(t, name, "orderer")
}

// IssueAs is a certificate of a member of another unit than ordering nodes are of.
func (c *Chain) IssueAs(t TB, name, unit string) Node {
	t.Helper()
	c.serie++
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("key: %v", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(c.serie)), Subject: pkix.Name{CommonName: name, OrganizationalUnit: []string{unit}},
		NotBefore: time.Unix(1_600_000_000, 0), NotAfter: time.Unix(1_600_000_001, 0), // long over: no clock is looked at
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	return Node{"OrdererMSP", sign(t, template, c.ca, key, c.caKey), key}
}

// Replace has the ordering organisation stand under another authority from the
// next configuration on, with nodes of that.
func (c *Chain) Replace(t TB, nodes int) {
	t.Helper()
	c.ca, c.caKey = authority(t, fmt.Sprint("ca", c.Number, ".", c.Channel))
	c.Roots, c.Nodes = []*x509.Certificate{c.ca}, nil
	for i := range nodes {
		c.Nodes = append(c.Nodes, c.Issue(t, fmt.Sprint("new orderer", i)))
	}
}

// Next is the chain's next block of these envelopes.
func (c *Chain) Next(t TB, envelopes ...[]byte) Block {
	t.Helper()
	sum := fabric.DataHash(envelopes)
	h := fabric.Header{Number: c.Number + 1, Previous: append([]byte(nil), c.Previous[:]...), Data: sum[:]}
	b := Block{Sign(t, h, c.Config, c.signers(c.Nodes)...), envelopes, nil}
	c.Number, c.Previous = h.Number, b.Hash()
	return b
}

// Reconfigure is a configuration block, which says how the chain is from then on.
// change may change the chain; the nodes before it sign.
func (c *Chain) Reconfigure(t TB, change func(*Chain)) Block {
	t.Helper()
	before := c.Nodes
	if change != nil {
		change(c)
	}
	data := c.configuration()
	sum := sha256.Sum256(data)
	h := fabric.Header{Number: c.Number + 1, Previous: append([]byte(nil), c.Previous[:]...), Data: sum[:]}
	b := Block{Sign(t, h, h.Number, c.signers(before)...), [][]byte{data}, data}
	c.Number, c.Previous, c.Config = h.Number, b.Hash(), h.Number
	return b
}

func (c *Chain) signers(all []Node) []Node {
	if c.BFT {
		return all
	}
	return all[:1]
}

// Copy is a chain that goes another way from here on.
func (c *Chain) Copy() *Chain {
	other := *c
	other.Nodes = append([]Node(nil), c.Nodes...)
	return &other
}

// Sign is a header under these nodes' signatures, as ordering nodes make them.
func Sign(t TB, h fabric.Header, config uint64, by ...Node) fabric.Block {
	t.Helper()
	var last []byte
	if config > 0 {
		last = number(1, config)
	}
	b := fabric.Block{Header: h, Value: part(1, last)}
	for _, n := range by {
		s := fabric.Signature{Creator: join(part(1, join(part(1, []byte(n.MSP)), part(2, n.PEM()))), part(2, []byte("nonce")))}
		digest := sha256.Sum256(b.Signed(s))
		var err error
		if s.Value, err = n.sign(digest[:]); err != nil {
			t.Fatalf("sign: %v", err)
		}
		b.Signatures = append(b.Signatures, s)
	}
	return b
}

// sign gives the signature with the smaller s, the only one that Fabric takes.
func (n Node) sign(digest []byte) ([]byte, error) {
	r, s, err := ecdsa.Sign(rand.Reader, n.Key, digest)
	if err != nil {
		return nil, err
	}
	if order := n.Key.Params().N; s.Cmp(new(big.Int).Rsh(order, 1)) > 0 {
		s.Sub(order, s)
	}
	return asn1.Marshal(struct{ R, S *big.Int }{r, s})
}

// configuration is the envelope of a configuration: ANY Writers of the ordering
// organisation, its members; under BFT a quorum of its nodes.
func (c *Chain) configuration() []byte {
	role := part(1, []byte("OrdererMSP")) // MSPRole: 0, a member
	policy := func(kind uint64, value []byte) []byte { return part(2, join(number(1, kind), part(2, value))) }
	writers := policy(1, join(part(2, part(2, join(number(1, 1), part(2, number(1, 0))))), part(3, part(2, role))))
	validation := policy(3, part(1, []byte("Writers")))
	values := [][2][]byte{{[]byte("ConsensusType"), part(2, part(1, []byte("etcdraft")))}}
	if c.BFT {
		var gates, identities, consenters []byte
		for i, n := range c.Nodes {
			gates = join(gates, part(2, number(1, uint64(i))))
			identities = join(identities, part(3, join(number(1, 2), part(2, join(part(1, []byte(n.MSP)), part(2, n.PEM()))))))
			consenters = join(consenters, part(1, join(number(1, uint64(i+1)), part(4, []byte(n.MSP)), part(5, n.PEM()))))
		}
		quorum := fabric.Trust{Consenters: make([]fabric.Consenter, len(c.Nodes))}.Quorum()
		validation = policy(1, join(part(2, part(2, join(number(1, uint64(quorum)), gates))), identities)) //nolint:gosec // few
		values = [][2][]byte{{[]byte("ConsensusType"), part(2, part(1, []byte("BFT")))}, {[]byte("Orderers"), part(2, consenters)}}
	}
	var roots []byte
	for _, r := range c.Roots {
		roots = join(roots, part(2, pemOf(r)))
	}
	for _, i := range c.Between {
		roots = join(roots, part(3, pemOf(i)))
	}
	msp := part(2, part(2, join(part(1, []byte("OrdererMSP")), roots)))
	org := join(entry(3, "MSP", msp), entry(4, "Writers", writers))
	orderer := join(entry(2, "OrdererOrg", org), entry(4, "BlockValidation", validation))
	for _, v := range values {
		orderer = join(orderer, entry(3, string(v[0]), v[1]))
	}
	config := part(1, part(2, entry(2, "Orderer", orderer)))
	header := part(1, part(1, join(number(1, 1), part(4, []byte(c.Channel)), part(5, []byte(fmt.Sprint(c.Number))))))
	return part(1, join(header, part(2, config)))
}

func entry(field protowire.Number, key string, value []byte) []byte {
	return part(field, join(part(1, []byte(key)), part(2, value)))
}

func part(field protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, field, protowire.BytesType), value)
}

func number(field protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), value)
}

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

func authority(t TB, name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("key: %v", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Unix(1_600_000_000, 0), NotAfter: time.Unix(1_600_000_001, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: []byte(name),
	}
	return sign(t, template, template, key, key), key
}

func sign(t TB, template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		t.Fatalf("certificate: %v", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatalf("certificate: %v", err)
	}
	return cert
}
