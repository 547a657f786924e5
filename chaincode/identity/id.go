// SPDX-License-Identifier: Apache-2.0

// Package identity holds the rules of the DID method did:komsco: the types, their
// validation and every decision about who may change what. It knows nothing of
// Fabric: state goes in, a decision comes out. The transaction functions that load
// and save that state are in package contract; the method's text is METHOD.md.
package identity

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Prefix begins every DID of the method.
const Prefix = "did:komsco:"

// Placeholder stands for the DID in the operation that creates it: the DID is the
// hash of that operation, which therefore cannot name it. It is no DID itself.
const Placeholder = Prefix + "_"

// idLength is that of a SHA-256 digest in base32 without padding.
const idLength = 52

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// idOf is the id of a document whose create operation has this payload:
// SHA-256 in lower-case base32 (RFC 4648), 52 characters.
func idOf(payload []byte) string {
	digest := sha256.Sum256(payload)
	return base32Lower.EncodeToString(digest[:])
}

// ParseDID returns the id of a did:komsco DID, or BAD_DID. An id has one spelling.
func ParseDID(did string) (id string, err error) {
	id, ok := strings.CutPrefix(did, Prefix)
	if !ok || len(id) != idLength {
		return "", code.BadDID.Errorf("%.80q is not of the form %s followed by %d characters of a-z 2-7", did, Prefix, idLength)
	}
	digest, err := base32Lower.DecodeString(id)
	if err != nil || base32Lower.EncodeToString(digest) != id {
		return "", code.BadDID.Errorf("%.80q: the id is not a SHA-256 digest in lower-case base32", did)
	}
	return id, nil
}
