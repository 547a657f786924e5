// SPDX-License-Identifier: Apache-2.0

// Package qbft holds the rules by which a header of a QBFT chain (Besu, GoQuorum)
// counts: its hash, the commit seals of its validators, and how one set of
// validators follows another.
//
// Chains whose validators a contract chooses state none in their headers, and
// cannot be followed by headers alone.
package qbft

import (
	"encoding/hex"
	"slices"
	"strings"

	"golang.org/x/crypto/sha3"
)

// Bounds of a header.
const (
	MaxBytes      = 16 << 10 // in RLP
	MaxValidators = 100
	MaxHeight     = 1 << 50 // heights are JSON numbers elsewhere
	maxRound      = 1<<31 - 1
)

// mixHash marks the headers of Istanbul's family of consensus: "ctical byzantine
// fault tolerance", in the field that proofs of work use.
const mixHash = "63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"

// emptyOmmers is the hash of a list without ommers.
const emptyOmmers = "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"

// Address is an account's, the last 20 bytes of its key's Keccak-256.
type Address [20]byte

// String is the address in hex.
func (a Address) String() string { return "0x" + hex.EncodeToString(a[:]) }

// MarshalText implements encoding.TextMarshaler.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Address) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(strings.TrimPrefix(string(text), "0x"))
	if err != nil || len(raw) != len(a) {
		return malformed("address %.60q", text)
	}
	*a = Address(raw)
	return nil
}

// Header is a header as it counts here.
type Header struct {
	Number     uint64
	Hash       [32]byte // what the next header states as its parent: round and seals left out
	Previous   [32]byte
	Validators []Address // that validate this very block
	Round      uint64
	Seals      [][]byte // of 65 bytes: r, s, and which of the keys that could have signed did
	Sealed     [32]byte // what stands under each seal: the header with its round, seals left out
}

// Keccak256 is Ethereum's hash: SHA-3 as it was before FIPS 202.
func Keccak256(data ...[]byte) (sum [32]byte) {
	h := sha3.NewLegacyKeccak256()
	for _, d := range data {
		h.Write(d)
	}
	h.Sum(sum[:0])
	return sum
}

// The fields of a header that are looked at, by their place.
const (
	fieldParent     = 0
	fieldOmmers     = 1
	fieldDifficulty = 7
	fieldNumber     = 8
	fieldExtra      = 12
	fieldMix        = 13
	fieldNonce      = 14
	minFields       = 15
	maxFields       = 21 // those of later forks stand behind: base fee, withdrawals and so on
)

// Parse reads a header in RLP, in its one spelling. Everything else is
// ErrMalformed.
func Parse(raw []byte) (Header, error) {
	var h Header
	if len(raw) > MaxBytes {
		return h, malformed("a header of %d bytes, at most %d are read", len(raw), MaxBytes)
	}
	whole, rest, err := next(raw)
	if err == nil && len(rest) > 0 {
		err = malformed("%d bytes stand behind the header", len(rest))
	}
	if err != nil {
		return h, err
	}
	fields, err := whole.items("header", maxFields)
	if err != nil {
		return h, err
	}
	if len(fields) < minFields {
		return h, malformed("a header of %d fields, at least %d are needed", len(fields), minFields)
	}
	if err := h.readFields(fields); err != nil {
		return h, err
	}
	extra, err := readExtra(fields[fieldExtra].content)
	if err != nil {
		return h, err
	}
	h.Validators, h.Round, h.Seals = extra.validators, extra.round, extra.seals
	h.Sealed = hashWith(fields, extra.without(false))
	h.Hash = hashWith(fields, extra.without(true))
	if h.Number == 0 { // no round decided on it, and its hash is that of what stands there
		h.Hash = Keccak256(raw)
	}
	return h, nil
}

func (h *Header) readFields(fields []item) error {
	sizes := map[int]int{fieldParent: 32, fieldOmmers: 32, 2: 20, 3: 32, 4: 32, 5: 32, 6: 256, fieldMix: 32, fieldNonce: 8}
	for _, at := range []int{fieldParent, fieldOmmers, 2, 3, 4, 5, 6, fieldMix, fieldNonce} {
		if _, err := fields[at].bytes("field", sizes[at]); err != nil {
			return malformed("header field %d: %w", at, err)
		}
	}
	for _, f := range fields[minFields:] {
		if f.list {
			return malformed("a field of the header is a list")
		}
	}
	h.Previous = [32]byte(fields[fieldParent].content)
	var err error
	if h.Number, err = fields[fieldNumber].number("number", MaxHeight); err != nil {
		return err
	}
	for _, at := range []int{9, 10, 11} { // gas limit, gas used, time
		if _, err := fields[at].number("a field", 1<<63); err != nil {
			return err
		}
	}
	difficulty, err := fields[fieldDifficulty].number("difficulty", 1)
	if err != nil || difficulty != 1 {
		return malformed("difficulty is %d, a QBFT header's is 1", difficulty)
	}
	if hex.EncodeToString(fields[fieldMix].content) != mixHash {
		return malformed("mixHash %x is not that of QBFT", fields[fieldMix].content)
	}
	if hex.EncodeToString(fields[fieldOmmers].content) != emptyOmmers {
		return malformed("the header names ommers, QBFT has none")
	}
	if fields[fieldExtra].list {
		return malformed("extraData is a list")
	}
	return nil
}

// hashWith is the hash of the header with another extraData.
func hashWith(fields []item, extra []byte) [32]byte {
	parts := make([][]byte, len(fields))
	for i, f := range fields {
		parts[i] = f.raw
	}
	parts[fieldExtra] = appendString(nil, extra)
	return Keccak256(appendList(nil, parts...))
}

// extraData is what QBFT keeps in a header's extraData.
type extraData struct {
	vanity, list, vote, number item
	validators                 []Address
	round                      uint64
	seals                      [][]byte
}

func readExtra(raw []byte) (x extraData, err error) {
	whole, rest, err := next(raw)
	if err == nil && len(rest) > 0 {
		err = malformed("%d bytes stand behind it", len(rest))
	}
	if err != nil {
		return x, malformed("extraData: %w", err)
	}
	parts, err := whole.items("extraData", 5)
	if err != nil {
		return x, err
	}
	if len(parts) != 5 {
		return x, malformed("extraData has %d parts: vanity, validators, vote, round and seals are needed", len(parts))
	}
	x.vanity, x.list, x.vote, x.number = parts[0], parts[1], parts[2], parts[3]
	if x.vanity.list || len(x.vanity.content) > 32 {
		return x, malformed("the vanity in extraData has more than 32 bytes")
	}
	validators, err := x.list.items("validators", MaxValidators)
	if err != nil {
		return x, err
	}
	for _, v := range validators {
		a, err := v.bytes("a validator", len(Address{}))
		if err != nil {
			return x, err
		}
		if slices.Contains(x.validators, Address(a)) {
			return x, malformed("validator %s is named twice", Address(a))
		}
		x.validators = append(x.validators, Address(a))
	}
	vote, err := x.vote.items("vote", 2)
	if err != nil {
		return x, err
	}
	if len(vote) == 1 || len(vote) == 2 && (vote[0].list || vote[1].list) {
		return x, malformed("a vote is a validator and whether it comes or goes")
	}
	if x.round, err = x.number.number("round", maxRound); err != nil {
		return x, err
	}
	seals, err := parts[4].items("seals", MaxValidators)
	if err != nil {
		return x, err
	}
	for _, s := range seals {
		seal, err := s.bytes("a seal", 65)
		if err != nil {
			return x, err
		}
		x.seals = append(x.seals, seal)
	}
	return x, nil
}

// without is extraData without seals, and without the round too if so wished.
func (x extraData) without(round bool) []byte {
	number := x.number.raw
	if round {
		number = appendString(nil, nil)
	}
	return appendList(nil, x.vanity.raw, x.list.raw, x.vote.raw, number, appendList(nil))
}
