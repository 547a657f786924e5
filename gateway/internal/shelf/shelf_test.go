// SPDX-License-Identifier: Apache-2.0

package shelf_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/internal/shelf"
)

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func get(t *testing.T, s *shelf.Shelf, kind, secret string) (v map[string]any) {
	t.Helper()
	require.NoError(t, s.Do(func(tx *shelf.Tx) error {
		found, err := tx.Get(kind, secret, &v)
		require.Equal(t, found, v != nil)
		return err
	}))
	return v
}

// What is put there outlives the process, until its time, for who has the secret.
func TestShelf(t *testing.T) {
	c := &clock{time.Unix(1_800_000_000, 0)}
	file := filepath.Join(t.TempDir(), "folder", "shelf.db")
	s, err := shelf.Open(file, c.now)
	require.NoError(t, err)
	person := map[string]any{"name": "김민지 Minji", "n": 9007199254740993}
	require.NoError(t, s.Do(func(tx *shelf.Tx) error {
		return errors.Join(tx.Put("code", "secret-1", c.at.Add(time.Minute), person), tx.Put("code", "secret-2", c.at.Add(time.Hour), person))
	}))
	failed := errors.New("no")
	require.ErrorIs(t, s.Do(func(tx *shelf.Tx) error { return errors.Join(tx.Drop("code", "secret-1"), failed) }), failed)
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(file + suffix)
		require.NoError(t, err)
		for _, told := range []string{"Minji", "secret-1", "9007199254740993"} {
			require.False(t, bytes.Contains(raw, []byte(told)), "%s in %s", told, suffix)
		}
		info, err := os.Stat(file + suffix)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), suffix)
	}
	require.NoError(t, s.Close())

	s, err = shelf.Open(file, c.now)
	require.NoError(t, err)
	v := get(t, s, "code", "secret-1")
	require.Equal(t, "김민지 Minji", v["name"])
	require.Equal(t, "9007199254740993", v["n"].(interface{ String() string }).String())
	require.Nil(t, get(t, s, "token", "secret-1"), "of another kind")
	require.Nil(t, get(t, s, "code", "secret-3"))
	count := func() (n int) {
		require.NoError(t, s.Do(func(tx *shelf.Tx) (err error) {
			n, err = tx.Count("code", "token")
			return err
		}))
		return n
	}
	require.Equal(t, 2, count())
	c.at = c.at.Add(time.Minute)
	require.Nil(t, get(t, s, "code", "secret-1"), "out of date")
	require.Equal(t, 1, count())
	require.NoError(t, s.Do(func(tx *shelf.Tx) error { return tx.Drop("code", "secret-2") }))
	require.Nil(t, get(t, s, "code", "secret-2"))
	require.Zero(t, count())
	require.NoError(t, s.Close())
}

func TestShelfDamaged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shelf.db")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("x", 4096)), 0o600))
	_, err := shelf.Open(file, nil)
	require.Error(t, err)
	s, err := shelf.Open("", nil)
	require.NoError(t, err)
	require.NoError(t, s.Do(func(tx *shelf.Tx) error { return tx.Put("k", "s", time.Now().Add(time.Minute), map[string]any{"a": 1}) }))
	require.NotNil(t, get(t, s, "k", "s"))
	require.NoError(t, s.Close())
}
