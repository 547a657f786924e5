// SPDX-License-Identifier: Apache-2.0

//go:build e2e

// Package cases_test plays the platform's cases on a real network through its
// public API, each with its own numbers.
package cases_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/network"
	testnetwork "github.com/komsco/trust-platform/test-network"
	"github.com/komsco/trust-platform/test-network/networktest"
	"github.com/komsco/trust-platform/test-network/platform"
)

// TestAnchoring plays the cases of anchoring on one network, then has another
// organisation rebuild all logs from its own blocks.
func TestAnchoring(t *testing.T) {
	o := platform.Options{Options: testnetwork.Options{
		Dir: filepath.Join(t.TempDir(), "network"), BasePort: networktest.FreeBasePort(t), Progress: os.Stderr,
	}}
	o.GatewayPort, o.VerifyPage = o.BasePort+network.PortSpan-1, true
	networktest.StopAtEnd(t, o.Dir)
	p, err := platform.Up(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	r := &registry{t: t, p: p, place: anchor.Place{Network: p.Consortium().Network, Channel: p.Consortium().Channel, Chaincode: "anchor"}}
	r.trustctl = filepath.Join(t.TempDir(), "trustctl")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", r.trustctl, "../../gateway/cmd/trustctl").CombinedOutput()
	require.NoError(t, err, string(out))

	t.Run("Case03KomscoAnchorsAnotherChain", r.case03)
	t.Run("Case03KomscoFollowsAnotherFabricChain", r.case03Follow)
	t.Run("Case13CardSlipImages", r.case13)
	t.Run("Case13DocumentArchive", r.case13archive)
	t.Run("Case15ResearchBudget", r.case15)
	t.Run("Case16LivestockHistory", r.case16)
	t.Run("Case17Notarisation", r.case17)
	t.Run("EveryOrganisationRebuildsTheLogs", r.rebuild)
	t.Run("AnotherOrganisationWitnesses", func(t *testing.T) { r.witnessed(t, o) })
}

// registry is the city's keeper and everybody who uses the API.
type registry struct {
	t        *testing.T
	p        *platform.Platform
	place    anchor.Place
	trustctl string
	ops      int
}

// party signs with a key of its own, as an app would.
type party struct {
	jws.Signer
	DID string
}

func newParty(name string) party {
	seed := sha256.Sum256([]byte(name))
	key := ed25519.NewKeyFromSeed(seed[:])
	d, kid := did.OfKey(did.Key{Alg: "EdDSA", Ed25519: key.Public().(ed25519.PublicKey)})
	return party{jws.Signer{Key: key, Kid: kid}, d}
}

func (r *registry) op() call.Operation {
	r.ops++
	return call.Operation{Op: fmt.Sprint("case-", r.ops)}
}

// register registers a source of the city, granted to the gateway's sealer.
func (r *registry) register(t *testing.T, s anchor.Source) {
	t.Helper()
	channel := r.p.Consortium().Channel
	admin, err := r.p.Client(t.Context(), "CityMSP", "Admin")
	require.NoError(t, err)
	user, err := r.p.User("CityMSP", "keeper")
	require.NoError(t, err)
	_, err = admin.Anchor(channel, "anchor").GrantRole(t.Context(), call.SetRole{Operation: r.op(), Name: user.CommonName, Role: anchor.RoleKeeper})
	require.NoError(t, err)
	offered := get[struct{ Sealer, LogKey string }](t, r, "/v1/sources/"+s.ID)
	s.Sealer, s.LogKey, s.Cadence = offered.Sealer, offered.LogKey, 60
	keeper, err := r.p.Client(t.Context(), "CityMSP", "keeper")
	require.NoError(t, err)
	_, err = keeper.Anchor(channel, "anchor").RegisterSource(t.Context(), anchor.RegisterSource{Operation: r.op(), Source: s})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return get[struct{ Source *anchor.Source }](t, r, "/v1/sources/"+s.ID).Source != nil
	}, 30*time.Second, 20*time.Millisecond, "the gateway has seen the block")
}

func (r *registry) fetch(ctx context.Context, method, path, media string, body io.Reader) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, r.p.URL+path, body)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", media)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return res.StatusCode, raw, err
}

func get[T any](t *testing.T, r *registry, path string) T {
	t.Helper()
	status, raw, err := r.fetch(t.Context(), http.MethodGet, path, "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, string(raw))
	var v T
	require.NoError(t, json.Unmarshal(raw, &v), string(raw))
	return v
}

// anchored is the API's answer to a submission.
type anchored struct {
	Status                any // of a problem, a number
	Digest, Receipt, Code string
	Index                 uint64
}

// submit anchors a record and waits until it is sealed.
func (r *registry) submit(t *testing.T, source string, submission map[string]any) (int, anchored) {
	t.Helper()
	body, err := json.Marshal(submission)
	require.NoError(t, err)
	status, raw, err := r.fetch(t.Context(), http.MethodPost, "/v1/sources/"+source+"/records", "application/json", bytes.NewReader(body))
	require.NoError(t, err)
	var a anchored
	require.NoError(t, json.Unmarshal(raw, &a), string(raw))
	return status, a
}

func (r *registry) sealed(t *testing.T, source string, submission map[string]any) anchored {
	t.Helper()
	status, a := r.submit(t, source, submission)
	require.Equal(t, http.StatusCreated, status, "%+v", a)
	require.Equal(t, "sealed", a.Status)
	return a
}

// policy is a file that trusts the key which the ledger names for a source.
func (r *registry) policy(t *testing.T, source string) string {
	t.Helper()
	c, err := r.p.Client(t.Context(), "BankMSP", "auditor")
	require.NoError(t, err)
	s, err := c.Anchor(r.p.Consortium().Channel, "anchor").Source(t.Context(), source, 0)
	require.NoError(t, err)
	return "log " + s.LogKey + "\nquorum none\n"
}

// verify has trustctl verify a receipt and a file; it gets no network.
func (r *registry) verify(t *testing.T, source, receiptPath, content string) (string, error) {
	t.Helper()
	status, raw, err := r.fetch(t.Context(), http.MethodGet, receiptPath, "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, string(raw))
	dir := t.TempDir()
	for name, text := range map[string]string{"receipt.txt": string(raw), "file": content, "policy": r.policy(t, source)} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	policy, err := torchwood.ParsePolicy([]byte(r.policy(t, source)))
	require.NoError(t, err)
	entry, err := torchwood.ProofExtraData(raw)
	require.NoError(t, err)
	require.NoError(t, torchwood.VerifyProof(policy, tlog.RecordHash(entry), raw), "torchwood on our receipt")
	out, err := r.run(t, dir, "verify", "receipt.txt", "file", "--policy", "policy")
	// The receipt's second form gives the same verdict.
	status, raw, fetched := r.fetch(t.Context(), http.MethodGet, receiptPath+"?form=cose", "", nil)
	require.NoError(t, fetched)
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "receipt.cbor"), raw, 0o600))
	second, failed := r.run(t, dir, "verify", "receipt.cbor", "file", "--policy", "policy")
	require.Equal(t, err == nil, failed == nil, second)
	if err == nil {
		require.Equal(t, out, second)
	}
	return out, err
}

// run runs trustctl in a folder.
func (r *registry) run(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), r.trustctl, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// stepProved has a step's receipt verified offline, against what its party signed.
func (r *registry) stepProved(t *testing.T, source, body, receiptPath string, by party) {
	t.Helper()
	signed := body[:strings.LastIndexByte(body, '.')] // a step's digest is that of its signing input
	out, err := r.verify(t, source, receiptPath, signed)
	require.NoError(t, err, out)
	require.Contains(t, out, "Signed by "+by.DID)
}

// stepOf is what a step says.
func stepOf(t *testing.T, body string) anchor.StepContent {
	t.Helper()
	m, err := jws.Parse(body)
	require.NoError(t, err)
	var c anchor.StepContent
	require.NoError(t, jws.DecodeCanonical(m.Payload, &c))
	return c
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// case03: another private chain's blocks are anchored under two of its three
// validators' signatures, in order; a second history is caught and kept.
func (r *registry) case03(t *testing.T) {
	validators := []party{newParty("validator 1"), newParty("validator 2"), newParty("validator 3")}
	terms := &anchor.HeaderTerms{Threshold: 2}
	for _, v := range validators {
		terms.Signers = append(terms.Signers, v.DID)
	}
	r.register(t, anchor.Source{ID: "ktoken-chain", Title: "K-token chain", Kind: anchor.Chain, Headers: terms})
	header := func(height int64, hash, previous string, by ...party) map[string]any {
		c := anchor.NewHeader(r.place, "ktoken-chain", height, digest(hash), digest(previous))
		var signed []string
		for _, v := range by {
			s, err := v.Sign(anchor.TypHeader, c)
			require.NoError(t, err)
			signed = append(signed, s)
		}
		return map[string]any{"header": signed, "submitter": "agent"}
	}
	for h := int64(1); h <= 5; h++ {
		a := r.sealed(t, "ktoken-chain", header(h, fmt.Sprint("block ", h), fmt.Sprint("block ", h-1), validators[0], validators[h%2+1]))
		require.EqualValues(t, h-1, a.Index)
	}
	for want, submission := range map[string]map[string]any{
		"SIGNERS_MISSING": header(6, "block 6", "block 5", validators[0]),
		"HEADER_GAP":      header(7, "block 7", "block 6", validators[0], validators[1]),
		"FORKED_CHAIN":    header(4, "another block 4", "block 3", validators[0], validators[2]),
		"UNTRUSTED_CHAIN": header(6, "block 6", "another block 5", validators[1], validators[2]),
	} {
		_, a := r.submit(t, "ktoken-chain", submission)
		require.Equal(t, want, a.Code)
	}
	c, err := r.p.Client(t.Context(), "BankMSP", "auditor")
	require.NoError(t, err)
	forks, err := c.Anchor(r.p.Consortium().Channel, "anchor").Forks(t.Context(), "ktoken-chain", 0, "")
	require.NoError(t, err)
	require.Len(t, forks.Records, 2, "both contradictions are kept")
	require.EqualValues(t, 4, forks.Records[0].Record.Height)
	require.Equal(t, digest("another block 4"), forks.Records[0].Record.Other)
	found := get[struct {
		Records []struct{ Receipt, Digest string }
	}](t, r, "/v1/sources/ktoken-chain/records?height=3")
	require.Len(t, found.Records, 1)
	require.Equal(t, digest("block 3"), found.Records[0].Digest)
	out, err := r.verify(t, "ktoken-chain", found.Records[0].Receipt, "block 3")
	require.NoError(t, err, out)
	require.Contains(t, out, "does not say that the transactions behind it were valid")
}

// case13: thousands of card-slip images are fingerprinted in a stream while the
// gateway is killed again and again; each is in the log once, and any can be
// proved years later.
func (r *registry) case13(t *testing.T) {
	const slips = 20_000
	r.register(t, anchor.Source{ID: "card-slips", Title: "Card-slip images", Kind: anchor.Documents})
	var acknowledged, allowed, streams atomic.Int64 // allowed: slips that the client has by now
	slip := func(i int64) string { return fmt.Sprint("image of slip ", i) }
	start := time.Now()
	done := make(chan error, 1)
	go func() {
		for acknowledged.Load() < slips {
			streams.Add(1)
			if err := r.stream(t.Context(), "card-slips", slip, &acknowledged, &allowed, slips); t.Context().Err() != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for _, part := range []int64{slips / 4, slips / 2, slips * 3 / 4} {
		allowed.Store(part)
		require.Eventually(t, func() bool { return acknowledged.Load() > part/2 }, 2*time.Minute, time.Millisecond, "the stream is under way")
		require.NoError(t, r.p.Kill(t.Context(), "gateway"))
		require.NoError(t, r.p.Start(t.Context(), "gateway"))
	}
	allowed.Store(slips)
	require.NoError(t, <-done)
	require.GreaterOrEqual(t, streams.Load(), int64(4), "each kill broke a stream that was open")
	type log struct{ Size int64 }
	require.Eventually(t, func() bool { return get[log](t, r, "/v1/sources/card-slips").Size >= slips }, 2*time.Minute, 50*time.Millisecond)
	t.Logf("%d slips in %s, the gateway killed three times", slips, time.Since(start).Round(time.Millisecond))
	require.EqualValues(t, slips, get[log](t, r, "/v1/sources/card-slips").Size, "each once")
	seen := map[uint64]bool{}
	for i := int64(0); i < slips; i += 997 {
		a := get[anchored](t, r, "/v1/sources/card-slips/digests/sha-256/"+digest(slip(i)))
		require.Equal(t, "sealed", a.Status)
		require.False(t, seen[a.Index])
		seen[a.Index] = true
		if i%(997*5) == 0 {
			out, err := r.verify(t, "card-slips", a.Receipt, slip(i))
			require.NoError(t, err, out)
		}
	}
	status, a := r.submit(t, "card-slips", map[string]any{"digest": digest(slip(0))})
	require.Equal(t, http.StatusOK, status, "the first receipt again: %+v", a)

	// The log is read by a client that is not ours.
	policy, err := torchwood.ParsePolicy([]byte(r.policy(t, "card-slips")))
	require.NoError(t, err)
	_, raw, err := r.fetch(t.Context(), http.MethodGet, "/v1/logs/card-slips/checkpoint", "", nil)
	require.NoError(t, err)
	c, _, err := torchwood.VerifyCheckpoint(raw, policy)
	require.NoError(t, err)
	fetcher, err := torchwood.NewTileFetcher(r.p.URL + "/v1/logs/card-slips/")
	require.NoError(t, err)
	client, err := torchwood.NewClient(fetcher)
	require.NoError(t, err)
	digests := map[string]bool{}
	for _, entry := range client.AllEntries(t.Context(), c.Tree, 0) {
		_, record, err := anchor.ParseEntry(entry)
		require.NoError(t, err)
		digests[hex.EncodeToString(record.Digest)] = true
	}
	require.NoError(t, client.Err())
	require.Len(t, digests, slips, "every slip, none twice")
}

// case13archive: a folder of 5,000 images is one record on the ledger; one of them
// is proved without the others, years later, from a log that has only grown since.
func (r *registry) case13archive(t *testing.T) {
	const images = 5000
	r.register(t, anchor.Source{ID: "archive", Title: "Document archive", Kind: anchor.Documents})
	dir := t.TempDir()
	for i := range images {
		sub := filepath.Join(dir, "slips", fmt.Sprintf("%02d", i%50))
		require.NoError(t, os.MkdirAll(sub, 0o750))
		require.NoError(t, os.WriteFile(filepath.Join(sub, fmt.Sprintf("%05d.png", i)), fmt.Appendf(nil, "image of slip %d", i), 0o600))
	}
	out, err := exec.CommandContext(t.Context(), r.trustctl, "--json", "anchor", "archive", filepath.Join(dir, "slips")).Output()
	require.NoError(t, err)
	var archived struct {
		Files  int
		Digest string
	}
	require.NoError(t, json.Unmarshal(out, &archived))
	require.Equal(t, images, archived.Files)
	a := r.sealed(t, "archive", map[string]any{"digest": archived.Digest, "kind": "manifest"})
	for name, path := range map[string]string{"receipt.txt": a.Receipt, "old.txt": "/v1/logs/archive/checkpoint/1"} {
		_, raw, err := r.fetch(t.Context(), http.MethodGet, path, "", nil)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "policy"), []byte(r.policy(t, "archive")), 0o600))
	text, err := r.run(t, dir, "anchor", "check", "receipt.txt", "slips", "--policy", "policy")
	require.NoError(t, err, text)
	require.Contains(t, text, "All 5000 files of slips are unchanged")

	// One image and its proof, in somebody else's hands.
	text, err = r.run(t, dir, "anchor", "extract", "receipt.txt", "slips", "07/00007.png", "--policy", "policy", "--out", "7.proof")
	require.NoError(t, err, text)
	text, err = r.run(t, dir, "verify", "7.proof", "slips/07/00007.png", "--policy", "policy")
	require.NoError(t, err, text)
	require.Contains(t, text, "slips/07/00007.png is unchanged")
	_, err = r.run(t, dir, "verify", "7.proof", "slips/08/00008.png", "--policy", "policy")
	require.Error(t, err)

	// The log goes on for years; that it only grew is proved from checkpoint to checkpoint.
	r.sealed(t, "archive", map[string]any{"digest": digest("another year")})
	_, raw, err := r.fetch(t.Context(), http.MethodGet, "/v1/logs/archive/checkpoint", "", nil)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "new.txt"), raw, 0o600))
	text, err = r.run(t, dir, "anchor", "grew", "old.txt", "new.txt", "--policy", "policy", "--gateway", r.p.URL)
	require.NoError(t, err, text)
	require.Contains(t, text, "only grew")

	// What changes is named.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "slips", "03", "00003.png"), []byte("forged"), 0o600))
	require.NoError(t, os.Remove(filepath.Join(dir, "slips", "04", "00004.png")))
	text, err = r.run(t, dir, "anchor", "check", "receipt.txt", "slips", "--policy", "policy")
	require.Error(t, err)
	require.Contains(t, text, "changed  03/00003.png")
	require.Contains(t, text, "missing  04/00004.png")

	status, page, err := r.fetch(t.Context(), http.MethodGet, "/verify", "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, "the gateway has the page on which a browser does the same")
	require.Contains(t, string(page), "WebAssembly")
}

// stream sends slips from the last that was acknowledged on, until the connection
// breaks.
func (r *registry) stream(ctx context.Context, source string, slip func(int64) string, acknowledged, allowed *atomic.Int64, slips int64) error {
	reader, writer := io.Pipe()
	defer reader.Close() //nolint:errcheck // a pipe
	go func() {
		for i := acknowledged.Load(); i < slips; i++ {
			for i >= allowed.Load() && ctx.Err() == nil {
				time.Sleep(time.Millisecond) // the next slips are not there yet
			}
			if _, err := fmt.Fprintf(writer, `{"digest":%q}`+"\n", digest(slip(i))); err != nil {
				return
			}
		}
		_ = writer.Close() // a pipe
	}()
	first := acknowledged.Load()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.p.URL+"/v1/sources/"+source+"/records:batch", reader)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	for scanner := bufio.NewScanner(res.Body); scanner.Scan(); {
		var line struct {
			Line     int64
			Anchored *anchored
		}
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil || line.Anchored == nil {
			return fmt.Errorf("line %s: %w", scanner.Text(), err)
		}
		acknowledged.Store(first + line.Line)
	}
	return nil
}

// step has a party sign the next step of an item and anchors it.
func (r *registry) step(t *testing.T, by party, source, item, content, prev string, links ...string) string {
	t.Helper()
	signed, err := by.Sign(anchor.TypStep, anchor.NewStep(r.place, source, item, digest(content), prev, links...))
	require.NoError(t, err)
	return r.sealed(t, source, map[string]any{"step": signed}).Digest
}

// case15: a research budget is traceable line by line: granted, ordered, paid,
// each by who did it.
func (r *registry) case15(t *testing.T) {
	r.register(t, anchor.Source{ID: "budget-2026", Title: "Research budget", Kind: anchor.Items})
	agency, lab, bank := newParty("agency"), newParty("laboratory"), newParty("bank of the agency")
	granted := r.step(t, agency, "budget-2026", "grant-77", "granted 50,000,000 won", "")
	for line := range 3 {
		id := fmt.Sprint("grant-77.line-", line)
		ordered := r.step(t, lab, "budget-2026", id, fmt.Sprint("order ", line), "", granted)
		r.step(t, bank, "budget-2026", id, fmt.Sprint("paid ", line), ordered)
	}
	for line := range 3 { // from the grant to the last won, each by who did it, provable offline
		history := get[struct {
			Records []struct{ Submitter, Body, Digest, Receipt string }
		}](t, r, fmt.Sprint("/v1/sources/budget-2026/records?item=grant-77.line-", line))
		require.Len(t, history.Records, 2)
		order, payment := history.Records[0], history.Records[1]
		require.Equal(t, []string{granted}, stepOf(t, order.Body).Links, "the line belongs to the grant")
		require.Equal(t, digest(fmt.Sprint("order ", line)), stepOf(t, order.Body).Content)
		require.Equal(t, order.Digest, stepOf(t, payment.Body).Prev, "what was paid is what was ordered")
		require.Equal(t, digest(fmt.Sprint("paid ", line)), stepOf(t, payment.Body).Content)
		r.stepProved(t, "budget-2026", order.Body, order.Receipt, lab)
		r.stepProved(t, "budget-2026", payment.Body, payment.Receipt, bank)
	}
}

// case16: an animal's history from many parties; meat from two animals links to
// both; a step that does not follow is refused, whoever signs it.
func (r *registry) case16(t *testing.T) {
	r.register(t, anchor.Source{ID: "beef", Title: "Livestock histories", Kind: anchor.Items})
	farmer, market, butcher := newParty("farmer"), newParty("market"), newParty("butcher")
	var sold []string
	for _, cow := range []string{"cow-7", "cow-8"} {
		born := r.step(t, farmer, "beef", cow, cow+" was born", "")
		sold = append(sold, r.step(t, market, "beef", cow, cow+" was sold", born))
	}
	if sold[0] > sold[1] {
		sold[0], sold[1] = sold[1], sold[0]
	}
	r.step(t, butcher, "beef", "mince-1", "mince of two animals", "", sold...)
	for want, c := range map[string]anchor.StepContent{
		"STEP_BROKEN":  anchor.NewStep(r.place, "beef", "cow-7", digest("another birth"), ""),
		"LINK_UNKNOWN": anchor.NewStep(r.place, "beef", "mince-2", digest("of no animal"), "", digest("nothing")),
	} {
		signed, err := butcher.Sign(anchor.TypStep, c)
		require.NoError(t, err)
		_, a := r.submit(t, "beef", map[string]any{"step": signed})
		require.Equal(t, want, a.Code)
	}
	type steps struct {
		Records []struct{ Submitter, Body, Receipt string }
	}
	history := get[steps](t, r, "/v1/sources/beef/records?item=cow-7")
	require.Len(t, history.Records, 2)
	require.Equal(t, market.DID, history.Records[1].Submitter)
	r.stepProved(t, "beef", history.Records[0].Body, history.Records[0].Receipt, farmer)
	r.stepProved(t, "beef", history.Records[1].Body, history.Records[1].Receipt, market)
	mince := get[steps](t, r, "/v1/sources/beef/records?item=mince-1")
	require.Len(t, mince.Records, 1)
	require.Equal(t, sold, stepOf(t, mince.Records[0].Body).Links, "from the mince back to both animals")
	r.stepProved(t, "beef", mince.Records[0].Body, mince.Records[0].Receipt, butcher)
}

// case17: who deposited which document when, provable offline.
func (r *registry) case17(t *testing.T) {
	r.register(t, anchor.Source{ID: "deeds", Title: "Real-estate papers", Kind: anchor.Documents})
	notary := newParty("notary")
	const deed = "Deed of flat 101"
	record, err := anchor.NewRecord(anchor.Notarise, anchor.SHA256, digest(deed), digest("register no. 5"))
	require.NoError(t, err)
	signed, err := notary.Sign(anchor.TypDeposit, anchor.NewDeposit(r.place, "deeds", record))
	require.NoError(t, err)
	a := r.sealed(t, "deeds", map[string]any{"deposit": signed})
	out, err := r.verify(t, "deeds", a.Receipt, deed)
	require.NoError(t, err, out)
	require.Contains(t, out, "file is unchanged")
	require.Contains(t, out, "Deposited by "+notary.DID)
	out, err = r.verify(t, "deeds", a.Receipt, deed+" ")
	require.Error(t, err)
	require.Contains(t, out, "another than the one that was anchored")
	found := get[struct{ Records []anchored }](t, r, "/v1/sources/deeds/records?reference="+digest("register no. 5"))
	require.Len(t, found.Records, 1)
}

// rebuild: the bank makes all logs from its own peer's blocks and finds the
// gateway serving the same, byte by byte.
func (r *registry) rebuild(t *testing.T) {
	org, err := r.p.Org("BankMSP")
	require.NoError(t, err)
	user, err := r.p.User("BankMSP", "auditor")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), r.trustctl, "--json", "anchor", "rebuild", filepath.Join(t.TempDir(), "logs"), "--compare", r.p.URL,
		"--peer", org.Peer, "--peer-name", org.PeerHost, "--tls-cert", org.TLSRoot, "--msp", "BankMSP", "--cert", user.Cert, "--key", user.Key,
		"--channel", r.p.Consortium().Channel)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	var all []struct {
		Source, Served string
		Size           uint64
	}
	require.NoError(t, json.Unmarshal(out, &all), string(out))
	require.Len(t, all, 7)
	for _, l := range all {
		require.True(t, strings.HasPrefix(l.Served, "served alike"), "%+v", l)
	}
}

// witnessed: the city runs a gateway that witnesses, and receipts need its
// cosignature as well.
func (r *registry) witnessed(t *testing.T, o platform.Options) {
	program, err := r.p.Build(t.Context(), "gateway/cmd/gateway")
	require.NoError(t, err)
	org, err := r.p.Org("CityMSP")
	require.NoError(t, err)
	user, err := r.p.User("CityMSP", "witness")
	require.NoError(t, err)
	port := o.BasePort + network.PortSpan - 2
	url := fmt.Sprint("http://127.0.0.1:", port)
	require.NoError(t, r.p.RunService(t.Context(), testnetwork.Service{
		Name: "witness", Program: program, Port: port, ReadyURL: url + "/readyz",
		Args: []string{
			"--listen", fmt.Sprint("127.0.0.1:", port), "--peer-endpoint", org.Peer, "--peer-name", org.PeerHost, "--peer-tls-root", org.TLSRoot,
			"--identity-msp", "CityMSP", "--identity-cert", user.Cert, "--identity-key", user.Key,
			"--network", r.place.Network, "--channel", r.place.Channel,
			"--witness-dir", filepath.Join(r.p.Dir(), "witness"), "--witness-name", "city.example",
		},
	}))
	res, err := http.Get(url + "/v1/witness/key") //nolint:noctx // the test's deadline ends it
	require.NoError(t, err)
	defer res.Body.Close()
	key, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	config := filepath.Join(r.p.Dir(), "witnessed.yaml")
	text := fmt.Sprintf("anchor:\n  witnesses:\n    - {url: %s/v1/witness, key: %s}\n", url, strings.TrimSpace(string(key)))
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
	o.GatewayArgs = []string{"--config", config}
	again, err := platform.Up(t.Context(), o)
	require.NoError(t, err)
	require.NoError(t, again.Close())

	policy := strings.TrimSuffix(r.policy(t, "deeds"), "quorum none\n") + "witness city " + string(key) + "quorum city\n"
	parsed, err := torchwood.ParsePolicy([]byte(policy))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, raw, err := r.fetch(t.Context(), http.MethodGet, "/v1/sources/deeds/records/0/receipt", "", nil)
		if err != nil {
			return false
		}
		entry, err := torchwood.ProofExtraData(raw)
		return err == nil && torchwood.VerifyProof(parsed, tlog.RecordHash(entry), raw) == nil
	}, time.Minute, 50*time.Millisecond, "cosigned by the city, as torchwood sees it")
}
