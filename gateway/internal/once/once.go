// SPDX-License-Identifier: Apache-2.0

// Package once gives out nonces that serve once. A nonce carries its own end, sealed,
// so that any number may be asked for at no cost of memory; only those that served are
// kept, until they would have expired. It also draws secrets.
package once

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"sync"
	"time"
)

// Why a nonce does not serve.
var (
	ErrUnknown = errors.New("no nonce of this gateway, since it started")
	ErrExpired = errors.New("the nonce has expired")
	ErrUsed    = errors.New("the nonce served before")
	ErrFull    = errors.New("more nonces served lately than this gateway remembers")
)

const (
	randomSize = 16
	bodySize   = randomSize + 8
	size       = bodySize + sha256.Size
)

// Nonces gives out nonces of one kind.
type Nonces struct {
	life time.Duration
	most int
	now  func() time.Time
	seal []byte // new at each start, so none of before serves twice

	mu          sync.Mutex
	used, older map[[randomSize]byte]struct{} // in this life of a nonce, and in the one before
	turned      time.Time
}

// New makes nonces that live so long; most of them are remembered in a life.
func New(life time.Duration, most int, now func() time.Time) *Nonces {
	n := &Nonces{life: life, most: most, now: now, seal: random(32), used: map[[randomSize]byte]struct{}{}}
	n.turned = now()
	return n
}

// Make draws a nonce, 75 characters of base64url.
func (n *Nonces) Make() string {
	body := binary.BigEndian.AppendUint64(random(randomSize), uint64(n.now().Add(n.life).Unix())) //nolint:gosec // a time of today
	return base64.RawURLEncoding.EncodeToString(append(body, n.mac(body)...))
}

func (n *Nonces) mac(body []byte) []byte {
	h := hmac.New(sha256.New, n.seal)
	h.Write(body)
	return h.Sum(nil)
}

// Check returns ErrUnknown or ErrExpired for what cannot serve. It says nothing of
// whether it served.
func (n *Nonces) Check(nonce string) error {
	_, err := n.open(nonce)
	return err
}

func (n *Nonces) open(nonce string) (id [randomSize]byte, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	if err != nil || len(raw) != size || !hmac.Equal(raw[bodySize:], n.mac(raw[:bodySize])) {
		return id, ErrUnknown
	}
	if n.now().Unix() > int64(binary.BigEndian.Uint64(raw[randomSize:])) { //nolint:gosec // put there by Make
		return id, ErrExpired
	}
	return [randomSize]byte(raw), nil
}

// Use has a nonce serve. Of two who use one at the same time, one gets ErrUsed.
func (n *Nonces) Use(nonce string) error {
	id, err := n.open(nonce)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if now := n.now(); now.Sub(n.turned) > n.life+time.Second {
		if n.older = n.used; now.Sub(n.turned) > 2*(n.life+time.Second) {
			n.older = nil
		}
		n.used, n.turned = map[[randomSize]byte]struct{}{}, now
	}
	_, lately := n.used[id]
	_, before := n.older[id]
	switch {
	case lately || before:
		return ErrUsed
	case len(n.used) >= n.most:
		return ErrFull
	}
	n.used[id] = struct{}{}
	return nil
}

// Secret draws 128 bits in base64url, 22 characters.
func Secret() string { return base64.RawURLEncoding.EncodeToString(random(randomSize)) }

func random(n int) []byte {
	raw := make([]byte, n)
	if _, err := rand.Read(raw); err != nil {
		panic("once: no randomness: " + err.Error()) // crypto/rand never fails on supported systems
	}
	return raw
}
