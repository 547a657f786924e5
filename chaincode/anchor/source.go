// SPDX-License-Identifier: Apache-2.0

package anchor

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// RoleKeeper registers and changes the sources of the officer's organisation.
const RoleKeeper call.Role = "keeper"

// Roles lists every role.
var Roles = []call.Role{RoleKeeper}

// SourceKind says what a source's records are.
type SourceKind string

// The kinds of source.
const (
	Documents SourceKind = "documents" // digests and manifests: archives, agencies, notaries
	Items     SourceKind = "items"     // histories of things, in steps that many parties sign
	Chain     SourceKind = "chain"     // headers of another chain, in order
)

// takes lists the records of each kind of source.
var takes = map[SourceKind][]Kind{
	Documents: {Notarise, Manifest},
	Items:     {Step},
	Chain:     {Header, Block},
}

// Bounds of a source.
const (
	MaxCadence = 366 * 24 * 3600 // seconds
	MaxTitle   = 200             // bytes
	MaxSigners = 16              // keys that may sign a chain's headers
)

// Source is who keeps a log, and under which terms. Versions are immutable.
type Source struct {
	ID      string       `json:"id"`
	Version int          `json:"version"` // from 1
	Owner   string       `json:"owner"`   // MSP id of the organisation it belongs to
	Title   string       `json:"title"`
	Kind    SourceKind   `json:"kind"`
	Cadence int64        `json:"cadence"` // seconds within which something is promised to be sealed; 0 promises nothing
	Sealer  string       `json:"sealer"`  // DID whose key may seal: the source's grant
	LogKey  string       `json:"logKey"`  // note verifier key that signs the log's checkpoints, its name being the origin
	Headers *HeaderTerms `json:"headers,omitempty"`
}

// HeaderTerms say when a header of another chain counts. Format and start are for
// good.
type HeaderTerms struct {
	Format    Format   `json:"format,omitempty"`
	Signers   []string `json:"signers"`         // DIDs; of statements only
	Threshold int      `json:"threshold"`       // how many of them have to sign
	Start     string   `json:"start,omitempty"` // hash of the first header, in hex, under which all others are checked; not of statements
	Gaps      bool     `json:"gaps"`            // whether heights may be left out, recorded as gaps
}

// Origin names a source's log wherever its checkpoints go: it is the first line
// of a checkpoint and the name of the key that signs it.
func Origin(p Place, source string) string {
	return strings.Join([]string{p.Network, p.Channel, p.Chaincode, source}, "/")
}

// Validate checks all that can be said of a source without knowing its place. It
// returns INVALID_ID, INVALID_SOURCE or BAD_DID.
func (s Source) Validate() error {
	if err := CheckID("source id", s.ID); err != nil {
		return err
	}
	if s.Title == "" || len(s.Title) > MaxTitle {
		return InvalidSource.Errorf("title has %d bytes, 1 to %d are allowed", len(s.Title), MaxTitle)
	}
	if _, known := takes[s.Kind]; !known {
		return InvalidSource.Errorf("kind %.20q: %s, %s and %s are known", string(s.Kind), Documents, Items, Chain)
	}
	if s.Cadence < 0 || s.Cadence > MaxCadence {
		return InvalidSource.Errorf("cadence is %d seconds, 0 to %d are allowed", s.Cadence, MaxCadence)
	}
	if _, err := did.Resolve(s.Sealer); err != nil {
		return err
	}
	if _, err := verifierName(s.LogKey); err != nil {
		return err
	}
	return s.validateHeaders()
}

func (s Source) validateHeaders() error {
	if (s.Kind == Chain) != (s.Headers != nil) {
		return InvalidSource.Errorf("headers are the terms of a %s and of nothing else; kind is %s", Chain, s.Kind)
	}
	h := s.Headers
	if h == nil {
		return nil
	}
	switch h.Format {
	case Statements:
		if h.Start != "" {
			return InvalidSource.Errorf("start %.80q: statements begin with any header that enough keys signed", h.Start)
		}
	case FabricChain, QBFTChain:
		if len(h.Signers) > 0 || h.Threshold != 0 {
			return InvalidSource.Errorf("%d signers, threshold %d: headers of %s carry the chain's own signatures", len(h.Signers), h.Threshold, h.Format)
		}
		return CheckDigest("start", h.Start)
	default:
		return InvalidSource.Errorf("header format %.20q: %s and %s are known, and none for statements of registered keys", string(h.Format), FabricChain, QBFTChain)
	}
	if len(h.Signers) < 1 || len(h.Signers) > MaxSigners || h.Threshold < 1 || h.Threshold > len(h.Signers) {
		return InvalidSource.Errorf("%d of %d signers: 1 to %d signers are allowed, and 1 up to all of them needed", h.Threshold, len(h.Signers), MaxSigners)
	}
	for i, d := range h.Signers {
		if _, err := did.Resolve(d); err != nil {
			return err
		}
		if slices.Contains(h.Signers[:i], d) {
			return InvalidSource.Errorf("signer %.80s is named twice", d)
		}
	}
	return nil
}

// CheckPlace returns INVALID_SOURCE unless the log's key is named after the log.
func (s Source) CheckPlace(p Place) error {
	name, err := verifierName(s.LogKey)
	if err != nil {
		return err
	}
	if origin := Origin(p, s.ID); name != origin {
		return InvalidSource.Errorf("logKey is named %.200q, the log's origin is %q", name, origin)
	}
	return nil
}

// Takes reports whether records of this kind may stand in the source's log.
func (s Source) Takes(k Kind) bool {
	if s.Headers != nil && (k == Block) != (s.Headers.Format != Statements) {
		return false
	}
	return slices.Contains(takes[s.Kind], k)
}

// Become is the next version of the source. It returns SOURCE_STATE unless next
// is that version and leaves alone what never changes: owner, kind, and of
// another chain its format and its start.
func (s Source) Become(next Source) (Source, error) {
	if next.Version != s.Version+1 {
		return s, SourceState.Errorf("version %d was sent, the next one is %d", next.Version, s.Version+1)
	}
	if next.Kind != s.Kind {
		return s, SourceState.Errorf("kind is %s for good; register another source for %s", s.Kind, next.Kind)
	}
	if a, b := s.Headers, next.Headers; a != nil && b != nil && (a.Format != b.Format || a.Start != b.Start) {
		return s, SourceState.Errorf("headers are %q from %.64q on for good; register another source for %q from %.64q on", a.Format, a.Start, b.Format, b.Start)
	}
	next.Owner = s.Owner
	return next, nil
}

// verifierName is the name in a C2SP signed-note verifier key of Ed25519
// (name+hash+base64 of 1 and 32 bytes). It returns INVALID_SOURCE.
func verifierName(vkey string) (string, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 || len(vkey) > 400 || len(parts[1]) != 8 {
		return "", InvalidSource.Errorf("logKey %.80q is not a note verifier key: name+hash+key", vkey)
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) != 33 || raw[0] != 1 {
		return "", InvalidSource.Errorf("logKey %.80q is not of Ed25519 (signature type 1)", vkey)
	}
	if parts[1] != keyHash(parts[0], raw) {
		return "", InvalidSource.Errorf("logKey %.80q: its hash is not that of name and key", vkey)
	}
	return parts[0], nil
}

// RegisterSource is the keeper's request for a new source. Owner and version may
// be left out: they are the caller's organisation and 1.
type RegisterSource struct {
	call.Operation
	Source Source `json:"source"`
}

// Validate checks the form.
func (r RegisterSource) Validate() error {
	if r.Source.Owner != "" || r.Source.Version > 1 || r.Source.Version < 0 {
		return InvalidSource.Errorf("owner %.40q version %d: leave them out, they are the caller's organisation and 1", r.Source.Owner, r.Source.Version)
	}
	return r.Source.Validate()
}

// ChangeSource is the keeper's request for the next version of a source.
type ChangeSource struct {
	call.Operation
	Source Source `json:"source"` // whole, with version; owner may be left out
}

// Validate checks the form.
func (r ChangeSource) Validate() error {
	if r.Source.Owner != "" {
		return InvalidSource.Errorf("owner %.40q: leave it out, it does not change", r.Source.Owner)
	}
	return r.Source.Validate()
}
