// SPDX-License-Identifier: Apache-2.0

package keysync

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Cursor is the last event that was dealt with. The zero value is before all.
type Cursor struct {
	Block uint64 `json:"block"`
	Tx    string `json:"tx"`
}

// BlockNumber implements the checkpoint of the gateway client: where to begin.
func (c Cursor) BlockNumber() uint64 { return c.Block }

// TransactionID implements it, too: behind which transaction of the block.
func (c Cursor) TransactionID() string { return c.Tx }

// File keeps a cursor on disk or, without a path, in memory.
type File struct {
	Path string
	last Cursor
}

// Load is the cursor last saved.
func (f *File) Load() (Cursor, error) {
	if f.Path == "" {
		return f.last, nil
	}
	raw, err := os.ReadFile(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return Cursor{}, nil
	}
	var c Cursor
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil {
		return Cursor{}, fmt.Errorf("cursor %s: %w (without the file, all is synced again)", f.Path, err)
	}
	return c, nil
}

// Save replaces the cursor: the old one or the new one is there, never a part.
func (f *File) Save(c Cursor) error {
	if f.last = c; f.Path == "" {
		return nil
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o750); err != nil {
		return err
	}
	fresh, err := os.OpenFile(f.Path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = fresh.Write(raw)
	if err = errors.Join(err, fresh.Sync(), fresh.Close()); err != nil { // or a loss of power leaves an empty file
		return err
	}
	return os.Rename(f.Path+".new", f.Path)
}
