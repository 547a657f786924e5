// SPDX-License-Identifier: Apache-2.0

package qbft

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// Why a header does not count.
var (
	ErrForged   = errors.New("a seal does not hold")
	ErrUnsealed = errors.New("too few validators sealed, or others than the chain has")
	ErrSet      = errors.New("the set of validators does not follow from the one before")
)

// Trust is the set of validators that a header stated.
type Trust struct {
	Height     uint64    `json:"height"` // of the first header that stated it
	Validators []Address `json:"validators"`
}

// Quorum is how many distinct seals a header of n validators needs: ⌈2n/3⌉.
func Quorum(n int) int { return (2*n + 2) / 3 }

// faulty is how many of n validators may be faulty: less than a third.
func faulty(n int) int { return (n - 1) / 3 }

// Begin is the trust that a header stands for, whoever vouches for it.
func Begin(h Header) (Trust, error) {
	if len(h.Validators) == 0 {
		return Trust{}, fmt.Errorf("%w: header %d states no validators; those of a chain where a contract chooses them cannot be followed", ErrSet, h.Number)
	}
	return Trust{Height: h.Number, Validators: h.Validators}, nil
}

// Check returns who sealed a header, in the order of its seals, and the trust after
// it. Every seal has to be good, of one of the validators that the header states,
// each once, and there have to be ⌈2n/3⌉ of them.
//
// A header states its own validators, and nobody but validators of the set known
// before can vouch for that. So more than a third of those, one honest one at
// least, must be among who sealed; and from one header to the very next (adjacent)
// at most one validator comes or goes, which is how votes change a set. It returns
// ErrForged, ErrUnsealed or ErrSet.
func (t Trust) Check(h Header, adjacent bool) ([]Address, Trust, error) {
	after := t
	if !sameSet(t.Validators, h.Validators) {
		var err error
		if after, err = Begin(h); err != nil {
			return nil, t, err
		}
		if n := changes(t.Validators, h.Validators); adjacent && n > 1 {
			return nil, t, fmt.Errorf("%w: %d validators came or went at header %d, votes change one at a time", ErrSet, n, h.Number)
		}
	}
	sealers, err := h.sealers()
	if err != nil {
		return nil, t, err
	}
	if need := Quorum(len(h.Validators)); len(sealers) < need {
		return sealers, t, fmt.Errorf("%w: %d of %d validators sealed header %d, %d are needed", ErrUnsealed, len(sealers), len(h.Validators), h.Number, need)
	}
	known := 0
	for _, s := range sealers {
		if slices.Contains(t.Validators, s) {
			known++
		}
	}
	if need := faulty(len(t.Validators)) + 1; known < need {
		return sealers, t, fmt.Errorf("%w: %d of the %d validators known before sealed header %d, %d are needed to believe its new set", ErrSet, known, len(t.Validators), h.Number, need)
	}
	return sealers, after, nil
}

// sealers recovers who sealed.
func (h Header) sealers() ([]Address, error) {
	var all []Address
	for i, seal := range h.Seals {
		a, err := recoverAddress(seal, h.Sealed)
		if err != nil {
			return nil, fmt.Errorf("seal %d of header %d: %w", i, h.Number, err)
		}
		if !slices.Contains(h.Validators, a) {
			return nil, fmt.Errorf("%w: seal %d of header %d is by %s, which is no validator, or the header was changed", ErrForged, i, h.Number, a)
		}
		if slices.Contains(all, a) {
			return nil, fmt.Errorf("%w: %s sealed header %d twice, which counts once: leave one out", ErrUnsealed, a, h.Number)
		}
		all = append(all, a)
	}
	return all, nil
}

var halfOrder = new(big.Int).Rsh(secp256k1.Params().N, 1)

// recoverAddress finds the account behind a seal. Of the two signatures that hold
// alike only the one with the smaller s is taken.
func recoverAddress(seal []byte, hash [32]byte) (a Address, err error) {
	if seal[64] > 1 {
		return a, fmt.Errorf("%w: it ends in %d, 0 or 1 is expected", ErrForged, seal[64])
	}
	if new(big.Int).SetBytes(seal[32:64]).Cmp(halfOrder) > 0 {
		return a, fmt.Errorf("%w: its s is the larger of the two", ErrForged)
	}
	key, _, err := ecdsa.RecoverCompact(append([]byte{27 + seal[64]}, seal[:64]...), hash[:])
	if err != nil {
		return a, fmt.Errorf("%w: no key could have made it", ErrForged)
	}
	sum := Keccak256(key.SerializeUncompressed()[1:])
	return Address(sum[12:]), nil
}

func sameSet(a, b []Address) bool { return len(a) == len(b) && changes(a, b) == 0 }

// changes counts who is in one set and not in the other.
func changes(a, b []Address) int {
	n := 0
	for _, sets := range [][2][]Address{{a, b}, {b, a}} {
		for _, x := range sets[0] {
			if !slices.ContainsFunc(sets[1], func(y Address) bool { return bytes.Equal(x[:], y[:]) }) {
				n++
			}
		}
	}
	return n
}
