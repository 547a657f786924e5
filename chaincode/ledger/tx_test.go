// SPDX-License-Identifier: Apache-2.0

package ledger_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestReadYourWrites(t *testing.T) {
	l := newLab(t)
	l.do(put("a", "1", "old"))
	l.do(func(tx *ledger.Tx) error {
		return errors.Join(
			read(tx, "a", "1", "old"), read(tx, "a", "2", ""),
			notes.Put(tx, note{Text: "new"}, "a", "1"), read(tx, "a", "1", "new"),
			notes.Put(tx, note{Text: "made"}, "a", "2"), read(tx, "a", "2", "made"),
			notes.Put(tx, note{Text: "made again"}, "a", "2"), read(tx, "a", "2", "made again"),
			erase(tx, "a", "1"), read(tx, "a", "1", ""),
			notes.Put(tx, note{Text: "back"}, "a", "1"), read(tx, "a", "1", "back"),
		)
	})
	want := map[string]string{"note/a/1": `{"v":1,"text":"back"}`, "note/a/2": `{"v":1,"text":"made again"}`}
	if got := l.state(); !maps.Equal(got, want) {
		t.Errorf("state %v, want %v", got, want)
	}
}

func erase(tx *ledger.Tx, shelf, id string) error {
	notes.Delete(tx, shelf, id)
	return nil
}

var errOff = errors.New("called off")

func TestAttempt(t *testing.T) {
	l := newLab(t)
	l.do(put("a", "1", "old"))
	e := l.do(func(tx *ledger.Tx) error {
		tx.Emit("Began", "a")
		must := notes.Put(tx, note{Text: "kept"}, "a", "2")
		err := tx.Attempt(func() error {
			tx.Emit("Failed", "a")
			return errors.Join(
				notes.Put(tx, note{Text: "lost"}, "a", "1"), notes.Put(tx, note{Text: "lost"}, "a", "1"),
				notes.Put(tx, note{Text: "lost"}, "a", "2"), erase(tx, "a", "2"),
				notes.Put(tx, note{Text: "lost"}, "a", "3"),
				read(tx, "a", "1", "lost"), read(tx, "a", "2", ""), read(tx, "a", "3", "lost"),
				errOff,
			)
		})
		if !errors.Is(err, errOff) {
			return fmt.Errorf("the attempt's error is %w", err)
		}
		must = errors.Join(must, read(tx, "a", "1", "old"), read(tx, "a", "2", "kept"), read(tx, "a", "3", ""))

		// Within one that fails, one that succeeded is undone too.
		_ = tx.Attempt(func() error {
			must = errors.Join(must, tx.Attempt(func() error { return notes.Put(tx, note{Text: "lost"}, "a", "4") }), read(tx, "a", "4", "lost"))
			return errOff
		})
		// Within one that succeeds, one that failed is undone alone.
		must = errors.Join(must, read(tx, "a", "4", ""), tx.Attempt(func() error {
			before := notes.Put(tx, note{Text: "kept"}, "a", "5")
			_ = tx.Attempt(func() error {
				tx.Emit("Failed", "b")
				return errors.Join(notes.Put(tx, note{Text: "lost"}, "a", "5"), errOff)
			})
			tx.Emit("Ended", "a")
			return errors.Join(before, read(tx, "a", "5", "kept"))
		}))
		return must
	})
	want := map[string]string{"note/a/1": `{"v":1,"text":"old"}`, "note/a/2": `{"v":1,"text":"kept"}`, "note/a/5": `{"v":1,"text":"kept"}`}
	if got := l.state(); !maps.Equal(got, want) {
		t.Errorf("state %v, want %v", got, want)
	}
	if len(e.Writes()) != 2 {
		t.Errorf("what was undone is written: %v", e.Writes())
	}
	if got := string(e.Event.Payload); got != `{"v":1,"chaincode":"lab","events":[{"type":"Began","refs":["a"]},{"type":"Ended","refs":["a"]}]}` {
		t.Errorf("event %s", got)
	}
}

// Any nesting of attempts over any writes gives what a map that is copied for
// each attempt gives.
func TestTxAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLab(t)
		ids := []string{"1", "2", "3", "4"}
		model := map[string]string{}
		for range rapid.IntRange(1, 3).Draw(t, "transactions") {
			// The same steps run on each peer, so they are drawn before.
			type step struct {
				do, id, text string
				inner        []step
				fails        bool
			}
			var draw func(depth int) []step
			draw = func(depth int) []step {
				steps := make([]step, rapid.IntRange(0, 5).Draw(t, "steps"))
				for i := range steps {
					s := &steps[i]
					s.do = rapid.SampledFrom([]string{"get", "put", "delete", "prefetch", "attempt"}).Draw(t, "do")
					s.id = rapid.SampledFrom(ids).Draw(t, "id")
					s.text = rapid.StringMatching("[a-z]{1,3}").Draw(t, "text")
					if s.do == "attempt" && depth < 3 {
						s.inner, s.fails = draw(depth+1), rapid.Bool().Draw(t, "fails")
					}
				}
				return steps
			}
			steps := draw(0)
			var play func(tx *ledger.Tx, m map[string]string, steps []step) error
			play = func(tx *ledger.Tx, m map[string]string, steps []step) error {
				for _, s := range steps {
					var err error
					switch s.do {
					case "get":
						err = read(tx, "a", s.id, m[s.id])
					case "put":
						m[s.id], err = s.text, notes.Put(tx, note{Text: s.text}, "a", s.id)
					case "delete":
						delete(m, s.id)
						notes.Delete(tx, "a", s.id)
					case "prefetch":
						err = tx.Prefetch(notes.Key("a", s.id), notes.Key("a", "1"), notes.Key("a", "1"))
					case "attempt":
						before := maps.Clone(m)
						failed := false
						err = tx.Attempt(func() error {
							if err := play(tx, m, s.inner); err != nil {
								return err
							}
							if failed = s.fails; failed {
								return errOff
							}
							return nil
						})
						if failed {
							clear(m)
							maps.Copy(m, before)
							err = nil
						}
					}
					if err != nil {
						return err
					}
				}
				return nil
			}
			var after map[string]string
			l.do(func(tx *ledger.Tx) error {
				after = maps.Clone(model)
				if err := play(tx, after, steps); err != nil {
					return err
				}
				for _, id := range ids {
					if err := read(tx, "a", id, after[id]); err != nil {
						return err
					}
				}
				return nil
			})
			model = after
			want := map[string]string{}
			for id, text := range model {
				want["note/a/"+id] = `{"v":1,"text":"` + text + `"}`
			}
			if got := l.state(); !maps.Equal(got, want) {
				t.Fatalf("state %v, want %v", got, want)
			}
		}
	})
}

func TestDeleteOfWhatWasMadeHereWritesNothing(t *testing.T) {
	l := newLab(t)
	e := l.do(func(tx *ledger.Tx) error {
		return errors.Join(read(tx, "a", "1", ""), notes.Put(tx, note{Text: "x"}, "a", "1"), erase(tx, "a", "1"))
	})
	if len(e.Writes()) != 0 {
		t.Errorf("writes %v", e.Writes())
	}
	// Unread, it may be there: the delete is blind, and depends on nothing.
	l.do(put("a", "1", "old"))
	e = l.do(func(tx *ledger.Tx) error { return erase(tx, "a", "1") })
	if len(e.Reads()) != 0 || len(e.Writes()) != 1 || len(l.state()) != 0 {
		t.Errorf("reads %v, writes %v, state %v", e.Reads(), e.Writes(), l.state())
	}
}

// counting counts what the peer is asked.
type counting struct {
	shim.ChaincodeStubInterface
	gets, multiples *int
}

func (c counting) GetState(key string) ([]byte, error) {
	*c.gets++
	return c.ChaincodeStubInterface.GetState(key)
}

func (c counting) GetMultipleStates(keys ...string) ([][]byte, error) {
	*c.multiples++
	return c.ChaincodeStubInterface.GetMultipleStates(keys...)
}

func TestPrefetchAsksOnce(t *testing.T) {
	l := newLab(t)
	l.do(put("a", "1", "old"))
	var gets, multiples int
	l.wrap = func(stub shim.ChaincodeStubInterface) shim.ChaincodeStubInterface {
		gets, multiples = 0, 0
		return counting{stub, &gets, &multiples}
	}
	one, two := notes.Key("a", "1"), notes.Key("a", "2")
	e := l.do(func(tx *ledger.Tx) error {
		return errors.Join(
			tx.Prefetch(), tx.Prefetch(one, two, one), tx.Prefetch(two, one),
			read(tx, "a", "1", "old"), read(tx, "a", "2", ""),
		)
	})
	if gets != 0 || multiples != 1 || len(e.Reads()) != 2 {
		t.Errorf("asked %d times for one and %d times for many, reads %v", gets, multiples, e.Reads())
	}
	l.do(func(tx *ledger.Tx) error {
		return errors.Join(read(tx, "a", "1", "old"), read(tx, "a", "2", ""), read(tx, "a", "1", "old"), tx.Prefetch(one, two))
	})
	if gets != 2 || multiples != 0 {
		t.Errorf("asked %d times for one and %d times for many", gets, multiples)
	}
}

// faulty is a peer that fails.
type faulty struct {
	shim.ChaincodeStubInterface
	at     string
	values [][]byte // of GetMultipleStates, with no error
	time   *timestamppb.Timestamp
}

var errDisk = errors.New("disk full")

func (f faulty) fails(at string) error {
	if f.at == at {
		return errDisk
	}
	return nil
}

func (f faulty) GetState(string) ([]byte, error) { return nil, f.fails("get") }

func (f faulty) GetMultipleStates(...string) ([][]byte, error) { return f.values, f.fails("multiple") }

func (f faulty) PutState(string, []byte) error { return f.fails("put") }

func (f faulty) DelState(string) error { return f.fails("delete") }

func (f faulty) FinishWriteBatch() error { return f.fails("batch") }

func (f faulty) SetEvent(string, []byte) error { return f.fails("event") }

func (f faulty) GetTxTimestamp() (*timestamppb.Timestamp, error) { return f.time, f.fails("time") }

func TestPeerFaults(t *testing.T) {
	now := timestamppb.New(time.Unix(1_772_409_600, 0))
	for _, tc := range []struct {
		name string
		faulty
		want *code.Code
	}{
		{"a read", faulty{at: "get", time: now}, code.Broken},
		{"a read of many", faulty{at: "multiple", time: now}, code.Broken},
		{"a read of many that comes back as nothing", faulty{time: now}, code.Broken},
		{"a read of many that comes back short", faulty{values: [][]byte{nil}, time: now}, code.Broken},
		{"a read of many that comes back long", faulty{values: [][]byte{nil, nil, nil}, time: now}, code.Broken},
		{"a write", faulty{at: "put", values: [][]byte{nil, nil}, time: now}, code.Broken},
		{"a delete", faulty{at: "delete", values: [][]byte{nil, nil}, time: now}, code.Broken},
		{"a batch", faulty{at: "batch", values: [][]byte{nil, nil}, time: now}, code.Broken},
		{"an event", faulty{at: "event", values: [][]byte{nil, nil}, time: now}, code.Broken},
		{"a clock", faulty{at: "time"}, code.BadRequest},
		{"no time", faulty{}, code.BadRequest},
		{"a time of no calendar", faulty{time: &timestamppb.Timestamp{Seconds: 1 << 60}}, code.BadRequest},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newLab(t)
			l.wrap = func(stub shim.ChaincodeStubInterface) shim.ChaincodeStubInterface {
				f := tc.faulty
				f.ChaincodeStubInterface = stub
				return f
			}
			_, err := l.endorse(func(tx *ledger.Tx) error {
				tx.Emit("Noted", "a/1")
				if err := tx.Prefetch(notes.Key("a", "1"), notes.Key("a", "2")); err != nil {
					return err
				}
				_, err := notes.Has(tx, "b", "1")
				return errors.Join(err, notes.Put(tx, note{}, "a", "1"), erase(tx, "c", "1"))
			})
			refused(t, err, tc.want)
		})
	}
}

func TestTxSaysWhereItIs(t *testing.T) {
	l := newLab(t)
	var id, where string
	var now time.Time
	e := l.do(func(tx *ledger.Tx) error {
		id, now = tx.ID(), tx.Now()
		where = tx.Network() + "/" + tx.Channel() + "/" + tx.Chaincode()
		return nil
	})
	if id != e.TxID || where != "testnet/trust/lab" || !now.Equal(e.Timestamp) || now.Location() != time.UTC || now.Nanosecond() != 0 {
		t.Errorf("transaction %s in %s at %s", id, where, now)
	}
}

func TestQueriesWriteNothing(t *testing.T) {
	for name, body := range map[string]func(*ledger.Tx) error{
		"a write": put("a", "1", "x"),
		"an event": func(tx *ledger.Tx) error {
			tx.Emit("Looked", "a")
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.body = body
			_, err := l.net.Endorse(l.kim, "lab", "Look", `{"shelf":"a","id":"1"}`)
			refused(t, err, code.Broken)
		})
	}
}
