// SPDX-License-Identifier: Apache-2.0

package once_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/internal/once"
)

func TestNonces(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	clock := func() time.Time { return now }
	n := once.New(time.Minute, 3, clock)
	made := func(n *once.Nonces) string {
		nonce, expires := n.Make("")
		require.Equal(t, now.Add(time.Minute), expires)
		return nonce
	}
	check := func(nonce string) error {
		_, _, err := n.Open(nonce, "")
		return err
	}
	first := made(n)
	require.Len(t, first, 75)
	require.NotEqual(t, first, made(n))
	require.NoError(t, check(first))
	require.NoError(t, n.Use(first, ""))
	require.ErrorIs(t, n.Use(first, ""), once.ErrUsed)
	require.NoError(t, check(first), "whether it served is not what Open says")
	about, _ := n.Make("bank", 7, 8)
	id, data, err := n.Open(about, "bank")
	require.NoError(t, err)
	require.Equal(t, []byte{7, 8}, data)
	require.NotZero(t, id)
	for _, other := range []string{"", "clinic", "bank2"} {
		require.ErrorIs(t, n.Use(about, other), once.ErrUnknown)
	}
	moved, _ := n.Make("\x08bank", 7) // what it is about does not run into its data
	_, _, err = n.Open(moved, "bank")
	require.ErrorIs(t, err, once.ErrUnknown)
	for name, bad := range map[string]string{
		"empty": "", "another word": "nonce", "of before the start": made(once.New(time.Minute, 3, clock)),
		"one character changed": "A" + first[1:], "padded": first + "=", "longer": first + "AAAA",
	} {
		if bad != first {
			require.ErrorIs(t, n.Use(bad, ""), once.ErrUnknown, name)
		}
	}
	late := made(n)
	now = now.Add(time.Minute)
	require.NoError(t, check(late), "its last second")
	now = now.Add(time.Second)
	require.ErrorIs(t, n.Use(late, ""), once.ErrExpired)

	// A nonce that served just before the memory turned stays remembered.
	m := once.New(time.Minute, 3, clock)
	now = now.Add(59 * time.Second)
	edge := made(m)
	require.NoError(t, m.Use(edge, ""))
	now = now.Add(3 * time.Second)
	require.NoError(t, m.Use(made(m), ""))
	require.ErrorIs(t, m.Use(edge, ""), once.ErrUsed)
	require.NoError(t, m.Use(made(m), ""))
	require.NoError(t, m.Use(made(m), ""))
	require.ErrorIs(t, m.Use(made(m), ""), once.ErrFull)
	now = now.Add(5 * time.Minute)
	require.NoError(t, m.Use(made(m), ""))
}

func TestOneOfManyWins(t *testing.T) {
	n := once.New(time.Minute, 100, time.Now)
	nonce, _ := n.Make("")
	var won atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if n.Use(nonce, "") == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	require.Equal(t, int32(1), won.Load())
}
