// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// Role is a caller's NodeOU: the organisational unit of the certificate's
// subject, by which Fabric tells an MSP's admins from its clients.
type Role string

// The roles a caller may have.
const (
	Client Role = "client"
	Admin  Role = "admin"
	Peer   Role = "peer"
)

// Caller is who submits transactions: a certificate of an organisation's CA.
type Caller struct {
	MSPID       string
	Name        string // the subject's common name
	Role        Role
	Certificate *x509.Certificate

	creator []byte
	key     *ecdsa.PrivateKey
}

// Creator returns the serialized identity, as a stub's GetCreator gives it.
func (c *Caller) Creator() []byte { return bytes.Clone(c.creator) }

// Caller returns an identity of the organisation with the given common name
// (which may be empty) and role. The same arguments always give the same
// certificate, in every network.
func (n *Network) Caller(mspID, name string, role Role) *Caller {
	n.t.Helper()
	c, err := enrol(mspID, name, role)
	if err != nil {
		n.t.Fatalf("ledgertest: certificate for %q of %s: %v", name, mspID, err)
	}
	return c
}

// authority is the CA of one organisation.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// issued keeps what was made, for the whole process: a test creates many
// networks with the same few callers.
var issued = struct {
	sync.Mutex
	authorities map[string]*authority
	callers     map[callerID]*Caller
}{
	authorities: map[string]*authority{},
	callers:     map[callerID]*Caller{},
}

type callerID struct {
	mspID, name string
	role        Role
}

func enrol(mspID, name string, role Role) (*Caller, error) {
	issued.Lock()
	defer issued.Unlock()

	id := callerID{mspID, name, role}
	if c := issued.callers[id]; c != nil {
		return c, nil
	}
	ca, err := authorityOf(mspID)
	if err != nil {
		return nil, err
	}
	key, err := deriveKey("caller", mspID, name, string(role))
	if err != nil {
		return nil, err
	}
	template := certificate(pkix.Name{
		CommonName: name, OrganizationalUnit: []string{string(role)}, Organization: []string{mspID},
	})
	template.KeyUsage = x509.KeyUsageDigitalSignature
	cert, err := sign(template, ca.certificate, key, ca.key)
	if err != nil {
		return nil, err
	}
	creator, err := proto.Marshal(&msp.SerializedIdentity{
		Mspid:   mspID,
		IdBytes: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}),
	})
	if err != nil {
		return nil, err
	}
	c := &Caller{MSPID: mspID, Name: name, Role: role, Certificate: cert, creator: creator, key: key}
	issued.callers[id] = c
	return c, nil
}

func authorityOf(mspID string) (*authority, error) {
	if ca := issued.authorities[mspID]; ca != nil {
		return ca, nil
	}
	key, err := deriveKey("ca", mspID)
	if err != nil {
		return nil, err
	}
	template := certificate(pkix.Name{CommonName: "ca." + mspID, Organization: []string{mspID}})
	template.IsCA = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	cert, err := sign(template, template, key, key)
	if err != nil {
		return nil, err
	}
	ca := &authority{cert, key}
	issued.authorities[mspID] = ca
	return ca, nil
}

func certificate(subject pkix.Name) *x509.Certificate {
	serial := sha256.Sum256([]byte(subject.String()))
	return &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(serial[:16]),
		Subject:               subject,
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		BasicConstraintsValid: true,
	}
}

func sign(template, parent *x509.Certificate, subject, issuer *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(nil, template, parent, &subject.PublicKey, deterministic{issuer})
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// digest hashes length-prefixed parts, so that no two lists of parts collide.
func digest(parts ...string) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
