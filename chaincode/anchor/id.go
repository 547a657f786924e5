// SPDX-License-Identifier: Apache-2.0

// Package anchor holds the rules of tamper-evident logs: sources, what may stand
// in their logs, and how a log grows. It knows nothing of Fabric: state goes in, a
// decision comes out. The transaction functions that load and save that state are
// in package contract, receipts that verify offline in package receipt.
//
// Each source owns one append-only Merkle tree (RFC 9162 section 2.1, SHA-256).
package anchor

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// CheckID returns INVALID_ID unless s is a name people chose: 1 to 48 of
// A-Z a-z 0-9 . _ -, but not "." or "..", which paths of URLs swallow.
func CheckID(what, s string) error {
	if s == "" || len(s) > 48 {
		return InvalidID.Errorf("%s has %d characters, 1 to 48 are allowed", what, len(s))
	}
	if !plain(s, "._-") {
		return InvalidID.Errorf("%s %q has characters outside A-Z a-z 0-9 . _ -", what, s)
	}
	if s == "." || s == ".." {
		return InvalidID.Errorf("%s %q cannot stand in a path", what, s)
	}
	return nil
}

// CheckDigest returns INVALID_ID unless s is a SHA-256 digest in lower-case hex.
func CheckDigest(what, s string) error {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != sha256.Size || strings.ToLower(s) != s {
		return InvalidID.Errorf("%s %.80q is not a SHA-256 digest in 64 lower-case hex digits", what, s)
	}
	return nil
}

func plain(s, also string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte(also, c) < 0 {
			return false
		}
	}
	return true
}

// Place is where what was signed counts, and nowhere else.
type Place struct {
	Network   string
	Channel   string
	Chaincode string
}

// Check returns ELSEWHERE unless a binding is to this place, and INVALID_SEAL
// where it is of a version that is not known.
func (p Place) Check(v int, network, channel, chaincode string) error {
	if v != 1 {
		return InvalidSeal.Errorf("v is %d, this chaincode carries out version 1", v)
	}
	if (Place{network, channel, chaincode}) != p {
		return Elsewhere.Errorf("bound to network %.64q channel %.64q chaincode %.64q, this is %q %q %q",
			network, channel, chaincode, p.Network, p.Channel, p.Chaincode)
	}
	return nil
}
