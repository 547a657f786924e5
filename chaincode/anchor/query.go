// SPDX-License-Identifier: Apache-2.0

package anchor

import (
	"crypto/sha256"
	"encoding/base64"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// SourceQuery names a source, in version 0 as it is now.
type SourceQuery struct {
	Source  string `json:"source"`
	Version int    `json:"version,omitempty"`
}

// Validate checks the form.
func (q SourceQuery) Validate() error {
	if q.Version < 0 {
		return InvalidID.Errorf("version %d", q.Version)
	}
	return CheckID("source id", q.Source)
}

// CheckpointQuery names a checkpoint, with size 0 the latest.
type CheckpointQuery struct {
	Source string `json:"source"`
	Size   uint64 `json:"size,omitempty"`
}

// Validate checks the form.
func (q CheckpointQuery) Validate() error {
	if q.Size > MaxLogSize {
		return InvalidID.Errorf("size %d", q.Size)
	}
	return CheckID("source id", q.Source)
}

// BatchQuery names a seal.
type BatchQuery struct {
	Sealer string `json:"sealer"` // DID
	Batch  string `json:"batch"`
}

// Validate checks the form.
func (q BatchQuery) Validate() error {
	if err := did.Validate(q.Sealer); err != nil {
		return err
	}
	return CheckID("batch id", q.Batch)
}

// ItemQuery names an item.
type ItemQuery struct {
	Source string `json:"source"`
	Item   string `json:"item"`
}

// Validate checks the form.
func (q ItemQuery) Validate() error {
	if err := CheckID("item", q.Item); err != nil {
		return err
	}
	return CheckID("source id", q.Source)
}

// HeaderQuery names a header of another chain.
type HeaderQuery struct {
	Source string `json:"source"`
	Height int64  `json:"height"`
}

// Validate checks the form.
func (q HeaderQuery) Validate() error {
	if q.Height < 0 || q.Height > MaxHeight {
		return InvalidID.Errorf("height %d", q.Height)
	}
	return CheckID("source id", q.Source)
}

// PageQuery asks for a page of what a source has.
type PageQuery struct {
	Source   string `json:"source"`
	Limit    int    `json:"limit,omitempty"` // 1 to 500; 0 is 500
	Bookmark string `json:"bookmark,omitempty"`
}

// Validate checks the form.
func (q PageQuery) Validate() error { return CheckID("source id", q.Source) }

// ListQuery asks for a page of the sources.
type ListQuery struct {
	Limit    int    `json:"limit,omitempty"` // 1 to 500; 0 is 500
	Bookmark string `json:"bookmark,omitempty"`
}

// Validate checks the form.
func (q ListQuery) Validate() error { return nil }

// SealerKey stands for a sealer's DID in keys, which a DID may be too long for:
// the first 16 bytes of its SHA-256 in base64url.
func SealerKey(sealer string) string {
	sum := sha256.Sum256([]byte(sealer))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
