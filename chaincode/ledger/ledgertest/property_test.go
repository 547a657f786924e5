// SPDX-License-Identifier: Apache-2.0

package ledgertest_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// However transactions are spread over blocks, the ledger is as if the valid
// ones had run one after the other; and one is invalid exactly if a key it read
// was written between its endorsement and its turn.
func TestSerialisable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		net := ledgertest.New(t, ledgertest.Peers(1), ledgertest.Chaincode("kv", script{}))
		alice := net.Caller("CityMSP", "alice", ledgertest.Client)

		type pending struct {
			*ledgertest.Endorsement
			key   string
			blind bool
			seen  int // writes to the key when it was endorsed
		}
		var pool []pending
		model, writes := map[string]int{}, map[string]int{}

		t.Repeat(map[string]func(*rapid.T){
			"endorse": func(t *rapid.T) {
				p := pending{key: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")}
				step := "incr " + p.key
				if p.blind = rapid.IntRange(0, 4).Draw(t, "blind") == 0; p.blind {
					step = "put " + p.key + " 100"
				}
				p.seen = writes[p.key]
				var err error
				p.Endorsement, err = net.Endorse(alice, "kv", "Do", step)
				if err != nil {
					t.Fatal(err)
				}
				pool = append(pool, p)
			},
			"commit": func(t *rapid.T) {
				if len(pool) == 0 {
					t.Skip("nothing endorsed")
				}
				order := rapid.Permutation(pool).Draw(t, "order")
				size := rapid.IntRange(1, len(order)).Draw(t, "size")
				block := make([]*ledgertest.Endorsement, size)
				for i := range block {
					block[i] = order[i].Endorsement
				}
				for i, code := range net.Commit(block...) {
					p := order[i]
					want := valid
					if !p.blind && writes[p.key] != p.seen {
						want = mvcc
					}
					if code != want {
						t.Fatalf("transaction %d: %s, want %s", i, code, want)
					}
					if code == valid {
						writes[p.key]++
						if model[p.key]++; p.blind {
							model[p.key] = 100
						}
					}
				}
				pool = order[size:]
			},
			"": func(t *rapid.T) {
				for key, want := range model {
					if got := string(net.Get("kv", key)); got != strconv.Itoa(want) {
						t.Fatalf("%s is %s, want %d", key, got, want)
					}
				}
			},
		})
	})
}

// The ordered state against a plain map.
func TestRangesAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		net := ledgertest.New(t, ledgertest.Peers(1), ledgertest.Chaincode("kv", script{}))
		alice := net.Caller("CityMSP", "alice", ledgertest.Client)
		model := map[string]bool{}
		name := rapid.StringMatching("[a-c]{1,3}")
		for range rapid.IntRange(0, 60).Draw(t, "operations") {
			key := name.Draw(t, "key")
			step := "put " + key + " 1"
			if model[key] = rapid.Bool().Draw(t, "put"); !model[key] {
				step = "del " + key
			}
			if _, err := net.Invoke(alice, "kv", "Do", step); err != nil {
				t.Fatal(err)
			}
		}
		start, end := name.Draw(t, "start"), name.Draw(t, "end")
		want := 0
		for key, there := range model {
			if there && key >= start && key < end {
				want++
			}
		}
		got, last := 0, ""
		for key := range net.Range("kv", start, end) {
			if key <= last || key < start || key >= end || !model[key] {
				t.Fatalf("%q after %q in [%q, %q)", key, last, start, end)
			}
			got, last = got+1, key
		}
		if got != want {
			t.Fatalf("%d keys in [%q, %q), want %d", got, start, end, want)
		}
	})
}

func TestSeveralGoroutines(t *testing.T) {
	l := newLab(t)
	const workers, each = 4, 25
	var wg sync.WaitGroup
	done := make(chan error, workers*each)
	for range workers {
		wg.Go(func() {
			for range each {
				_, err := l.Invoke(l.alice, "kv", "Do", "incr a")
				done <- err
			}
		})
	}
	wg.Wait()
	close(done)
	succeeded := 0
	for err := range done {
		if err == nil {
			succeeded++
			continue
		}
		var commit *ledgertest.CommitError
		require.ErrorAs(t, err, &commit)
		require.Equal(t, mvcc, commit.Code)
		require.ErrorContains(t, err, "failed with MVCC_READ_CONFLICT (11): kv \"a\" read as")
	}
	require.Equal(t, strconv.Itoa(succeeded), string(l.Get("kv", "a")))
	require.Positive(t, succeeded)
}

func BenchmarkEndorseAndCommit(b *testing.B) {
	for _, keys := range []int{1, 1000} {
		b.Run(fmt.Sprintf("%d keys", keys), func(b *testing.B) {
			l := newLab(b)
			list := make([]string, keys)
			for i := range list {
				list[i] = fmt.Sprintf("incr k%d", i)
			}
			for b.Loop() {
				l.Commit(l.endorse(list...))
			}
		})
	}
}
