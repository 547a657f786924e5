// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric/fabrictest"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// follow registers a source that follows a chain from a header on.
func (r *registry) follow(id string, terms anchor.HeaderTerms) {
	r.t.Helper()
	s := newSource(id, anchor.Chain)
	s.Headers = &terms
	r.do(r.keeper, "RegisterSource", anchor.RegisterSource{Operation: r.op(), Source: s})
}

func block(b fabrictest.Block) anchor.Record {
	return must(anchor.BlockRecord("agent", anchor.FabricChain, b.Marshal(), b.Data))
}

func hashOf(b fabrictest.Block) string {
	h := b.Hash()
	return hex.EncodeToString(h[:])
}

// put seals records and answers the codes of those refused, by their place.
func (r *registry) put(source string, records ...anchor.Record) map[int]string {
	r.t.Helper()
	size := query[anchor.Log](r, "Log", anchor.SourceQuery{Source: source}).Size
	r.ops++
	codes := map[int]string{}
	for _, l := range r.seal(newBatch(fmt.Sprint("put-", r.ops)).log(source, size, records...)).Logs {
		for _, refused := range l.Refused {
			codes[refused.At] = refused.Code
		}
	}
	return codes
}

// A real chain, from the first block of a network over its configuration blocks.
func TestRealFabricChain(t *testing.T) {
	for _, name := range []string{"raft", "bft"} {
		t.Run(name, func(t *testing.T) {
			r := newRegistry(t)
			var all []anchor.Record
			for n := range 7 {
				whole := must(fabric.ParseBlock(must(os.ReadFile(fmt.Sprintf("../fabric/testdata/%s/%d.block", name, n)))))
				var data []byte
				if last, err := whole.LastConfig(); n == 0 || err == nil && last == whole.Number {
					data = whole.Envelopes[0]
				}
				all = append(all, must(anchor.BlockRecord("agent", anchor.FabricChain, whole.Marshal(), data)))
			}
			r.follow("fabric", anchor.HeaderTerms{Format: anchor.FabricChain, Start: hex.EncodeToString(all[0].Digest)})
			if refused := r.put("fabric", all...); len(refused) > 0 {
				t.Fatalf("refused %v", refused)
			}
			tip := query[anchor.ChainTip](r, "Tip", anchor.SourceQuery{Source: "fabric"})
			if tip.Height != 6 || tip.Trust != 3 || tip.Hash != hex.EncodeToString(all[6].Digest) {
				t.Errorf("tip %+v", tip)
			}
			trust := query[anchor.ChainTrust](r, "Trust", anchor.HeaderQuery{Source: "fabric", Height: 3})
			if trust.Fabric == nil || trust.Fabric.Config != 3 {
				t.Errorf("trust %+v", trust)
			}
			if refused := r.put("fabric", all...); len(refused) != 7 || refused[3] != anchor.HeaderExists.Name {
				t.Errorf("again: %v", refused)
			}
			source, record, err := anchor.ParseEntry(all[3].Entry("fabric"))
			if err != nil || source != "fabric" || len(record.Data) > 0 {
				t.Errorf("the data stands in the leaf: %d bytes, %v", len(record.Data), err)
			}
		})
	}
}

// A QBFT chain that other libraries made.
func TestQBFTChain(t *testing.T) {
	r := newRegistry(t)
	var made []struct{ Raw, Hash string }
	if err := json.Unmarshal(must(os.ReadFile("../qbft/testdata/headers.json")), &made); err != nil {
		t.Fatal(err)
	}
	var all []anchor.Record
	for _, m := range made {
		all = append(all, must(anchor.BlockRecord("agent", anchor.QBFTChain, must(hex.DecodeString(m.Raw)), nil)))
	}
	r.follow("besu", anchor.HeaderTerms{Format: anchor.QBFTChain, Start: made[1].Hash, Gaps: true})
	if refused := r.put("besu", append(all[:1:1], all[1:6]...)...); !maps.Equal(refused, map[int]string{0: anchor.HeaderUnpinned.Name}) {
		t.Fatalf("refused %v", refused)
	}
	if refused := r.put("besu", all[7], all[6], all[10]); !maps.Equal(refused, map[int]string{1: anchor.HeaderPast.Name}) {
		t.Fatalf("refused %v", refused)
	}
	tip := query[anchor.ChainTip](r, "Tip", anchor.SourceQuery{Source: "besu"})
	if tip.Height != 10 || tip.Trust != 10 || len(tip.Gaps) != 2 || tip.Gaps[0] != (anchor.Gap{From: 6, To: 6}) {
		t.Errorf("tip %+v", tip)
	}
	wrong := all[2]
	wrong.Algorithm = anchor.SHA256
	if refused := r.put("besu", wrong, header(11, "h11", "h10", "v1", "v2")); refused[0] != anchor.InvalidRecord.Name || refused[1] != anchor.KindRefused.Name {
		t.Errorf("refused %v", refused)
	}
}

// Configurations are never left out, trust follows them, and what the old nodes
// sign no longer counts.
func TestFabricConfigurations(t *testing.T) {
	r := newRegistry(t)
	chain, genesis := fabrictest.New(t, "kt", 1, false)
	r.follow("fabric", anchor.HeaderTerms{Format: anchor.FabricChain, Start: hashOf(genesis), Gaps: true})
	bare := genesis
	bare.Data = nil
	if refused := r.put("fabric", block(bare), block(genesis)); !maps.Equal(refused, map[int]string{0: anchor.ConfigMissing.Name}) {
		t.Fatalf("refused %v", refused)
	}
	one := chain.Next(t, []byte("tx"))
	old := chain.Copy()
	config := chain.Reconfigure(t, func(c *fabrictest.Chain) { c.Replace(t, 3) })
	after := chain.Next(t, []byte("tx"))
	last := chain.Next(t, []byte("tx"))
	bare = config
	bare.Data = nil
	refused := r.put("fabric", block(one), block(after), block(bare), block(config), block(last))
	if !maps.Equal(refused, map[int]string{1: anchor.ConfigSkipped.Name, 2: anchor.ConfigMissing.Name}) {
		t.Fatalf("refused %v", refused)
	}
	tip := query[anchor.ChainTip](r, "Tip", anchor.SourceQuery{Source: "fabric"})
	if tip.Height != 4 || tip.Trust != 2 || len(tip.Gaps) != 1 {
		t.Fatalf("tip %+v", tip)
	}
	// The old node signs a block behind the tip: it is nobody now.
	old.Number, old.Previous, old.Config = chain.Number, chain.Previous, chain.Config
	if refused := r.put("fabric", block(old.Next(t, []byte("evil")))); refused[0] != anchor.SignersMissing.Name {
		t.Fatalf("refused %v", refused)
	}
}

func TestFabricForks(t *testing.T) {
	for _, bft := range []bool{false, true} {
		r := newRegistry(t)
		chain, genesis := fabrictest.New(t, "kt", 4, bft)
		r.follow("fabric", anchor.HeaderTerms{Format: anchor.FabricChain, Start: hashOf(genesis)})
		all := []anchor.Record{block(genesis)}
		all = append(all, block(chain.Next(t, []byte("one"))))
		second := chain.Copy()
		all = append(all, block(chain.Next(t, []byte("two"))), block(chain.Reconfigure(t, nil)), block(chain.Next(t, []byte("four"))))
		if refused := r.put("fabric", all...); len(refused) > 0 {
			t.Fatalf("refused %v", refused)
		}
		forked := second.Next(t, []byte("another two"))
		unsigned := forked
		unsigned.Signatures = nil
		forged := forked
		forged.Signatures = append([]fabric.Signature(nil), forked.Signatures...)
		for i, s := range chain.Copy().Next(t, []byte("x")).Signatures { // of BFT's four, three are needed: two do not hold
			if i < 2 {
				forged.Signatures[i].Value = s.Value
			}
		}
		genesis2 := genesis
		genesis2.Block = fabrictest.Header0([]byte("another"))
		genesis2.Data = nil
		refused := r.put("fabric", block(unsigned), block(forged), block(genesis2), block(forked), block(forked))
		want := map[int]string{0: anchor.InvalidRecord.Name, 1: code.BadSignature.Name, 2: anchor.HeaderUnpinned.Name, 3: anchor.ForkedChain.Name, 4: anchor.ForkedChain.Name}
		want[0] = anchor.SignersMissing.Name
		if !maps.Equal(refused, want) {
			t.Fatalf("refused %v", refused)
		}
		deny := chain.Copy()
		deny.Previous = [32]byte{1}
		if refused := r.put("fabric", block(deny.Next(t, []byte("five")))); refused[0] != anchor.UntrustedChain.Name {
			t.Fatalf("refused %v", refused)
		}
		page := query[call.Page[anchor.Fork]](r, "Forks", anchor.PageQuery{Source: "fabric"})
		if len(page.Records) != 2 {
			t.Fatalf("evidence %+v", page)
		}
		f := page.Records[0].Record
		if f.Height != 2 || f.Other != hashOf(forked) || f.Known != hex.EncodeToString(all[2].Digest) ||
			f.Evidence != base64.StdEncoding.EncodeToString(block(forked).Body) {
			t.Errorf("evidence %+v", f)
		}
		if tip := query[anchor.ChainTip](r, "Tip", anchor.SourceQuery{Source: "fabric"}); tip.Forks != 2 || tip.Height != 4 || tip.Trust != 3 {
			t.Errorf("tip %+v", tip)
		}
		if refused := r.put("fabric", block(chain.Next(t, []byte("five")))); len(refused) > 0 {
			t.Errorf("the chain cannot go on: %v", refused)
		}
	}
}

func TestChainTermsAreForGood(t *testing.T) {
	r := newRegistry(t)
	_, genesis := fabrictest.New(t, "kt", 1, false)
	r.follow("fabric", anchor.HeaderTerms{Format: anchor.FabricChain, Start: hashOf(genesis)})
	for name, terms := range map[string]anchor.HeaderTerms{
		"another start":  {Format: anchor.FabricChain, Start: strings.Repeat("0", 64)},
		"another format": {Format: anchor.QBFTChain, Start: hashOf(genesis)},
	} {
		s := newSource("fabric", anchor.Chain)
		s.Headers, s.Version = &terms, 2
		t.Run(name, func(t *testing.T) {
			r.refuses(t, anchor.SourceState, r.keeper, "ChangeSource", must(json.Marshal(anchor.ChangeSource{Operation: r.op(), Source: s})))
		})
	}
	s := newSource("fabric", anchor.Chain)
	s.Headers, s.Version = &anchor.HeaderTerms{Format: anchor.FabricChain, Start: hashOf(genesis), Gaps: true}, 2
	r.do(r.keeper, "ChangeSource", anchor.ChangeSource{Operation: r.op(), Source: s})
}

// Whatever of a chain comes in whatever order, however often, with seals lost on
// the way: the log holds a beginning of the one chain, each header once, and the
// tip and trust are those of its last one.
func TestHeadersMakeOneChain(t *testing.T) {
	chain, genesis := fabrictest.New(t, "kt", 1, false)
	blocks := []fabrictest.Block{genesis}
	trust := []int64{0}
	for n := int64(1); n <= 8; n++ {
		if n%3 == 0 {
			blocks, trust = append(blocks, chain.Reconfigure(t, func(c *fabrictest.Chain) { c.Replace(t, 1) })), append(trust, n)
		} else {
			blocks, trust = append(blocks, chain.Next(t, []byte(fmt.Sprint(n)))), append(trust, trust[n-1])
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		r := newRegistry(t)
		r.follow("fabric", anchor.HeaderTerms{Format: anchor.FabricChain, Start: hashOf(genesis)})
		next := 0 // height that the log needs
		for i := range rapid.IntRange(1, 12).Draw(t, "seals") {
			var records []anchor.Record
			expect := next
			for range rapid.IntRange(1, 5).Draw(t, "records") {
				at := min(max(0, expect+rapid.SampledFrom([]int{0, 0, 0, 0, -1, -2, 1, 2}).Draw(t, "off")), len(blocks)-1)
				b := blocks[at]
				if rapid.IntRange(0, 5).Draw(t, "changed") == 0 && at > 0 {
					b.Signatures = append([]fabric.Signature(nil), b.Signatures...)
					b.Value = append([]byte(nil), b.Value...)
					b.Signatures[0].Value = blocks[at%8+1].Signatures[0].Value
					if at%8+1 == at {
						continue
					}
				} else if at == expect {
					expect++
				}
				records = append(records, block(b))
			}
			if len(records) == 0 {
				continue
			}
			size := query[anchor.Log](r, "Log", anchor.SourceQuery{Source: "fabric"}).Size
			e, err := r.net.Endorse(r.courier, cc, "Seal", newBatch(fmt.Sprint("b-", i)).log("fabric", size, records...).args("sealer")...)
			if err != nil {
				t.Fatal(err)
			}
			if rapid.IntRange(0, 3).Draw(t, "lost") == 0 {
				continue
			}
			r.net.Commit(e)
			next = expect
		}
		log := query[anchor.Log](r, "Log", anchor.SourceQuery{Source: "fabric"})
		if log.Size != uint64(next) {
			t.Fatalf("%d headers in the log, %d were sent in order", log.Size, next)
		}
		if next == 0 {
			return
		}
		var want []anchor.Record
		for _, b := range blocks[:next] {
			want = append(want, block(b))
		}
		if m := model("fabric", want...); string(m.Root) != string(log.Root) {
			t.Fatalf("another log than that of the first %d blocks", next)
		}
		tip := query[anchor.ChainTip](r, "Tip", anchor.SourceQuery{Source: "fabric"})
		if tip.Height != int64(next-1) || tip.Hash != hashOf(blocks[next-1]) || tip.Trust != trust[next-1] || tip.Forks != 0 {
			t.Fatalf("tip %+v after %d headers", tip, next)
		}
	})
}
