// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway"
	anchored "github.com/komsco/trust-platform/gateway/receipt"
)

// Workloads of anchoring.
const (
	AnchorHTTP   = "anchor-http"
	AnchorSDK    = "anchor-sdk"
	AnchorVerify = "anchor-verify"
)

// Who keeps the bench's sources.
const (
	keeperOrg  = "CityMSP"
	keeperName = "keeper"
)

// httpSources are the sources that are sent to through the API, one of each of the
// sealer's two lanes.
var httpSources = []string{"bench-http", "bench-http-0"}

// anchorStreams are connections that send records at once; sealLogs are logs that
// are sealed at once by SDK, each with one seal in flight; sealRecords is how many
// records a seal has, which just fit into its 2 MB.
const (
	anchorStreams = 4
	sealLogs      = 2
	sealRecords   = 40_000
)

// digests are digests that never come again.
var digests atomic.Uint64

func nextDigest() [sha256.Size]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, digests.Add(1)))
}

func countLeaves(w window) int { return w.Leaves }

// leavesOf counts the records that a seal took into logs, by its answer.
func leavesOf(answer []byte) int {
	var s anchor.Sealed
	if json.Unmarshal(answer, &s) != nil {
		return 0
	}
	n := 0
	for _, l := range s.Logs {
		n += int(l.Size - l.From) //nolint:gosec // bounded by a seal's records
	}
	return n
}

// anchorHTTP streams digests as NDJSON to the gateway, which seals them.
func anchorHTTP(ctx context.Context, s *stage) (*Measure, error) {
	for _, source := range httpSources {
		var offered struct{ Sealer, LogKey string }
		if err := s.anchorGet(ctx, "/v1/sources/"+source, &offered); err != nil {
			return nil, err
		}
		if err := s.register(ctx, anchor.Source{ID: source, Sealer: offered.Sealer, LogKey: offered.LogKey}); err != nil {
			return nil, err
		}
	}
	var answered atomic.Int64
	m, err := s.measure(ctx, "anchor", countLeaves, func(ctx, stop context.Context, t *tally) error {
		errs := make([]error, anchorStreams)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = s.anchorStream(ctx, stop, httpSources[i%len(httpSources)], &answered) })
		}
		wg.Wait()
		return errors.Join(errs...)
	})
	if err != nil {
		return nil, err
	}
	m.Note = fmt.Sprintf("%d streams to %d sources, %d records answered on disk", anchorStreams, len(httpSources), answered.Load())
	return m, s.sealedAll(ctx, answered.Load())
}

// anchorStream sends digests until stop ends, and reads every answer.
func (s *stage) anchorStream(ctx, stop context.Context, source string, answered *atomic.Int64) error {
	in, out := io.Pipe()
	go func() {
		w := bufio.NewWriterSize(out, 64<<10)
		for stop.Err() == nil {
			d := nextDigest()
			line := append(hex.AppendEncode([]byte(`{"digest":"`), d[:]), `"}`+"\n"...)
			if _, err := w.Write(line); err != nil {
				return
			}
		}
		_ = out.CloseWithError(w.Flush()) // its reader is told; nil is the end
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/v1/sources/"+source+"/records:batch", in)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		var line struct {
			Anchored *struct{ Status string }
			Problem  json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil || line.Anchored == nil {
			return fmt.Errorf("the gateway answers a record: %.300s", lines.Bytes())
		}
		answered.Add(1)
	}
	return lines.Err()
}

// sealedAll waits until the logs hold what was answered: nothing that was taken is
// lost, and nothing is in them twice.
func (s *stage) sealedAll(ctx context.Context, answered int64) error {
	s.anchored += answered
	var size int64
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		size = 0
		for _, source := range httpSources {
			var log struct{ Size int64 }
			if err := s.anchorGet(ctx, "/v1/sources/"+source, &log); err != nil {
				return err
			}
			size += log.Size
		}
		if size == s.anchored {
			return nil
		}
	}
	return fmt.Errorf("%d records were taken, the logs have %d leaves", s.anchored, size)
}

// anchorSDK seals batches that a firm made itself.
func anchorSDK(ctx context.Context, s *stage) (*Measure, error) {
	channel := s.Consortium().Channel
	contract := s.client.Anchor(channel, "anchor")
	place := anchor.Place{Network: s.Consortium().Network, Channel: channel, Chaincode: "anchor"}
	seed := sha256.Sum256([]byte("bench sealer"))
	key := ed25519.NewKeyFromSeed(seed[:])
	public := key.Public().(ed25519.PublicKey)
	sealer, kid := did.OfKey(did.Key{Alg: "EdDSA", Ed25519: public})
	signer := jws.Signer{Key: crypto.Signer(key), Kid: kid}
	sizes := make([]uint64, sealLogs)
	for i := range sizes {
		id := fmt.Sprintf("bench-sdk-%d", i)
		vkey, err := note.NewEd25519VerifierKey(anchor.Origin(place, id), public)
		if err != nil {
			return nil, err
		}
		if err := s.register(ctx, anchor.Source{ID: id, Sealer: sealer, LogKey: vkey}); err != nil {
			return nil, err
		}
		log, err := contract.Log(ctx, id)
		if err != nil {
			return nil, err
		}
		sizes[i] = log.Size
	}
	m, err := s.measure(ctx, "anchor", countLeaves, repeatUntilError(sealLogs, func(ctx context.Context, i int) error {
		id := fmt.Sprintf("bench-sdk-%d", i)
		var raw []byte
		for range sealRecords {
			d := nextDigest()
			raw = anchor.Record{Kind: anchor.Notarise, Algorithm: anchor.SHA256, Digest: d[:], Submitter: "unsigned"}.Append(raw)
		}
		seal := anchor.NewSeal(place, fmt.Sprintf("%s-%d", id, sizes[i]))
		seal.Add(id, sizes[i], raw)
		signed, err := signer.Sign(anchor.TypSeal, seal)
		if err != nil {
			return err
		}
		done, err := contract.Seal(ctx, signed, [][]byte{raw})
		if err == nil {
			sizes[i] = done.Logs[0].Size
		}
		return err
	}))
	if err == nil {
		m.Note = fmt.Sprintf("%d logs, %d records a seal", sealLogs, sealRecords)
	}
	return m, err
}

// repeatUntilError is repeat for what has to succeed.
func repeatUntilError(callers int, f func(ctx context.Context, caller int) error) load {
	return func(ctx, stop context.Context, t *tally) error {
		errs := make([]error, callers)
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				for stop.Err() == nil && errs[i] == nil {
					began := time.Now()
					errs[i] = f(ctx, i)
					t.add(began, errs[i])
				}
			})
		}
		wg.Wait()
		return errors.Join(errs...)
	}
}

// anchorVerify checks receipts of a stream's log on all cores, offline.
func anchorVerify(ctx context.Context, s *stage) (*Measure, error) {
	source := httpSources[0]
	var about struct {
		LogKey string
		Size   uint64
	}
	if err := s.anchorGet(ctx, "/v1/sources/"+source, &about); err != nil {
		return nil, err
	}
	if about.Size == 0 {
		return nil, fmt.Errorf("measure %s before: it makes the receipts", AnchorHTTP)
	}
	policy, err := anchored.ParsePolicy([]byte("log " + about.LogKey + "\nquorum none"))
	if err != nil {
		return nil, err
	}
	receipts := make([][]byte, 100)
	for i := range receipts {
		index := about.Size / uint64(len(receipts)) * uint64(i)
		if receipts[i], err = s.anchorFetch(ctx, fmt.Sprintf("/v1/sources/%s/records/%d/receipt", source, index)); err != nil {
			return nil, err
		}
	}
	var n atomic.Int64
	began := time.Now()
	err = parallel(cores(), func(int) error {
		for i := 0; time.Since(began) < boundTime; i++ {
			if _, err := anchored.Check(receipts[i%len(receipts)], policy); err != nil {
				return err
			}
			n.Add(1)
		}
		return nil
	})
	took := time.Since(began).Seconds()
	return &Measure{
		PerSecond: float64(n.Load()) / took, Items: int(n.Load()), Seconds: took,
		Note: fmt.Sprintf("%.3f ms each, a tree of %d", 1000*took*float64(cores())/float64(n.Load()), about.Size),
	}, err
}

// register registers a source unless it is there, and waits until the gateway
// knows it.
func (s *stage) register(ctx context.Context, from anchor.Source) error {
	channel := s.Consortium().Channel
	if _, err := s.client.Anchor(channel, "anchor").Source(ctx, from.ID, 0); !errors.Is(err, anchor.SourceUnknown) {
		return err
	}
	admin, err := s.Client(ctx, keeperOrg, "Admin")
	if err != nil {
		return err
	}
	user, err := s.User(keeperOrg, keeperName)
	if err != nil {
		return err
	}
	keeper, err := s.Client(ctx, keeperOrg, keeperName)
	if err != nil {
		return err
	}
	op := call.Operation{Op: "bench-" + from.ID}
	if _, err := admin.Anchor(channel, "anchor").GrantRole(ctx, call.SetRole{Operation: op, Name: user.CommonName, Role: anchor.RoleKeeper}); err != nil {
		return err
	}
	from.Kind, from.Title = anchor.Documents, "Records of the bench"
	if err := registerSource(ctx, keeper.Anchor(channel, "anchor"), op, from); err != nil {
		return err
	}
	for ctx.Err() == nil {
		var there struct{ Source *anchor.Source }
		if err := s.anchorGet(ctx, "/v1/sources/"+from.ID, &there); err != nil || there.Source != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return ctx.Err()
}

func registerSource(ctx context.Context, c *gateway.Anchor, op call.Operation, from anchor.Source) error {
	_, err := c.RegisterSource(ctx, anchor.RegisterSource{Operation: op, Source: from})
	return err
}

func (s *stage) anchorGet(ctx context.Context, path string, into any) error {
	raw, err := s.anchorFetch(ctx, path)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

func (s *stage) anchorFetch(ctx context.Context, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %.300s", path, res.Status, raw)
	}
	return raw, err
}
