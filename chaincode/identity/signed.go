// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// Signed is a parsed operation whose signatures were not checked yet.
type Signed struct {
	Operation
	DID    string // that the operation is about; of a create, the one it makes
	ID     string // its last part
	Digest string // SHA-256 of the payload, hex: what the next operation names as previous

	payload    []byte
	signatures []signature
}

// signature is one on the operation, by the key that its header names.
type signature struct {
	message   *jws.Message
	did, key  string // the DID URL's two parts
	protected string // as encoded
}

// Parse reads an operation: one compact JWS for each signature, all over the same
// payload. The order of signatures does not matter. It returns BAD_JWS, BAD_DID,
// OPERATION_ELSEWHERE, TOO_LARGE and what [Operation.Validate] returns: all that
// can be said of an operation without any state.
func Parse(place Place, compacts []string) (*Signed, error) {
	if len(compacts) == 0 || len(compacts) > MaxSignatures {
		return nil, TooLarge.Errorf("%d signatures, 1 to %d are needed", len(compacts), MaxSignatures)
	}
	s := &Signed{}
	for i, compact := range compacts {
		m, err := jws.Parse(compact, did.ES256K)
		if err != nil {
			return nil, err
		}
		if m.Header.Typ != TypOperation {
			return nil, InvalidOperation.Errorf("signature %d: typ is %.40q, expected %s", i, m.Header.Typ, TypOperation)
		}
		if i == 0 {
			s.payload = m.Payload
		} else if !bytes.Equal(s.payload, m.Payload) {
			return nil, InvalidOperation.Errorf("signature %d is on another operation than signature 0", i)
		}
		sig := signature{message: m}
		if sig.did, sig.key, err = did.Split(m.Header.Kid); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(s.signatures, func(other signature) bool { return other.message.Header.Kid == m.Header.Kid }) {
			return nil, InvalidOperation.Errorf("%.160s signed twice", m.Header.Kid)
		}
		sig.protected, _, _ = strings.Cut(compact, ".")
		s.signatures = append(s.signatures, sig)
	}
	if len(s.payload) > MaxPayload {
		return nil, TooLarge.Errorf("the operation has %d bytes, at most %d", len(s.payload), MaxPayload)
	}
	if err := jws.DecodeCanonical(s.payload, &s.Operation); err != nil {
		return nil, InvalidOperation.Errorf("the operation %w", err)
	}
	if s.V != 1 {
		return nil, InvalidOperation.Errorf("v is %d, this chaincode carries out version 1", s.V)
	}
	if there := (Place{s.Network, s.Channel, s.Chaincode}); there != place {
		return nil, OperationElsewhere.Errorf("bound to network %.64q channel %.64q chaincode %.64q, this is %q %q %q",
			there.Network, there.Channel, there.Chaincode, place.Network, place.Channel, place.Chaincode)
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s.DID = s.Operation.DID
	if s.Type == Create {
		s.DID = Prefix + idOf(s.payload)
	}
	s.ID = strings.TrimPrefix(s.DID, Prefix)
	digest := sha256.Sum256(s.payload)
	s.Digest = hex.EncodeToString(digest[:])
	return s, nil
}

// Controllers are the other DIDs of this method that signed: their current
// documents decide whether they have a say.
func (s *Signed) Controllers() []string {
	var all []string
	for _, sig := range s.signatures {
		if sig.did != s.DID && strings.HasPrefix(sig.did, Prefix) && !slices.Contains(all, sig.did) {
			all = append(all, sig.did)
		}
	}
	return all
}

// detached are the signatures as they are kept: compact JWS without the payload
// (RFC 7515 appendix F), which is kept once.
func (s *Signed) detached() []string {
	all := make([]string, len(s.signatures))
	for i, sig := range s.signatures {
		all[i] = sig.protected + ".." + base64.RawURLEncoding.EncodeToString(sig.message.Signature)
	}
	return all
}
