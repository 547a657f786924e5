// SPDX-License-Identifier: Apache-2.0

// Package once gives out nonces that serve once. A nonce carries its own end, what it is
// about and whatever else its maker wants to know again, sealed, so that any number may
// be asked for at no cost of memory; only those that served are kept, until they would
// have expired. It also draws secrets.
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
	headSize   = randomSize + 8
)

// ID tells a nonce from all others.
type ID [randomSize]byte

// Nonces gives out nonces of one kind.
type Nonces struct {
	life time.Duration
	most int
	now  func() time.Time
	seal []byte // new at each start, so none of before serves twice

	mu          sync.Mutex
	used, older map[ID]struct{} // in this life of a nonce, and in the one before
	turned      time.Time
}

// New makes nonces that live so long; most of them are remembered in a life.
func New(life time.Duration, most int, now func() time.Time) *Nonces {
	n := &Nonces{life: life, most: most, now: now, seal: random(32), used: map[ID]struct{}{}}
	n.turned = now()
	return n
}

// Make draws a nonce about something, which is not in it but has to be said again, with
// some data, which is: 75 characters of base64url and 4 for each 3 bytes of data.
func (n *Nonces) Make(about string, data ...byte) (nonce string, expires time.Time) {
	expires = time.Unix(n.now().Add(n.life).Unix(), 0)
	body := binary.BigEndian.AppendUint64(random(randomSize), uint64(expires.Unix())) //nolint:gosec // a time of today
	body = append(body, data...)
	return base64.RawURLEncoding.EncodeToString(append(body, n.mac(body, about)...)), expires
}

func (n *Nonces) mac(body []byte, about string) []byte {
	h := hmac.New(sha256.New, n.seal)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(body))))
	h.Write(body)
	h.Write([]byte(about))
	return h.Sum(nil)
}

// Open returns ErrUnknown or ErrExpired for what cannot serve. It says nothing of
// whether it served.
func (n *Nonces) Open(nonce, about string) (id ID, data []byte, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	end := len(raw) - sha256.Size
	if err != nil || end < headSize || !hmac.Equal(raw[end:], n.mac(raw[:end], about)) {
		return id, nil, ErrUnknown
	}
	if n.now().Unix() > int64(binary.BigEndian.Uint64(raw[randomSize:])) { //nolint:gosec // put there by Make
		return id, nil, ErrExpired
	}
	return ID(raw[:randomSize]), raw[headSize:end], nil
}

// Use has a nonce serve. Of two who use one at the same time, one gets ErrUsed.
func (n *Nonces) Use(nonce, about string) error {
	id, _, err := n.Open(nonce, about)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if now := n.now(); now.Sub(n.turned) > n.life+time.Second {
		if n.older = n.used; now.Sub(n.turned) > 2*(n.life+time.Second) {
			n.older = nil
		}
		n.used, n.turned = map[ID]struct{}{}, now
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
