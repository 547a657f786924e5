// SPDX-License-Identifier: Apache-2.0

package tlog_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"
	fnote "github.com/transparency-dev/formats/note"
	fwitness "github.com/transparency-dev/formats/witness"
	httpclient "github.com/transparency-dev/witness/client/http"
	"github.com/transparency-dev/witness/persistence/inmemory"
	"github.com/transparency-dev/witness/witness"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/anchortest"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
	ours "github.com/komsco/trust-platform/gateway/internal/witness"
	"github.com/komsco/trust-platform/gateway/receipt"
)

var origin = anchor.Origin(anchortest.Place, "docs")

// omni is transparency-dev's witness over HTTP, trusting our log's key.
func omni(t *testing.T) sealer.Witness {
	t.Helper()
	key := anchortest.Key("omni")
	plain := must(note.NewEd25519VerifierKey("omni.example", key.Public().(ed25519.PublicKey)))
	id := strings.Split(plain, "+")[1]
	signer, err := fnote.NewSignerForCosignatureV1("PRIVATE+KEY+omni.example+" + id + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, key.Seed()...)))
	require.NoError(t, err)
	logKey := must(note.NewEd25519VerifierKey(origin, anchortest.Key("sealer").Public().(ed25519.PublicKey)))
	w, err := witness.New(t.Context(), witness.Opts{
		Persistence: inmemory.New(), Signers: []note.Signer{signer},
		VerifierForLog: func(_ context.Context, of string) (note.Verifier, bool, error) {
			v, err := note.NewVerifier(logKey)
			return v, of == origin, err
		},
	})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", witness.NewHTTPHandler(w).AddCheckpoint)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return sealer.Witness{URL: server.URL, Key: must(fnote.VKeyToCosignatureV1(plain))}
}

// Transparency-dev's witness cosigns our checkpoints as the log grows, and receipts
// at what it cosigned verify by our code and by torchwood's under a policy that
// names it.
func TestTheirWitnessCosigns(t *testing.T) {
	w := omni(t)
	p := newPlace(t, w)
	text := "log " + p.logKey() + "\nwitness omni " + w.Key + "\nquorum omni"
	policy, err := receipt.ParsePolicy([]byte(text))
	require.NoError(t, err)
	torch, err := torchwood.ParsePolicy([]byte(text))
	require.NoError(t, err)
	for _, more := range []int{1, 6, 300} {
		p.grow(more)
		last := uint64(p.count - 1)
		var r receipt.Receipt
		require.Eventually(t, func() bool {
			if r, err = p.sealer.Receipt(t.Context(), "docs", last); err == nil {
				_, err = receipt.Verify(r, policy)
			}
			return err == nil
		}, 10*time.Second, 5*time.Millisecond)
		require.NoError(t, torchwood.VerifyProof(torch, tlog.RecordHash(r.Entry), r.Marshal()))
	}
}

// Transparency-dev's client asks our witness, which answers as its own does: it
// cosigns what the ledger holds, tells the size it cosigned last, and refuses proofs
// that do not hold and logs that are none of its ledger's.
func TestTheirClientAsksOurWitness(t *testing.T) {
	p := newPlace(t)
	p.grow(4)
	small := checkpoint(p, 4)
	p.grow(5)
	large := checkpoint(p, 9)
	w, err := ours.New("city.example", anchortest.Key("city"), t.TempDir(), anchortest.Place, p.ledger)
	require.NoError(t, err)
	server := httptest.NewServer(w)
	defer server.Close()
	at, err := url.Parse(server.URL)
	require.NoError(t, err)
	ask := httpclient.NewWitness(at, server.Client())
	hashes, err := p.sealer.Consistency(t.Context(), "docs", 4, 9)
	require.NoError(t, err)
	path := make([][]byte, len(hashes))
	for i := range hashes {
		path[i] = hashes[i][:]
	}

	lines, _, err := ask.Update(t.Context(), 0, small, nil)
	require.NoError(t, err)
	group, err := fwitness.ParsePolicy([]byte("log " + p.logKey() + "\nwitness city " + w.Key() + " " + server.URL + "\nquorum city"))
	require.NoError(t, err)
	require.True(t, group.Satisfied(append(bytes.Clone(small), lines...)), "its policy takes our witness's cosignature")
	require.False(t, group.Satisfied(small))
	require.False(t, group.Satisfied(append(bytes.Clone(large), lines...)), "a cosignature of another checkpoint")

	_, size, err := ask.Update(t.Context(), 0, large, nil)
	require.ErrorIs(t, err, witness.ErrCheckpointStale)
	require.EqualValues(t, 4, size)
	_, _, err = ask.Update(t.Context(), 4, large, path[1:])
	require.ErrorIs(t, err, witness.ErrInvalidProof)
	lines, _, err = ask.Update(t.Context(), 4, large, path)
	require.NoError(t, err)
	require.True(t, group.Satisfied(append(bytes.Clone(large), lines...)))
	_, _, err = ask.Update(t.Context(), 0, []byte(strings.Replace(string(large), "/docs", "/none", 1)), nil)
	require.ErrorIs(t, err, witness.ErrUnknownLog)
	forged := bytes.Replace(large, []byte("\n9\n"), []byte("\n8\n"), 1)
	_, _, err = ask.Update(t.Context(), 9, forged, nil)
	require.ErrorIs(t, err, witness.ErrNoValidSignature)
}

func checkpoint(p *place, size uint64) []byte {
	p.t.Helper()
	_, signed, err := p.sealer.Checkpoint(p.t.Context(), "docs", size)
	require.NoError(p.t, err)
	return signed
}
