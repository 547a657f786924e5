// SPDX-License-Identifier: Apache-2.0

// Package fabric holds the rules by which a header of another Hyperledger Fabric
// chain counts: what ordering nodes sign, whose signatures a channel's own
// configuration asks for, and how one configuration follows another. It reads
// Fabric's bytes with readers of its own and looks at no clock.
package fabric

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
	"math/big"

	"google.golang.org/protobuf/encoding/protowire"
)

// Bounds of what is read.
const (
	MaxSignatures = 64      // on a block
	MaxHeight     = 1 << 50 // heights are JSON numbers elsewhere
)

// Header is a block's header: all that its hash covers.
type Header struct {
	Number   uint64
	Previous []byte // hash of the header before; empty in block 0
	Data     []byte // SHA-256 over all envelopes, one behind the other
}

// Bytes is what a header's hash is taken over and what ordering nodes sign, behind
// their own additions: the ASN.1 sequence of number, previous hash and data hash.
func (h Header) Bytes() []byte {
	der, err := asn1.Marshal(struct {
		Number         *big.Int
		Previous, Data []byte
	}{new(big.Int).SetUint64(h.Number), h.Previous, h.Data})
	if err != nil {
		panic(fmt.Sprintf("fabric: header of block %d: %v", h.Number, err)) // these types always marshal
	}
	return der
}

// Hash is what the next block states as its previous hash.
func (h Header) Hash() [sha256.Size]byte { return sha256.Sum256(h.Bytes()) }

// Signature is an ordering node's signature. Exactly one of Creator and Consenter
// says whose it is.
type Signature struct {
	Creator   []byte // signature header: identity and nonce
	Consenter []byte // BFT: identifier header, a consenter's number in the configuration
	Value     []byte
}

// Block is a header with its signatures: a block without its data and without what
// peers added.
type Block struct {
	Header
	Value      []byte // of the signatures' metadata, signed with the header: last configuration block, consensus metadata
	Signatures []Signature
}

// Signed is what stands under a signature.
func (b Block) Signed(s Signature) []byte {
	head := s.Creator
	if len(head) == 0 {
		head = s.Consenter
	}
	return bytes.Join([][]byte{b.Value, head, b.Bytes()}, nil)
}

// LastConfig is the number of the latest configuration block, this one counted in,
// as the ordering nodes signed it.
func (b Block) LastConfig() (uint64, error) {
	const what = "signed metadata"
	m, err := read(what, b.Value)
	if err != nil {
		return 0, err
	}
	raw, err := m.one(1)
	if err != nil || raw == nil {
		return 0, malformed("%s names no configuration block", what)
	}
	last, err := read("last configuration", raw)
	if err != nil {
		return 0, err
	}
	n, err := last.number(1)
	if err == nil && n > b.Number {
		err = malformed("block %d names block %d as the configuration before", b.Number, n)
	}
	return n, err
}

// Marshal writes the block in its one spelling, as a protobuf common.Block with
// header and signatures alone.
func (b Block) Marshal() []byte {
	var header, signed []byte
	if b.Number > 0 {
		header = protowire.AppendVarint(protowire.AppendTag(header, 1, protowire.VarintType), b.Number)
	}
	header = appendBytes(header, 2, b.Previous)
	header = appendBytes(header, 3, b.Data)
	signed = appendBytes(signed, 1, b.Value)
	for _, s := range b.Signatures {
		var one []byte
		one = appendBytes(one, 1, s.Creator)
		one = appendBytes(one, 2, s.Value)
		one = appendBytes(one, 3, s.Consenter)
		signed = protowire.AppendBytes(protowire.AppendTag(signed, 2, protowire.BytesType), one)
	}
	out := appendBytes(nil, 1, header)
	return appendBytes(out, 3, appendBytes(nil, 1, signed))
}

// Parse reads what Marshal writes. Anything else is ErrMalformed.
func Parse(raw []byte) (Block, error) {
	whole, err := ParseBlock(raw)
	if err != nil {
		return Block{}, err
	}
	if !bytes.Equal(whole.Marshal(), raw) {
		return Block{}, malformed("the header is spelled in another way than its one: header and signatures alone")
	}
	return whole.Block, nil
}

// Whole is a block as a peer or an ordering node gives it.
type Whole struct {
	Block
	Envelopes [][]byte
	Flags     []byte // validity of each envelope, as the peer found; empty from an ordering node. Nobody signed them
}

// ParseBlock reads a whole block (protobuf common.Block).
func ParseBlock(raw []byte) (Whole, error) {
	var w Whole
	m, err := read("block", raw)
	if err != nil {
		return w, err
	}
	header, err := m.one(1)
	if err != nil || header == nil {
		return w, malformed("a block without a header")
	}
	if w.Header, err = parseHeader(header); err != nil {
		return w, err
	}
	data, err := m.one(2)
	if err != nil {
		return w, err
	}
	envelopes, err := read("block data", data)
	if err != nil {
		return w, err
	}
	w.Envelopes = envelopes.parts[1]
	metadata, err := m.one(3)
	if err != nil {
		return w, err
	}
	parts, err := read("block metadata", metadata)
	if err != nil {
		return w, err
	}
	if all := parts.parts[1]; len(all) > 2 {
		w.Flags = all[2]
	}
	if all := parts.parts[1]; len(all) > 0 {
		w.Value, w.Signatures, err = parseSignatures(all[0])
	}
	return w, err
}

func parseHeader(raw []byte) (h Header, err error) {
	m, err := read("block header", raw)
	if err != nil {
		return h, err
	}
	if h.Number, err = m.number(1); err != nil {
		return h, err
	}
	if h.Previous, err = m.one(2); err != nil {
		return h, err
	}
	if h.Data, err = m.one(3); err != nil {
		return h, err
	}
	if h.Number > MaxHeight || len(h.Data) != sha256.Size || len(h.Previous) != sha256.Size && (h.Number > 0 || len(h.Previous) > 0) {
		return h, malformed("header of block %d has hashes of %d and %d bytes, SHA-256 has %d", h.Number, len(h.Previous), len(h.Data), sha256.Size)
	}
	return h, nil
}

func parseSignatures(raw []byte) (value []byte, all []Signature, err error) {
	m, err := read("signatures", raw)
	if err != nil {
		return nil, nil, err
	}
	if value, err = m.one(1); err != nil {
		return nil, nil, err
	}
	if n := len(m.parts[2]); n > MaxSignatures {
		return nil, nil, malformed("%d signatures, at most %d are read", n, MaxSignatures)
	}
	for _, raw := range m.parts[2] {
		one, err := read("signature", raw)
		if err != nil {
			return nil, nil, err
		}
		var s Signature
		for i, to := range []*[]byte{&s.Creator, &s.Value, &s.Consenter} { // in order, so that every endorser refuses alike
			if *to, err = one.one(protowire.Number(i + 1)); err != nil {
				return nil, nil, err
			}
		}
		all = append(all, s)
	}
	return value, all, nil
}

// DataHash is the hash of a block's data: SHA-256 over all envelopes. There is no
// path to a single one: who proves one shows all.
func DataHash(envelopes [][]byte) [sha256.Size]byte {
	h := sha256.New()
	for _, e := range envelopes {
		h.Write(e)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// CheckData returns ErrMalformed unless these are the envelopes that the header
// stands for.
func (h Header) CheckData(envelopes [][]byte) error {
	if sum := DataHash(envelopes); !bytes.Equal(sum[:], h.Data) {
		return malformed("the %d envelopes have data hash %x, block %d states %x", len(envelopes), sum, h.Number, h.Data)
	}
	return nil
}

// Signers name who signed, as the block says and without any check: organisation
// and certificate's name, or a consenter's number.
func (b Block) Signers() []string {
	var all []string
	for _, s := range b.Signatures {
		name := "somebody"
		if len(s.Creator) > 0 {
			if identity, err := path("signature header", s.Creator, 1); err == nil {
				if msp, cert, err := readIdentity(identity); err == nil {
					name = msp + "/" + cert.Subject.CommonName
				}
			}
		} else if m, err := read("identifier header", s.Consenter); err == nil {
			if id, err := m.number(1); err == nil {
				name = fmt.Sprint("consenter ", id)
			}
		}
		all = append(all, name)
	}
	return all
}

// TransactionIDs are the ids that the envelopes state, empty where one states
// none or cannot be read: ordering nodes take what they are sent.
func TransactionIDs(envelopes [][]byte) []string {
	all := make([]string, len(envelopes))
	for i, e := range envelopes {
		// Envelope.payload, its header, its channel header.
		raw, err := path("envelope", e, 1, 1, 1)
		if err != nil {
			continue
		}
		if m, err := read("channel header", raw); err == nil {
			if id, err := m.one(5); err == nil {
				all[i] = string(id)
			}
		}
	}
	return all
}
