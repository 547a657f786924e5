// SPDX-License-Identifier: Apache-2.0

package witness_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/anchortest"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
	"github.com/komsco/trust-platform/gateway/internal/witness"
	"github.com/komsco/trust-platform/gateway/receipt"
)

// lab is a log of 1, 4 and 9 records with a witness of the city's.
type lab struct {
	t       *testing.T
	ledger  *anchortest.Ledger
	sealer  *sealer.Sealer
	witness *witness.Witness
	dir     string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, ledger: anchortest.New(t), dir: t.TempDir()}
	key := anchortest.Key("sealer")
	l.ledger.Register(t, "docs", anchor.Documents, key)
	var err error
	l.sealer, err = sealer.Open(sealer.Options{Dir: t.TempDir(), Place: anchortest.Place, Key: key, Interval: time.Millisecond}, l.ledger)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.sealer.Close() })
	require.Eventually(t, func() bool {
		_, err := l.sealer.Store().Source(t.Context(), "docs")
		return err == nil
	}, 10*time.Second, time.Millisecond)
	for i, n := range []int{1, 3, 5} {
		var records []anchor.Record
		for k := range n {
			r := anchortest.Deposit(fmt.Sprint(i, ".", k))
			records = append(records, r)
		}
		_, err := l.sealer.Submit(t.Context(), "docs", records)
		require.NoError(t, err)
		_, err = l.sealer.Await(t.Context(), "docs", records...)
		require.NoError(t, err)
	}
	l.restart()
	return l
}

func (l *lab) restart() {
	l.t.Helper()
	var err error
	l.witness, err = witness.New("city.example", anchortest.Key("witness"), l.dir, anchortest.Place, l.ledger)
	require.NoError(l.t, err)
}

func (l *lab) signed(size uint64) []byte {
	l.t.Helper()
	_, signed, err := l.sealer.Checkpoint(l.t.Context(), "docs", size)
	require.NoError(l.t, err)
	return signed
}

func (l *lab) proof(from, to uint64) [][32]byte {
	l.t.Helper()
	hashes, err := l.sealer.Consistency(l.t.Context(), "docs", from, to)
	require.NoError(l.t, err)
	return hashes
}

func (l *lab) add(old uint64, proof [][32]byte, signed []byte) ([]byte, error) {
	return l.witness.Add(l.t.Context(), witness.Request(old, proof, signed))
}

func TestCosigns(t *testing.T) {
	l := newLab(t)
	vkey, err := l.sealer.LogKey("docs")
	require.NoError(t, err)
	policy, err := receipt.ParsePolicy([]byte("log " + vkey + "\nwitness city " + l.witness.Key() + "\nquorum city"))
	require.NoError(t, err)
	for _, step := range [][2]uint64{{0, 1}, {1, 4}, {4, 4}, {4, 9}} {
		signed := l.signed(step[1])
		lines, err := l.add(step[0], l.proof(step[0], step[1]), signed)
		require.NoError(t, err)
		c, _, seen, err := receipt.Open(append(bytes.Clone(signed), lines...), policy)
		require.NoError(t, err)
		require.Equal(t, step[1], c.Size)
		require.Len(t, seen, 1)
		require.InDelta(t, time.Now().Unix(), seen[0].Time, 60)
		l.restart()
	}
	// What is not ours agrees.
	theirs, err := torchwood.ParsePolicy([]byte("log " + vkey + "\nwitness city " + l.witness.Key() + "\nquorum city"))
	require.NoError(t, err)
	lines, err := l.add(9, nil, l.signed(9))
	require.NoError(t, err)
	_, _, err = torchwood.VerifyCheckpoint(append(l.signed(9), lines...), theirs)
	require.NoError(t, err)
}

func TestRefuses(t *testing.T) {
	l := newLab(t)
	_, err := l.add(0, nil, l.signed(4))
	require.NoError(t, err)

	var conflict *witness.ConflictError
	_, err = l.add(0, nil, l.signed(9))
	require.ErrorAs(t, err, &conflict)
	require.EqualValues(t, 4, conflict.Size)
	_, err = l.add(1, l.proof(1, 9), l.signed(9))
	require.ErrorAs(t, err, &conflict)
	_, err = l.add(4, nil, l.signed(1))
	require.ErrorIs(t, err, witness.ErrMalformed, "a log that shrinks")
	_, err = l.add(4, l.proof(1, 9), l.signed(9))
	require.ErrorIs(t, err, witness.ErrInconsistent)
	_, err = l.add(4, nil, l.signed(9))
	require.ErrorIs(t, err, witness.ErrInconsistent)

	// A log's key that shows somebody another tree than the ledger has.
	signer := noteSigner(t, "docs", "sealer")
	c, _, err := l.sealer.Checkpoint(t.Context(), "docs", 9)
	require.NoError(t, err)
	for name, change := range map[string]func(*receipt.Checkpoint){
		"another time":        func(c *receipt.Checkpoint) { c.Time = c.Time.Add(time.Second) },
		"another transaction": func(c *receipt.Checkpoint) { c.Tx = strings.Repeat("0", 64) },
	} {
		other := c
		change(&other)
		signed, err := other.Sign(signer)
		require.NoError(t, err)
		_, err = l.add(4, l.proof(4, 9), signed)
		require.ErrorIs(t, err, witness.ErrNotHeld, name)
	}
	other := c
	other.Root[3] ^= 1
	signed, err := other.Sign(signer)
	require.NoError(t, err)
	_, err = l.add(4, l.proof(4, 9), signed)
	require.ErrorIs(t, err, witness.ErrInconsistent)
	fork, _, err := l.sealer.Checkpoint(t.Context(), "docs", 4)
	require.NoError(t, err)
	fork.Root[3] ^= 1
	signed, err = fork.Sign(signer)
	require.NoError(t, err)
	_, err = l.add(4, nil, signed)
	require.ErrorAs(t, err, &conflict)

	signed, err = c.Sign(noteSigner(t, "docs", "another key"))
	require.NoError(t, err)
	_, err = l.add(4, l.proof(4, 9), signed)
	require.ErrorIs(t, err, witness.ErrNotSigned)
	elsewhere := c
	elsewhere.Origin = "other/trust/anchor/docs"
	signed, err = elsewhere.Sign(signer)
	require.NoError(t, err)
	_, err = l.add(4, l.proof(4, 9), signed)
	require.ErrorIs(t, err, witness.ErrUnknownLog)
	for _, body := range []string{"", "old 4", "old 04\n\n", "old -1\n\n", "old 4\nxx\n\n", "new 4\n\n", "old 4\n\nnot a note"} {
		_, err := l.witness.Add(t.Context(), []byte(body))
		require.Error(t, err, body)
	}
	// After all of it, the honest checkpoint is cosigned.
	_, err = l.add(4, l.proof(4, 9), l.signed(9))
	require.NoError(t, err)
}

// Without its memory a witness cosigns nothing of that log.
func TestDamagedMemory(t *testing.T) {
	l := newLab(t)
	_, err := l.add(0, nil, l.signed(4))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(l.dir, "docs.json"), []byte("{"), 0o600))
	_, err = l.add(4, l.proof(4, 9), l.signed(9))
	require.ErrorContains(t, err, "damaged")
}

func TestHTTP(t *testing.T) {
	l := newLab(t)
	server := httptest.NewServer(l.witness)
	defer server.Close()
	post := func(body []byte) (int, string, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, bytes.NewReader(body))
		require.NoError(t, err)
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, res.Header.Get("Content-Type"), string(raw)
	}
	status, _, lines := post(witness.Request(0, nil, l.signed(4)))
	require.Equal(t, http.StatusOK, status, lines)
	require.True(t, strings.HasPrefix(lines, "— city.example "), lines)
	status, media, size := post(witness.Request(0, nil, l.signed(9)))
	require.Equal(t, http.StatusConflict, status)
	require.Equal(t, "text/x.tlog.size", media)
	require.Equal(t, "4\n", size)
	status, _, _ = post(witness.Request(4, nil, l.signed(9)))
	require.Equal(t, http.StatusUnprocessableEntity, status)
	status, _, _ = post([]byte("nonsense"))
	require.Equal(t, http.StatusBadRequest, status)
	status, _, _ = post(make([]byte, witness.MaxRequest+1))
	require.Equal(t, http.StatusBadRequest, status)
}

func noteSigner(t *testing.T, source, name string) note.Signer {
	t.Helper()
	signer, err := receipt.NewLogSigner(anchor.Origin(anchortest.Place, source), anchortest.Key(name))
	require.NoError(t, err)
	return signer
}

func FuzzAdd(f *testing.F) {
	f.Add([]byte("old 4\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\norigin\n4\nroot\n\n— x y\n"))
	w, err := witness.New("city.example", anchortest.Key("witness"), f.TempDir(), anchortest.Place, anchortest.New(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := w.Add(context.Background(), body); err == nil {
			t.Fatal("cosigned a log that is not there")
		}
	})
}
