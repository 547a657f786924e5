// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"time"
)

// TypStatusList and TypStatus are the typ of statements about status lists.
const (
	TypStatusList = "status-list+jws"
	TypStatus     = "status+jws"
)

// Bounds of status lists.
const (
	MinEntries = 131_072 // Bitstring Status List 1.0 section 2.1: so many that an index tells little
	MaxEntries = 1_048_576
	ShardBits  = 256 // entries of one record: changes of different shards never meet
	MaxChanges = 500
	// MaxStatementLife is how long before its exp a statement may be carried out: nobody can hold one back for a
	// better moment.
	MaxStatementLife = 15 * time.Minute
)

// StatusPurpose is what a set bit means (Bitstring Status List 1.0).
type StatusPurpose string

// The purposes.
const (
	Revocation StatusPurpose = "revocation" // never taken back
	Suspension StatusPurpose = "suspension"
)

// OpenStatusList makes a list of the signer's, all of whose bits are clear.
type OpenStatusList struct {
	Chaincode string        `json:"chaincode"`
	Channel   string        `json:"channel"`
	Entries   int           `json:"entries"` // MinEntries to MaxEntries, a multiple of ShardBits
	Name      string        `json:"name"`    // 1 to 48 of a-z 0-9 -
	Network   string        `json:"network"`
	Purpose   StatusPurpose `json:"purpose"`
	V         int           `json:"v"`
}

// Typ implements Payload.
func (OpenStatusList) Typ() string { return TypStatusList }

func (o OpenStatusList) place() (int, Place) {
	return o.V, Place{o.Network, o.Channel, o.Chaincode}
}

// Validate checks the form. It returns INVALID_STATEMENT.
func (o OpenStatusList) Validate() error {
	if o.Entries < MinEntries || o.Entries > MaxEntries || o.Entries%ShardBits != 0 {
		return InvalidStatement.Errorf("%d entries: %d to %d, a multiple of %d", o.Entries, MinEntries, MaxEntries, ShardBits)
	}
	if o.Purpose != Revocation && o.Purpose != Suspension {
		return InvalidStatement.Errorf("purpose %.20q is none of revocation, suspension", string(o.Purpose))
	}
	return CheckName("status list", o.Name)
}

// SetStatus changes entries of a list of the signer's. It is carried out once,
// before it expires. Indexes are for the issuer to draw at random.
type SetStatus struct {
	Chaincode string         `json:"chaincode"`
	Changes   []StatusChange `json:"changes"` // 1 to 500, in the order of their indexes
	Channel   string         `json:"channel"`
	Exp       int64          `json:"exp"` // Unix seconds; at most MaxStatementLife away
	List      string         `json:"list"`
	Network   string         `json:"network"`
	Nonce     string         `json:"nonce"` // 16 fresh bytes in base64url: the same change may be made again
	V         int            `json:"v"`
}

// StatusChange sets or clears one entry.
type StatusChange struct {
	Index int  `json:"index"`
	Set   bool `json:"set"`
}

// Typ implements Payload.
func (SetStatus) Typ() string { return TypStatus }

func (s SetStatus) place() (int, Place) {
	return s.V, Place{s.Network, s.Channel, s.Chaincode}
}

// Validate checks the form. It returns INVALID_STATEMENT.
func (s SetStatus) Validate() error {
	if len(s.Changes) == 0 || len(s.Changes) > MaxChanges {
		return InvalidStatement.Errorf("%d changes, 1 to %d", len(s.Changes), MaxChanges)
	}
	last := -1
	for _, c := range s.Changes {
		if c.Index <= last {
			return InvalidStatement.Errorf("index %d: indexes are not below zero, distinct and in order", c.Index)
		}
		last = c.Index
	}
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(s.Nonce); err != nil || len(raw) != 16 || len(s.Nonce) != 22 {
		return InvalidStatement.Errorf("nonce is 16 fresh bytes in base64url, 22 characters")
	}
	return CheckName("status list", s.List)
}

// CheckTime returns STATEMENT_EXPIRED unless exp is ahead, and not far.
func (s SetStatus) CheckTime(now time.Time) error {
	if left := s.Exp - now.Unix(); left < 0 || left > int64(MaxStatementLife/time.Second) {
		return StatementExpired.Errorf("exp is %d s from now, 0 to %d is possible", left, int64(MaxStatementLife/time.Second))
	}
	return nil
}

// StatusList is a list without its bits, which are in shards.
type StatusList struct {
	Owner     string        `json:"owner"` // DID
	Name      string        `json:"name"`
	Purpose   StatusPurpose `json:"purpose"`
	Entries   int           `json:"entries"`
	Opened    int64         `json:"opened"`    // Unix seconds
	Statement string        `json:"statement"` // digest
}

// Since returns VERSION_UNKNOWN for a time before the list was opened; 0 is now.
func (l StatusList) Since(at int64) error {
	if at != 0 && at < l.Opened {
		return VersionUnknown.Errorf("the list was opened at %d, not yet at %d (Unix seconds)", l.Opened, at)
	}
	return nil
}

// Shard is a run of ShardBits entries, of which one at least was ever set. Every
// version of it is kept, so that a status can be told as of a past block.
type Shard struct {
	Bits      []byte `json:"bits"`    // entry 0 is the highest bit of byte 0
	Changed   int64  `json:"changed"` // Unix seconds; never before the version before
	Number    int64  `json:"number,omitempty"`
	Tx        string `json:"tx,omitempty"`        // that made this version: the issuer's signed statement is in its block
	Statement string `json:"statement,omitempty"` // digest
}

// Shards groups the changes by shard, in order. It returns INVALID_STATEMENT for
// an index beyond the list.
func (l StatusList) Shards(changes []StatusChange) (order []int, byShard map[int][]StatusChange, err error) {
	byShard = map[int][]StatusChange{}
	for _, c := range changes {
		if c.Index < 0 || c.Index >= l.Entries {
			return nil, nil, InvalidStatement.Errorf("index %d: the list has %d entries", c.Index, l.Entries)
		}
		n := c.Index / ShardBits
		if byShard[n] == nil {
			order = append(order, n)
		}
		byShard[n] = append(byShard[n], c)
	}
	return order, byShard, nil
}

// Change sets and clears entries of the shard. It returns STATUS_FINAL.
func (s Shard) Change(purpose StatusPurpose, changes []StatusChange, now int64) (Shard, error) {
	next := Shard{Bits: make([]byte, ShardBits/8), Changed: max(now, s.Changed), Number: s.Number + 1}
	copy(next.Bits, s.Bits)
	for _, c := range changes {
		at, bit := c.Index%ShardBits/8, byte(0x80)>>(c.Index%8)
		switch {
		case c.Set:
			next.Bits[at] |= bit
		case purpose == Revocation:
			return s, StatusFinal.Errorf("entry %d", c.Index)
		default:
			next.Bits[at] &^= bit
		}
	}
	return next, nil
}

// Has reports whether an entry of the list is set in its shard.
func (s Shard) Has(index int) bool {
	at := index % ShardBits / 8
	return at < len(s.Bits) && s.Bits[at]&(0x80>>(index%8)) != 0
}

// EncodeStatusList is a list as a credential carries it (Bitstring Status List 1.0
// section 3.1): gzip, then base64url behind the multibase prefix u.
func EncodeStatusList(bits []byte) (string, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(bits); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return "u" + base64.RawURLEncoding.EncodeToString(b.Bytes()), nil
}

// StatusQuery asks for a list; with Index also for one entry.
type StatusQuery struct {
	Owner string `json:"owner"` // DID
	List  string `json:"list"`
	Index int    `json:"index,omitempty"`
	Time  int64  `json:"time,omitempty"` // Unix seconds; now if 0
}

// Validate checks the form.
func (q StatusQuery) Validate() error {
	if q.Index < 0 || q.Index >= MaxEntries || q.Time < 0 || q.Time > 1<<40 {
		return InvalidStatement.Errorf("index %d, time %d", q.Index, q.Time)
	}
	if _, err := ParseDID(q.Owner); err != nil {
		return err
	}
	return CheckName("status list", q.List)
}

// StatusAnswer is one entry.
type StatusAnswer struct {
	Purpose StatusPurpose `json:"purpose"`
	Set     bool          `json:"set"`
	Changed int64         `json:"changed,omitempty"` // of its shard, Unix seconds
	// What made the shard's version that this tells, for who wants to see the issuer's signature in the block.
	Version   int64  `json:"version,omitempty"`
	Tx        string `json:"tx,omitempty"`
	Statement string `json:"statement,omitempty"` // digest
}

// StatusBits is a whole list.
type StatusBits struct {
	StatusList
	Bits    []byte `json:"bits"`
	Changed int64  `json:"changed,omitempty"` // Unix seconds
}
