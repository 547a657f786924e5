// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Caller is who signed the transaction's proposal: a member of a Fabric
// organisation, as the peer's MSP has already established.
type Caller struct {
	MSP   string `json:"msp"`
	Name  string `json:"name"` // the certificate subject's common name
	Admin bool   `json:"-"`    // NodeOU admin of that MSP
}

// String is msp/name.
func (c Caller) String() string { return c.MSP + "/" + c.Name }

// key is the caller's name as a key part: common names may hold anything.
func (c Caller) key() string { return nameKey(c.Name) }

func nameKey(name string) string {
	sum := sha256.Sum256([]byte(name))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Caller returns the submitter of the transaction. It returns NO_CALLER rather
// than an empty identity when the certificate cannot be read.
func (t *Tx) Caller() (Caller, error) {
	if t.caller != nil {
		return *t.caller, nil
	}
	raw, err := t.stub.GetCreator()
	if err != nil || len(raw) == 0 {
		return Caller{}, code.NoCaller.Errorf("the proposal names no creator")
	}
	var id msp.SerializedIdentity
	if err := proto.Unmarshal(raw, &id); err != nil {
		return Caller{}, code.NoCaller.Errorf("the creator is not a serialized identity")
	}
	block, _ := pem.Decode(id.GetIdBytes())
	if block == nil {
		return Caller{}, code.NoCaller.Errorf("the creator of %s has no certificate", id.GetMspid())
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return Caller{}, code.NoCaller.Errorf("the certificate of %s cannot be read: %w", id.GetMspid(), err)
	}
	if !ValidPart(id.GetMspid()) || cert.Subject.CommonName == "" {
		return Caller{}, code.NoCaller.Errorf("MSP %.64q, common name %.64q: both are needed", id.GetMspid(), cert.Subject.CommonName)
	}
	t.caller = &Caller{
		MSP: id.GetMspid(), Name: cert.Subject.CommonName,
		Admin: slices.Contains(cert.Subject.OrganizationalUnit, "admin"),
	}
	return *t.caller, nil
}
