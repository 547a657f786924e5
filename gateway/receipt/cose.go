// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/veraison/go-cose"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

// Labels of RFC 9942, and two of the private range for what else a verifier needs.
const (
	labelVDS   = int64(395)    // verifiable data structure
	labelVDP   = int64(396)    // proofs in it
	labelEntry = int64(-65537) // bstr: the entry that the leaf is the hash of
	labelNote  = int64(-65538) // bstr: the checkpoint as a signed note, with its cosignatures

	rfc9162SHA256  = int64(1)
	inclusionProof = int64(-1)

	claimIssuer = int64(1) // CWT claims: the log's origin, the checkpoint's time and transaction
	claimTime   = int64(6)
	claimID     = int64(7)
)

// COSE is a COSE Receipt (RFC 9942, profile RFC9162_SHA256): the log's signature
// over the tree's root, which is detached, and the path to it. It carries the same
// checkpoint as a note where it has one, because witnesses cosign notes.
type COSE struct {
	Checkpoint // its root is what entry and path lead to
	Entry      []byte
	Index      uint64
	Path       [][HashSize]byte
	Note       []byte // empty where there is none
	KeyHash    uint32 // of the log's key, as in notes
	Signature  []byte
}

// inclusion is the inclusion-proof of RFC 9942 section 5.2.
type inclusion struct {
	_     struct{} `cbor:",toarray"`
	Size  uint64
	Index uint64
	Path  [][]byte
}

var (
	encoding = must(cbor.CoreDetEncOptions().EncMode())
	decoding = must(cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// COSE gives the receipt in its second form, signed with the key of its log.
func (r Receipt) COSE(key ed25519.PrivateKey) (COSE, error) {
	var c COSE
	text, _, ok := strings.Cut(string(r.Note), "\n\n")
	checkpoint, err := ParseCheckpoint(text + "\n")
	if !ok || err != nil {
		return c, malformed("the receipt's checkpoint cannot be read: %w", err)
	}
	signer, err := NewLogSigner(checkpoint.Origin, key)
	if err != nil {
		return c, err
	}
	c = COSE{Checkpoint: checkpoint, Entry: r.Entry, Index: r.Index, Path: r.Path, Note: r.Note, KeyHash: signer.KeyHash()}
	m, err := c.message()
	if err != nil {
		return c, err
	}
	with, err := cose.NewSigner(cose.AlgorithmEdDSA, key)
	if err != nil {
		return c, err
	}
	if err := m.Sign(rand.Reader, nil, with); err != nil {
		return c, err
	}
	c.Signature = m.Signature
	return c, nil
}

// message is the receipt with its payload in place.
func (c COSE) message() (*cose.Sign1Message, error) {
	path := make([][]byte, len(c.Path))
	for i := range c.Path {
		path[i] = c.Path[i][:]
	}
	included, err := encoding.Marshal(inclusion{Size: c.Size, Index: c.Index, Path: path})
	if err != nil {
		return nil, err
	}
	m := cose.NewSign1Message()
	m.Headers.Protected = cose.ProtectedHeader{
		cose.HeaderLabelAlgorithm: cose.AlgorithmEdDSA,
		cose.HeaderLabelKeyID:     binary.BigEndian.AppendUint32(nil, c.KeyHash),
		cose.HeaderLabelCWTClaims: map[any]any{claimIssuer: c.Origin, claimTime: c.Time.Unix(), claimID: []byte(c.Tx)},
		labelVDS:                  rfc9162SHA256,
	}
	m.Headers.Unprotected = cose.UnprotectedHeader{
		labelVDP:   map[any]any{inclusionProof: []any{included}},
		labelEntry: c.Entry,
	}
	if len(c.Note) > 0 {
		m.Headers.Unprotected[labelNote] = c.Note
	}
	m.Payload, m.Signature = c.Root[:], c.Signature
	return m, nil
}

// Marshal writes the receipt: a tagged COSE_Sign1 in deterministic CBOR.
func (c COSE) Marshal() ([]byte, error) {
	m, err := c.message()
	if err != nil {
		return nil, err
	}
	m.Payload = nil // detached: a verifier computes it
	return m.MarshalCBOR()
}

// IsCOSE reports whether bytes begin as a COSE Receipt does.
func IsCOSE(raw []byte) bool { return len(raw) > 0 && raw[0] == 0xd2 } // tag 18

// ParseCOSE reads a receipt in its second form. Whatever Marshal would not write
// is ErrMalformed. What it says is not checked yet: see VerifyCOSE.
func ParseCOSE(raw []byte) (COSE, error) {
	var (
		c COSE
		m cose.Sign1Message
	)
	if len(raw) > MaxLength {
		return c, malformed("%d bytes, a receipt has at most %d", len(raw), MaxLength)
	}
	if err := m.UnmarshalCBOR(raw); err != nil {
		return c, malformed("not a COSE_Sign1: %w", err)
	}
	if m.Payload != nil {
		return c, malformed("the payload of a receipt is detached")
	}
	if err := c.read(m.Headers.Protected, m.Headers.Unprotected); err != nil {
		return c, err
	}
	c.Signature = m.Signature
	again, err := c.Marshal()
	if err != nil || !bytes.Equal(again, raw) {
		return c, malformed("the receipt is spelled in another way than its one")
	}
	return c, nil
}

func (c *COSE) read(protected, unprotected map[any]any) error {
	kid, ok1 := protected[cose.HeaderLabelKeyID].([]byte)
	claims, ok2 := protected[cose.HeaderLabelCWTClaims].(map[any]any)
	vds, ok3 := protected[labelVDS].(int64)
	if !ok1 || !ok2 || !ok3 || len(kid) != 4 || vds != rfc9162SHA256 {
		return malformed("the protected header needs a kid of 4 bytes, CWT claims and data structure %d", rfc9162SHA256)
	}
	issuer, ok1 := claims[claimIssuer].(string)
	at, ok2 := claims[claimTime].(int64)
	id, ok3 := claims[claimID].([]byte)
	if !ok1 || !ok2 || !ok3 {
		return malformed("the claims need issuer, time and id")
	}
	proofs, _ := unprotected[labelVDP].(map[any]any)
	list, _ := proofs[inclusionProof].([]any)
	if len(list) != 1 {
		return malformed("%d inclusion proofs, one is needed", len(list))
	}
	encoded, _ := list[0].([]byte)
	var p inclusion
	if err := decoding.Unmarshal(encoded, &p); err != nil || len(p.Path) > 64 || p.Size > MaxSize {
		return malformed("the inclusion proof is not one of RFC 9162")
	}
	entry, ok := unprotected[labelEntry].([]byte)
	if !ok {
		return malformed("the record (%d) is missing", labelEntry)
	}
	signed, _ := unprotected[labelNote].([]byte)
	*c = COSE{
		Checkpoint: Checkpoint{Origin: issuer, Size: p.Size, Time: time.Unix(at, 0).UTC(), Tx: string(id)},
		Entry:      entry, Index: p.Index, Note: signed, KeyHash: binary.BigEndian.Uint32(kid),
	}
	path := make([][]byte, len(p.Path))
	for i, h := range p.Path {
		if len(h) != HashSize {
			return malformed("the path has %d bytes, not %d", len(h), HashSize)
		}
		c.Path, path[i] = append(c.Path, [HashSize]byte(h)), h
	}
	leaf := anchor.LeafHash(entry)
	root, err := proof.RootFromInclusionProof(rfc6962.DefaultHasher, p.Index, p.Size, leaf[:], path)
	if err != nil {
		return fmt.Errorf("%w: leaf %d of %d: %w", ErrNotIncluded, p.Index, p.Size, err)
	}
	c.Root = [HashSize]byte(root)
	return nil
}

// VerifyCOSE checks a receipt in its second form under a policy, with nothing
// else. It returns ErrMalformed, ErrUntrusted or ErrNotIncluded.
func VerifyCOSE(c COSE, p *Policy) (Proof, error) {
	var none Proof
	source, record, err := parseEntry(c.Entry, c.Origin)
	if err != nil {
		return none, err
	}
	name := fmt.Sprintf("%s+%08x", c.Origin, c.KeyHash)
	v, err := p.Verifier(c.Origin, c.KeyHash)
	key, isLog := v.(logKey)
	if err != nil || !isLog {
		return none, fmt.Errorf("%w: it names the key %.300s, which the policy does not", ErrUntrusted, name)
	}
	with, err := cose.NewVerifier(cose.AlgorithmEdDSA, key.public)
	if err != nil {
		return none, err
	}
	m, err := c.message()
	if err != nil {
		return none, err
	}
	if err := m.Verify(nil, with); err != nil {
		return none, fmt.Errorf("%w: the signature of %.300s is not over the tree that the record leads to", ErrUntrusted, name)
	}
	done := Proof{Checkpoint: c.Checkpoint, Source: source, Record: record, Index: c.Index, LogKey: name, Form: FormCOSE}
	if len(c.Note) == 0 {
		if !p.quorum.satisfied(nil) {
			return none, fmt.Errorf("%w: the receipt has no cosignatures, the policy's quorum is not reached", ErrUntrusted)
		}
		return done, nil
	}
	noted, _, seen, err := Open(c.Note, p)
	if err != nil {
		return none, err
	}
	if noted.Text() != c.Text() {
		return none, fmt.Errorf("%w: the checkpoint in the note is another than the one that was signed", ErrNotIncluded)
	}
	done.Cosignatures = seen
	return done, nil
}

// IsReceipt reports whether bytes begin as a receipt of either form does.
func IsReceipt(raw []byte) bool { return IsCOSE(raw) || bytes.HasPrefix(raw, []byte(header+"\n")) }

// Check verifies a receipt in either form, or the proof of a file of a manifest.
func Check(raw []byte, p *Policy) (Proof, error) {
	if IsFileProof(raw) {
		f, err := ParseFileProof(raw)
		if err != nil {
			return Proof{}, err
		}
		return VerifyFile(f, p)
	}
	if IsCOSE(raw) {
		c, err := ParseCOSE(raw)
		if err != nil {
			return Proof{}, err
		}
		return VerifyCOSE(c, p)
	}
	r, err := Parse(raw)
	if err != nil {
		return Proof{}, err
	}
	return Verify(r, p)
}
