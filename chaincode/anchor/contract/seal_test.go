// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// model is a log as anybody would compute it from what was sealed.
func model(source string, records ...anchor.Record) anchor.Log {
	var leaves [][32]byte
	for _, r := range records {
		leaves = append(leaves, anchor.LeafHash(r.Entry(source)))
	}
	return must(anchor.NewLog().Append(leaves, nil))
}

func TestSealAppendsToSeveralLogs(t *testing.T) {
	r := newRegistry(t)
	a, b, c := deposit("a"), deposit("b"), deposit("c")
	born := step("farmer", "cow-7", "")
	done := r.seal(newBatch("b-1").log("docs", 0, a, b).log("beef", 0, born))
	if len(done.Logs) != 2 || done.Logs[0].From != 0 || done.Logs[0].Size != 2 || done.Logs[1].Size != 1 {
		t.Fatalf("%+v", done)
	}
	r.net.Advance(-60e9) // a submitter whose clock is behind
	again := r.seal(newBatch("b-2").log("docs", 2, c))
	want := model("docs", a, b, c)
	log := query[anchor.Log](r, "Log", anchor.SourceQuery{Source: "docs"})
	if log.Size != 3 || !bytes.Equal(log.Root, want.Root) || !reflect.DeepEqual(log.Range, want.Range) {
		t.Errorf("log %+v, expected %+v", log, want)
	}
	if again.Logs[0].Time < done.Logs[0].Time {
		t.Errorf("time went back from %d to %d", done.Logs[0].Time, again.Logs[0].Time)
	}
	page := query[call.Page[anchor.Checkpoint]](r, "Checkpoints", anchor.PageQuery{Source: "docs"})
	if len(page.Records) != 2 || page.Records[0].Record.Size != 2 || page.Records[1].Record.Size != 3 ||
		!bytes.Equal(page.Records[0].Record.Root, model("docs", a, b).Root) || page.Records[1].Record.Tx != again.Tx {
		t.Errorf("checkpoints %+v", page)
	}
	if latest := query[anchor.Checkpoint](r, "Checkpoint", anchor.CheckpointQuery{Source: "docs"}); !reflect.DeepEqual(latest, page.Records[1].Record) {
		t.Errorf("latest %+v", latest)
	}
	empty := query[anchor.Checkpoint](r, "Checkpoint", anchor.CheckpointQuery{Source: "kt"})
	if empty.Size != 0 || !bytes.Equal(empty.Root, anchor.EmptyRoot()) {
		t.Errorf("empty %+v", empty)
	}
	r.refuses(t, anchor.CheckpointUnknown, r.courier, "Checkpoint", `{"source":"docs","size":1}`)
	r.refuses(t, anchor.SourceUnknown, r.courier, "Checkpoint", `{"source":"none"}`)
}

func TestSealEmitsEachCheckpoint(t *testing.T) {
	r := newRegistry(t)
	e := must(r.net.Endorse(r.courier, cc, "Seal", newBatch("b-1").log("docs", 0, deposit("a")).args("sealer")...))
	var env call.Envelope
	if err := json.Unmarshal(e.Event.Payload, &env); err != nil {
		t.Fatal(err)
	}
	want := []call.Event{{Type: "Sealed", Refs: []string{fmt.Sprintf("docs/1/%x", model("docs", deposit("a")).Root)}}}
	if !reflect.DeepEqual(env.Events, want) {
		t.Errorf("%+v", env.Events)
	}
	for _, w := range e.Writes() { // leaves travel in the arguments only
		if leaf := anchor.LeafHash(deposit("a").Entry("docs")); bytes.Contains(w.Value, deposit("a").Digest) || strings.Contains(string(w.Value), hex.EncodeToString(leaf[:])) {
			t.Errorf("a leaf is written to %q", w.Key)
		}
	}
}

func TestSealAgainChangesNothing(t *testing.T) {
	r := newRegistry(t)
	b := newBatch("b-1").log("docs", 0, deposit("a"))
	first := r.seal(b)
	before := r.state()
	if again := r.seal(b); !reflect.DeepEqual(again, first) {
		t.Errorf("%+v, the first was %+v", again, first)
	}
	r.seal(newBatch("b-2").log("docs", 1, deposit("b")))
	after := r.state()
	if again := r.seal(b); !reflect.DeepEqual(again, first) {
		t.Errorf("%+v, the first was %+v", again, first)
	}
	if !maps.Equal(after, r.state()) || maps.Equal(before, after) {
		t.Error("sealing again moved state")
	}
	r.refuses(t, anchor.BatchReused, r.courier, "Seal", newBatch("b-1").log("docs", 2, deposit("c")).args("sealer")...)
	got := query[anchor.Sealed](r, "Batch", anchor.BatchQuery{Sealer: must1(key("sealer")), Batch: "b-1"})
	if !reflect.DeepEqual(got, first) {
		t.Errorf("batch %+v", got)
	}
}

func must1[A, B any](_ A, b B) B { return b }

func TestSealRefuses(t *testing.T) {
	r := newRegistry(t)
	r.seal(newBatch("b-1").log("docs", 0, deposit("a"), deposit("b")))
	forged := newBatch("b-9").log("docs", 2, deposit("c")).args("sealer")
	forged[0] = strings.Replace(forged[0].(string), ".", ".", 1)[:len(forged[0].(string))-4] + "AAAA"
	for name, tc := range map[string]struct {
		args []any
		want *code.Code
	}{
		"a size behind":          {newBatch("b-9").log("docs", 1, deposit("c")).args("sealer"), anchor.SizeMismatch},
		"a size ahead":           {newBatch("b-9").log("docs", 3, deposit("c")).args("sealer"), anchor.SizeMismatch},
		"a sealer not granted":   {newBatch("b-9").log("docs", 2, deposit("c")).args("eve"), anchor.SealerNotGranted},
		"an unknown source":      {newBatch("b-9").log("none", 0, deposit("c")).args("sealer"), anchor.SourceUnknown},
		"a forged signature":     {forged, code.BadSignature},
		"no records":             {forged[:1], code.BadRequest},
		"an empty batch":         {newBatch("b-9").log("docs", 2).args("sealer"), anchor.EmptyBatch},
		"one log of two is late": {newBatch("b-9").log("beef", 0, step("f", "cow", "")).log("docs", 1, deposit("c")).args("sealer"), anchor.SizeMismatch},
	} {
		t.Run(name, func(t *testing.T) { r.refuses(t, tc.want, r.courier, "Seal", tc.args...) })
	}
}

// What does not belong into a log is refused by itself.
func TestSealRefusesKindsOneByOne(t *testing.T) {
	r := newRegistry(t)
	done := r.seal(newBatch("b-1").log("docs", 0, deposit("a"), step("farmer", "cow", ""), deposit("b")))
	l := done.Logs[0]
	if l.Size != 2 || len(l.Refused) != 1 || l.Refused[0].At != 1 || l.Refused[0].Code != anchor.KindRefused.Name {
		t.Errorf("%+v", l)
	}
	if want := model("docs", deposit("a"), deposit("b")); !bytes.Equal(l.Root, want.Root) {
		t.Error("the refused record left a trace")
	}
	nothing := r.seal(newBatch("b-2").log("docs", 2, step("farmer", "cow", "")))
	if l := nothing.Logs[0]; l.From != 2 || l.Size != 2 || len(l.Refused) != 1 {
		t.Errorf("%+v", l)
	}
}

// Two seals of one log in one block: one counts, and the other's sealer learns
// that it has to look again.
func TestOneWriterALog(t *testing.T) {
	r := newRegistry(t)
	one := must(r.net.Endorse(r.courier, cc, "Seal", newBatch("b-1").log("docs", 0, deposit("a")).args("sealer")...))
	two := must(r.net.Endorse(r.courier, cc, "Seal", newBatch("b-2").log("docs", 0, deposit("b")).args("sealer")...))
	same := must(r.net.Endorse(r.courier, cc, "Seal", newBatch("b-1").log("docs", 0, deposit("a")).args("sealer")...))
	other := must(r.net.Endorse(r.courier, cc, "Seal", newBatch("b-3").log("beef", 0, step("f", "cow", "")).args("sealer")...))
	codes := r.net.Commit(one, two, same, other)
	if codes[0] != valid || codes[1] != mvcc || codes[2] != mvcc || codes[3] != valid {
		t.Errorf("%v", codes)
	}
}

func TestItemHistory(t *testing.T) {
	r := newRegistry(t)
	born := step("farmer", "cow-7", "")
	sold := step("market", "cow-7", hex.EncodeToString(born.Digest))
	cut := step("butcher", "steak-1", "", hex.EncodeToString(sold.Digest))
	done := r.seal(newBatch("b-1").log("beef", 0, born, sold, cut))
	if l := done.Logs[0]; l.Size != 3 || len(l.Refused) > 0 {
		t.Fatalf("%+v", l)
	}
	item := query[anchor.Item](r, "Item", anchor.ItemQuery{Source: "beef", Item: "cow-7"})
	if item != (anchor.Item{Steps: 2, Last: hex.EncodeToString(sold.Digest), Index: 1}) {
		t.Errorf("%+v", item)
	}
	stolen := step("thief", "cow-7", hex.EncodeToString(born.Digest))
	orphan := step("butcher", "steak-2", "", strings.Repeat("77", 32))
	forged := step("farmer", "cow-8", "")
	forged.Body = []byte(string(forged.Body[:len(forged.Body)-6]) + "AAAAAA")
	refused := r.seal(newBatch("b-2").log("beef", 3, born, stolen, orphan, forged)).Logs[0]
	want := []string{anchor.StepExists.Name, anchor.StepBroken.Name, anchor.LinkUnknown.Name}
	if len(refused.Refused) != 4 || refused.Size != 3 {
		t.Fatalf("%+v", refused)
	}
	for i, code := range want {
		if refused.Refused[i].Code != code {
			t.Errorf("record %d: %+v, expected %s", i, refused.Refused[i], code)
		}
	}
	r.refuses(t, anchor.ItemUnknown, r.courier, "Item", `{"source":"beef","item":"cow-8"}`)
}

func TestChainIsFollowedAndForksAreKept(t *testing.T) {
	r := newRegistry(t)
	done := r.seal(newBatch("b-1").log("kt", 0,
		header(10, "h10", "h9", "v1", "v2"), header(11, "h11", "h10", "v2", "v3"), header(13, "h13", "h12", "v1", "v2"),
		header(12, "h12", "h11", "v1"))).Logs[0]
	if done.Size != 2 || len(done.Refused) != 2 || done.Refused[0].Code != anchor.HeaderGap.Name || done.Refused[1].Code != anchor.SignersMissing.Name {
		t.Fatalf("%+v", done)
	}
	// Another block 11, and a block 12 that denies ours: evidence, for ever.
	e := must(r.net.Endorse(r.courier, cc, "Seal", newBatch("b-2").log("kt", 2,
		header(11, "evil", "h10", "v1", "v3"), header(12, "h12x", "evil", "v1", "v3"), header(12, "h12", "h11", "v1", "v2")).args("sealer")...))
	r.net.Commit(e)
	forked := decode(t, e.Payload).Logs[0]
	if forked.Size != 3 || len(forked.Refused) != 2 || forked.Refused[0].Code != anchor.ForkedChain.Name || forked.Refused[1].Code != anchor.UntrustedChain.Name {
		t.Fatalf("%+v", forked)
	}
	if want := `"ForkFound","refs":["kt/11/` + digest("evil") + `"]`; !strings.Contains(string(e.Event.Payload), want) {
		t.Errorf("no alarm in %s", e.Event.Payload)
	}
	page := query[call.Page[anchor.Fork]](r, "Forks", anchor.PageQuery{Source: "kt"})
	if len(page.Records) != 1 { // both contradict our block 11 in the same way
		t.Fatalf("%+v", page)
	}
	fork := page.Records[0].Record
	if fork.Height != 11 || fork.Known != digest("h11") || fork.Other != digest("evil") || fork.Tx != e.TxID ||
		fork.Evidence != string(header(11, "evil", "h10", "v1", "v3").Body) {
		t.Errorf("%+v", fork)
	}
	tip := query[anchor.ChainTip](r, "Tip", anchor.SourceQuery{Source: "kt"})
	if tip.Height != 12 || tip.Forks != 1 || tip.Hash != digest("h12") {
		t.Errorf("%+v", tip)
	}
	at := query[anchor.HeaderAt](r, "Header", anchor.HeaderQuery{Source: "kt", Height: 12})
	if at.Index != 2 || at.Hash != digest("h12") {
		t.Errorf("%+v", at)
	}
	r.refuses(t, anchor.HeaderUnknown, r.courier, "Header", `{"source":"kt","height":9}`)
}

// Whatever order seals come in, however often, and whichever of them are lost,
// the log is that of the batches that were accepted, each record once.
func TestSealsMakeOneLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRegistry(t)
		var accepted []anchor.Record
		var sent []*batch
		sealed := map[string]anchor.Sealed{}
		for i := range rapid.IntRange(1, 12).Draw(t, "seals") {
			var b *batch
			if len(sent) > 0 && rapid.Bool().Draw(t, "again") {
				b = sent[rapid.IntRange(0, len(sent)-1).Draw(t, "which")]
			} else {
				b = newBatch(fmt.Sprint("b-", i))
				var records []anchor.Record
				for k := range rapid.IntRange(1, 5).Draw(t, "records") {
					records = append(records, deposit(fmt.Sprint(i, ".", k)))
				}
				b.log("docs", uint64(max(0, len(accepted)+rapid.SampledFrom([]int{0, 0, 0, 0, -1, 1}).Draw(t, "off"))), records...)
				sent = append(sent, b)
			}
			e, err := r.net.Endorse(r.courier, cc, "Seal", b.args("sealer")...)
			if err != nil {
				if b.seal.Logs[0].Size == uint64(len(accepted)) {
					t.Fatalf("refused: %v", err)
				}
				continue
			}
			if rapid.IntRange(0, 3).Draw(t, "lost") == 0 {
				continue // endorsed and never ordered
			}
			r.net.Commit(e)
			got := decode(t, e.Payload)
			if first, known := sealed[b.seal.Batch]; known {
				if !reflect.DeepEqual(first, got) {
					t.Fatalf("%+v, the first was %+v", got, first)
				}
				continue
			}
			sealed[b.seal.Batch] = got
			accepted = append(accepted, must(anchor.ParseRecords(b.data[0]))...)
		}
		log := query[anchor.Log](r, "Log", anchor.SourceQuery{Source: "docs"})
		want := anchor.NewLog()
		if len(accepted) > 0 {
			want = model("docs", accepted...)
		}
		if log.Size != want.Size || !bytes.Equal(log.Root, want.Root) {
			t.Fatalf("log of %d leaves, %d were accepted", log.Size, want.Size)
		}
	})
}

var _ ledgertest.TB = (*rapid.T)(nil)
