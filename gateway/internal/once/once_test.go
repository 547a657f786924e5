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
	first := n.Make()
	require.NotEqual(t, first, n.Make())
	require.NoError(t, n.Check(first))
	require.NoError(t, n.Use(first))
	require.ErrorIs(t, n.Use(first), once.ErrUsed)
	require.NoError(t, n.Check(first), "whether it served is not what Check says")
	for name, bad := range map[string]string{
		"empty": "", "another word": "nonce", "of before the start": once.New(time.Minute, 3, clock).Make(),
		"one character changed": "A" + first[1:], "padded": first + "=", "longer": first + "AAAA",
	} {
		if bad != first {
			require.ErrorIs(t, n.Use(bad), once.ErrUnknown, name)
		}
	}
	late := n.Make()
	now = now.Add(time.Minute)
	require.NoError(t, n.Check(late), "its last second")
	now = now.Add(time.Second)
	require.ErrorIs(t, n.Use(late), once.ErrExpired)

	// A nonce that served just before the memory turned stays remembered.
	m := once.New(time.Minute, 3, clock)
	now = now.Add(59 * time.Second)
	edge := m.Make()
	require.NoError(t, m.Use(edge))
	now = now.Add(3 * time.Second)
	require.NoError(t, m.Use(m.Make()))
	require.ErrorIs(t, m.Use(edge), once.ErrUsed)
	require.NoError(t, m.Use(m.Make()))
	require.NoError(t, m.Use(m.Make()))
	require.ErrorIs(t, m.Use(m.Make()), once.ErrFull)
	now = now.Add(5 * time.Minute)
	require.NoError(t, m.Use(m.Make()))
}

func TestOneOfManyWins(t *testing.T) {
	n := once.New(time.Minute, 100, time.Now)
	nonce := n.Make()
	var won atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if n.Use(nonce) == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	require.Equal(t, int32(1), won.Load())
}
