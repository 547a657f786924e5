// SPDX-License-Identifier: Apache-2.0

package sealer_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/anchortest"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
	"github.com/komsco/trust-platform/gateway/internal/witness"
	"github.com/komsco/trust-platform/gateway/receipt"
)

// Two organisations' witnesses cosign; one of them is away for a while, and the
// sealer is rebuilt without its memory of what was cosigned.
func TestWitnesses(t *testing.T) {
	l := anchortest.New(t)
	l.Register(t, "docs", anchor.Documents, key)
	o := sealer.Options{Dir: t.TempDir(), Place: anchortest.Place, Key: key, Interval: 5 * time.Millisecond}
	var away atomic.Bool
	lines := ""
	ask := func(name, key string) sealer.Witness {
		w, err := witness.New(name, anchortest.Key(key), t.TempDir(), anchortest.Place, l)
		require.NoError(t, err)
		server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			if name == "bank.example" && away.Load() {
				http.Error(out, "away", http.StatusServiceUnavailable)
				return
			}
			w.ServeHTTP(out, r)
		}))
		t.Cleanup(server.Close)
		return sealer.Witness{URL: server.URL, Key: w.Key()}
	}
	for _, name := range []string{"city.example", "bank.example"} {
		o.Witnesses = append(o.Witnesses, ask(name, name))
		lines += "witness " + name + " " + o.Witnesses[len(o.Witnesses)-1].Key + "\n"
	}
	s, err := sealer.Open(o, l)
	require.NoError(t, err)
	knows(t, s, "docs")
	policy, err := receipt.ParsePolicy([]byte("log " + must(s.LogKey("docs")) + "\n" + lines + "group both all city.example bank.example\nquorum both"))
	require.NoError(t, err)
	seal := func(s *sealer.Sealer, prefix string) {
		must(s.Submit(t.Context(), "docs", deposits(prefix, 3)))
		must(s.Await(t.Context(), "docs", deposits(prefix, 3)...))
	}
	cosigned := func(s *sealer.Sealer, index uint64) func() bool {
		return func() bool {
			r, err := s.Receipt(t.Context(), "docs", index)
			if err != nil {
				return false
			}
			_, err = receipt.Verify(r, policy)
			return err == nil
		}
	}
	seal(s, "a")
	require.Eventually(t, cosigned(s, 1), 20*time.Second, 5*time.Millisecond)
	away.Store(true)
	seal(s, "b")
	r, err := s.Receipt(t.Context(), "docs", 4)
	require.NoError(t, err)
	_, err = receipt.Verify(r, policy)
	require.ErrorIs(t, err, receipt.ErrUntrusted, "one witness is not two")
	seal(s, "c")
	away.Store(false)
	require.Eventually(t, cosigned(s, 4), 20*time.Second, 5*time.Millisecond, "in a later tree")
	require.True(t, cosigned(s, 1)(), "earlier receipts stay")
	require.NoError(t, s.Close())

	o.Dir = t.TempDir()
	s, err = sealer.Open(o, l)
	require.NoError(t, err)
	knows(t, s, "docs")
	seal(s, "d")
	require.Eventually(t, cosigned(s, 0), 20*time.Second, 5*time.Millisecond, "the witnesses tell where they are")
	require.NoError(t, s.Close())

	// One that has a new key counts once that has cosigned: not by what another did under
	// its name.
	away.Store(true)
	city := o.Witnesses[0]
	o.Witnesses = []sealer.Witness{city, ask("bank.example", "bank's second")}
	policy, err = receipt.ParsePolicy([]byte("log " + must(s.LogKey("docs")) + "\nwitness city " + city.Key +
		"\nwitness bank " + o.Witnesses[1].Key + "\ngroup both all city bank\nquorum both"))
	require.NoError(t, err)
	s, err = sealer.Open(o, l)
	require.NoError(t, err)
	defer s.Close() //nolint:errcheck // the test is over
	r, err = s.Receipt(t.Context(), "docs", 0)
	require.NoError(t, err)
	require.Contains(t, string(r.Note), "/docs\n3\n", "as it was sealed")
	away.Store(false)
	require.Eventually(t, cosigned(s, 0), 20*time.Second, 5*time.Millisecond, "the log need not grow")
}
