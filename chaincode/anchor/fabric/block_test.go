// SPDX-License-Identifier: Apache-2.0

package fabric_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
)

// chain reads the blocks of a real network.
func chain(t testing.TB, name string) []fabric.Whole {
	t.Helper()
	var all []fabric.Whole
	for n := 0; ; n++ {
		raw, err := os.ReadFile(filepath.Join("testdata", name, fmt.Sprint(n, ".block")))
		if errors.Is(err, os.ErrNotExist) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := fabric.ParseBlock(raw)
		if err != nil {
			t.Fatalf("block %d: %v", n, err)
		}
		all = append(all, b)
	}
}

// data is what comes along with a header.
func data(t testing.TB, b fabric.Whole) []byte {
	t.Helper()
	if last, err := b.LastConfig(); err == nil && last == b.Number || b.Number == 0 {
		return b.Envelopes[0]
	}
	return nil
}

func begin(t testing.TB, b fabric.Whole) fabric.Trust {
	t.Helper()
	trust, err := fabric.Begin(b.Header, b.Envelopes[0])
	if err != nil {
		t.Fatal(err)
	}
	return trust
}

var networks = []string{"raft", "bft"}

func TestRealChain(t *testing.T) {
	for _, name := range networks {
		t.Run(name, func(t *testing.T) {
			blocks := chain(t, name)
			trust := begin(t, blocks[0])
			if trust.Channel != "kt" || trust.BFT() != (name == "bft") || len(trust.Consenters) != map[string]int{"raft": 0, "bft": 4}[name] {
				t.Fatalf("trust %+v", trust)
			}
			for i, b := range blocks {
				if err := b.CheckData(b.Envelopes); err != nil {
					t.Fatal(err)
				}
				if len(b.Flags) != len(b.Envelopes) {
					t.Errorf("block %d: %d flags of %d envelopes", i, len(b.Flags), len(b.Envelopes))
				}
				again, err := fabric.Parse(b.Marshal())
				if err != nil || !bytes.Equal(again.Marshal(), b.Marshal()) {
					t.Fatalf("block %d: %v", i, err)
				}
				if i == 0 {
					continue
				}
				if before := blocks[i-1].Hash(); !bytes.Equal(before[:], b.Previous) {
					t.Fatalf("block %d states %x, the header before hashes to %x", i, b.Previous, before)
				}
				signers, err := trust.Check(b.Block)
				if err != nil {
					t.Fatalf("block %d: %v", i, err)
				}
				if want := map[string]int{"raft": 1, "bft": trust.Quorum()}[name]; len(signers) < want || signers[0].MSP != "OrdererMSP" {
					t.Errorf("block %d: signers %v", i, signers)
				}
				if trust, err = trust.Next(b.Block, data(t, b)); err != nil {
					t.Fatalf("block %d: %v", i, err)
				}
			}
			if trust.Config != 3 || name == "raft" && len(trust.Orgs[0].Roots) != 2 {
				t.Errorf("configuration %d, %d organisations", trust.Config, len(trust.Orgs))
			}
		})
	}
}

// No bit of a header can change and still count: each is covered by a signature, or
// the header has one spelling.
func TestFlippedBits(t *testing.T) {
	for _, name := range networks {
		t.Run(name, func(t *testing.T) {
			blocks := chain(t, name)
			trust, b := begin(t, blocks[0]), blocks[2]
			raw := b.Marshal()
			step := 1
			if testing.Short() {
				step = 7
			}
			for bit := 0; bit < len(raw)*8; bit += step {
				flipped := bytes.Clone(raw)
				flipped[bit/8] ^= 1 << (bit % 8)
				got, err := fabric.Parse(flipped)
				if err == nil {
					_, err = trust.Check(got)
				}
				if err == nil {
					t.Fatalf("bit %d of %d counts", bit, len(raw)*8)
				}
			}
			config := data(t, b)
			for bit := 0; bit < len(config)*8; bit += 997 {
				flipped := bytes.Clone(config)
				flipped[bit/8] ^= 1 << (bit % 8)
				if _, err := trust.Next(b.Block, flipped); !errors.Is(err, fabric.ErrMalformed) {
					t.Fatalf("bit %d of the configuration: %v", bit, err)
				}
			}
		})
	}
}

func TestRefused(t *testing.T) {
	raft, bft := chain(t, "raft"), chain(t, "bft")
	for _, tc := range []struct {
		name   string
		blocks []fabric.Whole
		at     int
		change func(*fabric.Block)
		want   error
	}{
		{"no signature", raft, 4, func(b *fabric.Block) { b.Signatures = nil }, fabric.ErrUnsigned},
		{"one twice", raft, 4, func(b *fabric.Block) { b.Signatures = append(b.Signatures, b.Signatures[0]) }, fabric.ErrUnsigned},
		{"of another block", raft, 4, func(b *fabric.Block) { b.Signatures[0] = raft[5].Signatures[0] }, fabric.ErrForged},
		{"of another network", raft, 4, func(b *fabric.Block) { *b = bft[4].Block }, fabric.ErrUnsigned},
		{"another height", raft, 4, func(b *fabric.Block) { b.Number++ }, fabric.ErrForged},
		{"another hash before", raft, 4, func(b *fabric.Block) { b.Previous = b.Data }, fabric.ErrForged},
		{"an unknown configuration", raft, 4, func(b *fabric.Block) { b.Value = []byte{0x0a, 0x02, 0x08, 0x01} }, fabric.ErrConfig},
		{"no configuration", raft, 4, func(b *fabric.Block) { b.Value = nil }, fabric.ErrMalformed},
		{"a later configuration", raft, 4, func(b *fabric.Block) { b.Value = []byte{0x0a, 0x02, 0x08, 0x09} }, fabric.ErrMalformed},
		{"nobody named", raft, 4, func(b *fabric.Block) { b.Signatures[0].Creator = nil }, fabric.ErrMalformed},
		{"named twice", bft, 4, func(b *fabric.Block) { b.Signatures[0].Creator = raft[4].Signatures[0].Creator }, fabric.ErrMalformed},
		{"two of four consenters", bft, 4, func(b *fabric.Block) { b.Signatures = b.Signatures[:2] }, fabric.ErrUnsigned},
		{"a stranger among consenters", bft, 4, func(b *fabric.Block) { b.Signatures[0].Consenter = []byte{0x08, 0x09} }, fabric.ErrUnsigned},
		{"another consenter's signature", bft, 4, func(b *fabric.Block) { b.Signatures[0].Value = b.Signatures[1].Value }, fabric.ErrForged},
	} {
		t.Run(tc.name, func(t *testing.T) {
			trust := begin(t, tc.blocks[3])
			b := tc.blocks[tc.at].Block
			b.Signatures = append([]fabric.Signature(nil), b.Signatures...)
			tc.change(&b)
			if _, err := trust.Check(b); !errors.Is(err, tc.want) {
				t.Errorf("expected %q, got %v", tc.want, err)
			}
		})
	}
}

func TestConfigurationFollows(t *testing.T) {
	blocks := chain(t, "raft")
	trust := begin(t, blocks[0])
	if _, err := trust.Check(blocks[4].Block); !errors.Is(err, fabric.ErrConfig) {
		t.Errorf("a block behind two configurations that were left out: %v", err)
	}
	if _, err := trust.Next(blocks[2].Block, nil); !errors.Is(err, fabric.ErrNoData) {
		t.Errorf("a configuration block without its data: %v", err)
	}
	if _, err := trust.Next(blocks[2].Block, blocks[3].Envelopes[0]); !errors.Is(err, fabric.ErrMalformed) {
		t.Errorf("another block's configuration: %v", err)
	}
	if _, err := begin(t, blocks[3]).Next(blocks[4].Block, blocks[4].Envelopes[0]); !errors.Is(err, fabric.ErrMalformed) {
		t.Errorf("data that is not needed: %v", err)
	}
	if _, err := fabric.ReadTrust(4, blocks[4].Envelopes[0]); !errors.Is(err, fabric.ErrMalformed) {
		t.Errorf("a transaction for a configuration: %v", err)
	}
	other := trust
	other.Channel = "another"
	if _, err := other.Next(blocks[2].Block, blocks[2].Envelopes[0]); !errors.Is(err, fabric.ErrMalformed) {
		t.Errorf("another channel's configuration: %v", err)
	}
}

func TestQuorum(t *testing.T) {
	for n, want := range map[int]int{1: 1, 2: 2, 3: 2, 4: 3, 5: 4, 6: 4, 7: 5, 10: 7} {
		if got := (fabric.Trust{Consenters: make([]fabric.Consenter, n)}).Quorum(); got != want {
			t.Errorf("%d consenters: quorum %d, expected %d", n, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range networks {
		for _, b := range chain(f, name) {
			f.Add(b.Marshal())
		}
	}
	trust := begin(f, chain(f, "raft")[3])
	known := map[string]bool{}
	for _, b := range chain(f, "raft") {
		known[string(b.Marshal())] = true
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := fabric.Parse(raw)
		if err != nil {
			if !errors.Is(err, fabric.ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(b.Marshal(), raw) {
			t.Fatal("two spellings")
		}
		if _, err := trust.Check(b); err == nil && !known[string(raw)] {
			t.Fatal("a header that was never signed counts")
		}
	})
}

func FuzzReadTrust(f *testing.F) {
	for _, name := range networks {
		f.Add(chain(f, name)[0].Envelopes[0])
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := fabric.ReadTrust(0, raw); err != nil && !errors.Is(err, fabric.ErrMalformed) {
			t.Fatal(err)
		}
	})
}

// Whatever stands for a signature, or for who made it, no header counts but with
// what was really signed.
func FuzzSignature(f *testing.F) {
	blocks := chain(f, "raft")
	trust, b := begin(f, blocks[3]), blocks[4].Block
	real := b.Signatures[0]
	f.Add(real.Value, real.Creator)
	f.Add(blocks[5].Signatures[0].Value, real.Creator)
	f.Add(real.Value, blocks[5].Signatures[0].Creator)
	f.Add([]byte{0x30, 6, 2, 1, 1, 2, 1, 1}, real.Creator)
	f.Add([]byte{0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0}, real.Creator)
	f.Fuzz(func(t *testing.T, value, creator []byte) {
		b.Signatures = []fabric.Signature{{Creator: creator, Value: value}}
		_, err := trust.Check(b)
		switch {
		case err == nil:
			if !bytes.Equal(value, real.Value) || !bytes.Equal(creator, real.Creator) {
				t.Fatal("a header counts with another signature than was made")
			}
		case !errors.Is(err, fabric.ErrForged) && !errors.Is(err, fabric.ErrUnsigned) && !errors.Is(err, fabric.ErrMalformed):
			t.Fatal(err)
		}
	})
}

// A whole block reads as one thing: what is kept of it reads alike again.
func FuzzParseBlock(f *testing.F) {
	for _, name := range networks {
		for n := range 7 {
			raw, err := os.ReadFile(filepath.Join("testdata", name, fmt.Sprint(n, ".block")))
			if err != nil {
				f.Fatal(err)
			}
			if len(raw) < 8<<10 { // configurations are long; FuzzReadTrust has them
				f.Add(raw)
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		w, err := fabric.ParseBlock(raw)
		if err != nil {
			if !errors.Is(err, fabric.ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		again, err := fabric.Parse(w.Marshal())
		if err != nil || again.Hash() != w.Hash() || !bytes.Equal(again.Marshal(), w.Marshal()) {
			t.Fatalf("the header of a block that was read does not read again: %v", err)
		}
		_, _, _ = w.CheckData(w.Envelopes), w.Signers(), fabric.TransactionIDs(w.Envelopes)
		for _, e := range w.Envelopes {
			if tx, err := fabric.ReadTransaction(e); err == nil {
				_, _ = tx.Endorsers(nil)
			} else if !errors.Is(err, fabric.ErrMalformed) {
				t.Fatal(err)
			}
		}
	})
}
