// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// A statement is what a document's holder says to the registries: about a schema,
// an accreditation, a status list. Its types' members stand in alphabetical order,
// which canonical JSON wants.

// Payload is the content of a statement.
type Payload interface {
	place() (v int, p Place)
	Validate() error
	Typ() string
}

// Said is a parsed statement whose signature was not checked yet.
type Said[T Payload] struct {
	Payload T
	By      string // DID of who signed, of this method
	ByID    string // its last part
	Digest  string // SHA-256 of the signing input, hex: by this it counts once

	key     string
	message *jws.Message
}

// ParseStatement reads a statement of one type. It returns BAD_JWS, BAD_DID,
// INVALID_STATEMENT, OPERATION_ELSEWHERE and what Validate of the type returns.
func ParseStatement[T Payload](place Place, compact string) (Said[T], error) {
	var s Said[T]
	m, err := jws.Parse(compact, did.ES256K)
	if err != nil {
		return s, err
	}
	if m.Header.Typ != s.Payload.Typ() {
		return s, InvalidStatement.Errorf("typ is %.40q, expected %s", m.Header.Typ, s.Payload.Typ())
	}
	if s.By, s.key, err = did.Split(m.Header.Kid); err != nil {
		return s, err
	}
	if s.ByID, err = ParseDID(s.By); err != nil {
		return s, err
	}
	if err := jws.DecodeCanonical(m.Payload, &s.Payload); err != nil {
		return s, InvalidStatement.Errorf("the statement %w", err)
	}
	v, there := s.Payload.place()
	if v != 1 {
		return s, InvalidStatement.Errorf("v is %d, this chaincode takes version 1", v)
	}
	if there != place {
		return s, OperationElsewhere.Errorf("bound to network %.64q channel %.64q chaincode %.64q, this is %q %q %q",
			there.Network, there.Channel, there.Chaincode, place.Network, place.Channel, place.Chaincode)
	}
	digest := m.Digest()
	s.message, s.Digest = m, hex.EncodeToString(digest[:])
	return s, s.Payload.Validate()
}

// Verify returns KEY_UNAUTHORISED or BAD_SIGNATURE unless a key for assertions of
// the signer's document, as it stands, made the statement.
func (s Said[T]) Verify(author State) error {
	if author.Status != Active {
		return KeyUnauthorised.Errorf("%s is %s", s.By, author.Status)
	}
	k := find(author.Keys, s.key)
	if k == nil || !k.Has(AssertionMethod) {
		return KeyUnauthorised.Errorf("key %s is not one of %s for assertions", s.key, s.By)
	}
	public, err := k.Public()
	if err != nil {
		return err
	}
	return s.message.Verify(public)
}

// Told remembers that a statement was carried out.
type Told struct {
	Tx   string `json:"tx"`
	Time int64  `json:"time"` // Unix seconds
}

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,47}$`)

// CheckName returns INVALID_STATEMENT unless s is a name in a registry: 1 to 48 of
// a-z 0-9 -.
func CheckName(what, s string) error {
	if !validName.MatchString(s) {
		return InvalidStatement.Errorf("%s %.60q: 1 to 48 of a-z 0-9 -, not a hyphen first", what, s)
	}
	return nil
}

// Any stands for every schema, or every region, in an accreditation.
const Any = "@"

var validRegion = regexp.MustCompile(`^[0-9A-Za-z-]{1,16}$`)

func checkRegion(s string) error {
	if s != Any && !validRegion.MatchString(s) {
		return InvalidStatement.Errorf("region %.40q: 1 to 16 letters, digits and hyphens, or %s for every one", s, Any)
	}
	return nil
}

// SchemaRef names a schema: its owner's id, its name and its version, joined by
// dots.
type SchemaRef string

// NewSchemaRef names a schema of an owner.
func NewSchemaRef(ownerID, name string, version int) SchemaRef {
	return SchemaRef(ownerID + "." + name + "." + itoa(version))
}

// Split returns the parts, or INVALID_STATEMENT.
func (r SchemaRef) Split() (ownerID, name string, version int, err error) {
	parts := strings.Split(string(r), ".")
	if len(parts) == 3 {
		if _, err := ParseDID(Prefix + parts[0]); err == nil && validName.MatchString(parts[1]) {
			if n, ok := atoi(parts[2]); ok {
				return parts[0], parts[1], n, nil
			}
		}
	}
	return "", "", 0, InvalidStatement.Errorf("schema %.130q is not of the form owner.name.version", string(r))
}

func checkSchema(r SchemaRef) error {
	if r == Any {
		return nil
	}
	_, _, _, err := r.Split()
	return err
}
