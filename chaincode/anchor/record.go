// SPDX-License-Identifier: Apache-2.0

package anchor

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Kind is what a record says of its digest.
type Kind byte

// The kinds of record.
const (
	Notarise Kind = 1 // the submitter deposited something with this digest
	Manifest Kind = 2 // the submitter deposited many files; the digest is the root of their tree
	Step     Kind = 3 // a step in an item's history, signed by a DID; the body is what was signed
	Header   Kind = 4 // a header of another chain; the body is what the chain's keys signed
	Block    Kind = 5 // a header of another chain; the body is that header with the chain's own signatures
)

// kinds are the names of kinds, in the order of their numbers.
var kinds = []string{Notarise: "notarise", Manifest: "manifest", Step: "step", Header: "header", Block: "block"}

// String is the kind's name.
func (k Kind) String() string {
	if int(k) < len(kinds) && k > 0 {
		return kinds[k]
	}
	return fmt.Sprintf("kind %d", byte(k))
}

// MarshalText implements encoding.TextMarshaler.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *Kind) UnmarshalText(text []byte) error {
	for i, name := range kinds {
		if name != "" && name == string(text) {
			*k = Kind(i)
			return nil
		}
	}
	return InvalidRecord.Errorf("kind %.20q: notarise, manifest, step, header and block are known", text)
}

// Algorithm is a digest algorithm.
type Algorithm byte

// The algorithms, with the names of RFC 9530's registry where it has them.
const (
	SHA256   Algorithm = 1 // FIPS 180-4
	SHA384   Algorithm = 2
	SHA512   Algorithm = 3
	SHA3x256 Algorithm = 4 // FIPS 202
	SHA3x512 Algorithm = 5
	// Keccak256 is Ethereum's hash: SHA-3 as it was before FIPS 202.
	Keccak256 Algorithm = 6
)

var algorithms = []struct {
	name string
	size int // bytes
}{SHA256: {"sha-256", 32}, SHA384: {"sha-384", 48}, SHA512: {"sha-512", 64}, SHA3x256: {"sha3-256", 32}, SHA3x512: {"sha3-512", 64}, Keccak256: {"keccak-256", 32}}

// Size is the length of a digest in bytes, 0 where the algorithm is not known.
func (a Algorithm) Size() int {
	if int(a) < len(algorithms) {
		return algorithms[a].size
	}
	return 0
}

// String is the algorithm's name.
func (a Algorithm) String() string {
	if a.Size() > 0 {
		return algorithms[a].name
	}
	return fmt.Sprintf("algorithm %d", byte(a))
}

// MarshalText implements encoding.TextMarshaler.
func (a Algorithm) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Algorithm) UnmarshalText(text []byte) error {
	for i, known := range algorithms {
		if known.name != "" && known.name == string(text) {
			*a = Algorithm(i)
			return nil
		}
	}
	return InvalidRecord.Errorf("digest algorithm %.20q: sha-256, sha-384, sha-512, sha3-256, sha3-512 and keccak-256 are known", text)
}

// Bounds of a record.
const (
	MaxSubmitter = 200      // bytes; a did:jwk of P-256 takes about 180
	MaxBody      = 24 << 10 // bytes
	MaxData      = 1 << 20  // bytes
)

// Record is what one leaf stands for. Digest and reference are digests, of salted
// content where it could be guessed: no content and no name of a person reaches
// the ledger.
type Record struct {
	Kind      Kind
	Algorithm Algorithm
	Digest    []byte // of the content
	Submitter string // DID or other id of who deposited it, as the sealer established it
	Reference []byte // SHA-256 of the submitter's own reference, an item or a height; may be left out
	Body      []byte // of a step, header or block: what was signed
	// Data comes along with a block where its chain's rules ask for it, and is no part
	// of the leaf: the header's own hash stands for it.
	Data []byte
}

// Append writes the record's one encoding: kind, algorithm, digest, submitter
// behind its length (1 byte), reference behind its length (1 byte: 0 or 32), body
// behind its length (2 bytes, big-endian), and for a block its data behind its
// length (4 bytes, big-endian).
func (r Record) Append(to []byte) []byte {
	to = r.appendLeaf(to)
	if r.Kind == Block {
		to = binary.BigEndian.AppendUint32(to, uint32(len(r.Data))) //nolint:gosec // Validate bounds it
		to = append(to, r.Data...)
	}
	return to
}

// appendLeaf writes the part that a leaf stands for: all but the data.
func (r Record) appendLeaf(to []byte) []byte {
	to = append(to, byte(r.Kind), byte(r.Algorithm))
	to = append(to, r.Digest...)
	to = append(to, byte(len(r.Submitter))) //nolint:gosec // Validate bounds it
	to = append(to, r.Submitter...)
	to = append(to, byte(len(r.Reference))) //nolint:gosec // Validate bounds it
	to = append(to, r.Reference...)
	to = binary.BigEndian.AppendUint16(to, uint16(len(r.Body))) //nolint:gosec // Validate bounds it
	return append(to, r.Body...)
}

// Validate returns INVALID_RECORD unless the record can stand in a log.
func (r Record) Validate() error {
	if r.Kind < Notarise || r.Kind > Block {
		return InvalidRecord.Errorf("%s is not known", r.Kind)
	}
	if size := r.Algorithm.Size(); size == 0 || len(r.Digest) != size {
		return InvalidRecord.Errorf("digest of %d bytes in %s, which has %d", len(r.Digest), r.Algorithm, size)
	}
	if len(r.Submitter) < 1 || len(r.Submitter) > MaxSubmitter || !plain(r.Submitter, "._-:@") {
		return InvalidRecord.Errorf("submitter %.80q: 1 to %d of A-Z a-z 0-9 . _ - : @ are needed", r.Submitter, MaxSubmitter)
	}
	if len(r.Reference) != 0 && len(r.Reference) != sha256.Size {
		return InvalidRecord.Errorf("reference has %d bytes, a SHA-256 digest has %d", len(r.Reference), sha256.Size)
	}
	if len(r.Data) > MaxData || len(r.Data) > 0 && r.Kind != Block {
		return InvalidRecord.Errorf("%d bytes of data come along with a %s: blocks may have some, at most %d", len(r.Data), r.Kind, MaxData)
	}
	if signed := r.Kind == Step || r.Kind == Header || r.Kind == Block; signed != (len(r.Body) > 0) || len(r.Body) > MaxBody {
		return InvalidRecord.Errorf("body of a %s has %d bytes: steps, headers and blocks have one, of at most %d, others have none", r.Kind, len(r.Body), MaxBody)
	}
	return nil
}

// ParseRecords reads records that stand behind one another, each in its one
// encoding. It returns EMPTY_BATCH or INVALID_RECORD. The records share raw's
// memory.
func ParseRecords(raw []byte) ([]Record, error) {
	if len(raw) == 0 {
		return nil, EmptyBatch.Errorf("no record")
	}
	var all []Record
	for len(raw) > 0 {
		r, rest, err := parseRecord(raw, true)
		if err != nil {
			return nil, InvalidRecord.Errorf("record %d: %w", len(all), err)
		}
		all, raw = append(all, r), rest
	}
	return all, nil
}

// parseRecord reads a record, as it travels (with its data) or as it stands in a
// leaf.
func parseRecord(raw []byte, travels bool) (r Record, rest []byte, err error) {
	short := fmt.Errorf("ends within")
	take := func(n int) []byte {
		if err != nil || n > len(raw) {
			err = short
			return nil
		}
		part := raw[:n:n]
		raw = raw[n:]
		return part
	}
	number := func(size int) (n int) {
		for _, b := range take(size) {
			n = n<<8 | int(b)
		}
		return n
	}
	r.Kind, r.Algorithm = Kind(number(1)), Algorithm(number(1)) //nolint:gosec // one byte each
	r.Digest = take(r.Algorithm.Size())
	r.Submitter = string(take(number(1)))
	r.Reference = take(number(1))
	r.Body = take(number(2))
	if travels && r.Kind == Block {
		r.Data = take(number(4))
	}
	if err != nil {
		return r, nil, err
	}
	return r, raw, r.Validate()
}

// Entry is what the leaf in a source's log is the hash of: version 1, the
// source's id behind its length (1 byte), and the record without its data.
func (r Record) Entry(source string) []byte {
	entry := make([]byte, 0, 2+len(source)+len(r.Digest)+len(r.Submitter)+len(r.Reference)+len(r.Body)+6)
	entry = append(entry, 1, byte(len(source))) //nolint:gosec // an id is short
	entry = append(entry, source...)
	return r.appendLeaf(entry)
}

// ParseEntry reads an entry back. It returns INVALID_RECORD for everything that
// Entry would not write.
func ParseEntry(entry []byte) (source string, r Record, err error) {
	if len(entry) < 2 || entry[0] != 1 || len(entry) < 2+int(entry[1]) {
		return "", r, InvalidRecord.Errorf("not an entry of version 1")
	}
	source = string(entry[2 : 2+int(entry[1])])
	if err := CheckID("source id", source); err != nil {
		return "", r, InvalidRecord.Errorf("%w", err)
	}
	r, rest, err := parseRecord(entry[2+int(entry[1]):], false)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d bytes stand behind the record", len(rest))
	}
	if err != nil {
		return "", r, InvalidRecord.Errorf("%w", err)
	}
	return source, r, nil
}

// LeafHash is the hash of an entry in the tree (RFC 9162 section 2.1.1).
func LeafHash(entry []byte) [sha256.Size]byte {
	return sha256.Sum256(append([]byte{0}, entry...))
}

// ReferenceOf is the digest that stands for a submitter's own reference, an item
// or a height in decimal.
func ReferenceOf(reference string) []byte {
	sum := sha256.Sum256([]byte(reference))
	return sum[:]
}

// Evidence is the body as text.
func (r Record) Evidence() string {
	if r.Kind == Block {
		return base64.StdEncoding.EncodeToString(r.Body)
	}
	return string(r.Body)
}

// Same reports whether two records say the same of the same digest, whoever
// deposited it.
func (r Record) Same(o Record) bool {
	return r.Kind == o.Kind && r.Algorithm == o.Algorithm && bytes.Equal(r.Digest, o.Digest)
}

// keyHash is the id of an Ed25519 note key (C2SP signed-note).
func keyHash(name string, key []byte) string {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	return hex.EncodeToString(sum[:4])
}
