// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/anchortest"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
	"github.com/komsco/trust-platform/gateway/receipt"
)

// archive is the API over an in-memory ledger with sources "docs" (documents)
// and "beef" (items).
type archive struct {
	t      *testing.T
	ledger *anchortest.Ledger
	sealer *sealer.Sealer
	url    string
}

func newArchive(t *testing.T) *archive {
	t.Helper()
	l := anchortest.New(t)
	key := anchortest.Key("sealer")
	l.Register(t, "docs", anchor.Documents, key)
	l.Register(t, "beef", anchor.Items, key)
	s, err := sealer.Open(sealer.Options{Dir: t.TempDir(), Place: anchortest.Place, Key: key, Interval: 5 * time.Millisecond}, l)
	require.NoError(t, err)
	server := httptest.NewServer(rest.New(nil).WithAnchor(s))
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, s.Close())
	})
	require.Eventually(t, func() bool {
		_, err := s.Store().Source(t.Context(), "beef")
		return err == nil
	}, 10*time.Second, time.Millisecond)
	return &archive{t, l, s, server.URL}
}

func (a *archive) call(method, path, media, body string) reply {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.url+path, strings.NewReader(body))
	require.NoError(a.t, err)
	r.Header.Set("Content-Type", media)
	res, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(a.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(a.t, err)
	return reply{res.StatusCode, res.Header, string(raw)}
}

func (a *archive) get(path string) reply { return a.call(http.MethodGet, path, "", "") }

func (a *archive) accept(path, media string) reply {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, a.url+path, nil)
	require.NoError(a.t, err)
	r.Header.Set("Accept", media)
	res, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(a.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(a.t, err)
	return reply{res.StatusCode, res.Header, string(raw)}
}

func (a *archive) post(source string, s rest.Submission) reply {
	raw, err := json.Marshal(s)
	require.NoError(a.t, err)
	return a.call(http.MethodPost, "/v1/sources/"+source+"/records", "application/json", string(raw))
}

func hexDigest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func parse[T any](t *testing.T, body string) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(body), &v), body)
	return v
}

func TestAnchorOne(t *testing.T) {
	a := newArchive(t)
	first := a.post("docs", rest.Submission{Digest: hexDigest("paper"), Reference: hexDigest("case 17")})
	require.Equal(t, http.StatusCreated, first.status, first.body)
	got := parse[rest.Anchored](t, first.body)
	require.Equal(t, "sealed", got.Status)
	require.EqualValues(t, 0, *got.Index)

	again := a.post("docs", rest.Submission{Digest: hexDigest("paper"), Submitter: "somebody"})
	require.Equal(t, http.StatusOK, again.status, again.body)
	require.Equal(t, "true", again.header.Get("Idempotency-Hit"))
	require.Equal(t, got, parse[rest.Anchored](t, again.body))

	status := a.get(first.header.Get("Location"))
	require.Equal(t, http.StatusOK, status.status, status.body)
	require.Equal(t, got, parse[rest.Anchored](t, status.body))

	source := parse[struct{ LogKey, Sealer, Origin string }](t, a.get("/v1/sources/docs").body)
	require.Equal(t, anchor.Origin(anchortest.Place, "docs"), source.Origin)
	policy, err := receipt.ParsePolicy([]byte("log " + source.LogKey + "\nquorum none"))
	require.NoError(t, err)
	file := a.get(got.Receipt)
	require.Equal(t, http.StatusOK, file.status, file.body)
	r, err := receipt.Parse([]byte(file.body))
	require.NoError(t, err)
	proof, err := receipt.Verify(r, policy)
	require.NoError(t, err)
	require.NoError(t, receipt.CheckContent(proof.Record, nil, strings.NewReader("paper")))

	// The same as a COSE Receipt, by Accept or by form, which wins.
	require.Equal(t, "text/plain; charset=utf-8", file.header.Get("Content-Type"))
	cose := a.get(got.Receipt + "?form=cose")
	require.Equal(t, http.StatusOK, cose.status, cose.body)
	require.Contains(t, cose.header.Get("Content-Type"), "application/cose")
	second, err := receipt.Check([]byte(cose.body), policy)
	require.NoError(t, err)
	require.Equal(t, receipt.FormCOSE, second.Form)
	require.Equal(t, proof.Record, second.Record)
	require.Equal(t, cose.body, a.accept(got.Receipt, "application/cose").body)
	require.Equal(t, file.body, a.accept(got.Receipt+"?form=tlog-proof", "application/cose").body)
	require.Equal(t, file.body, a.accept(got.Receipt, "text/html,*/*").body)
	bad := a.get(got.Receipt + "?form=pdf")
	require.Equal(t, http.StatusBadRequest, bad.status, bad.body)

	found := parse[struct{ Records []rest.AnchorRecord }](t, a.get("/v1/sources/docs/records?reference="+hexDigest("case 17")).body)
	require.Len(t, found.Records, 1)
	require.Equal(t, "unsigned", found.Records[0].Submitter)
}

func TestAnchorSigned(t *testing.T) {
	a := newArchive(t)
	notary, did := anchortest.Signer("notary")
	record := anchortest.Deposit("deed")
	deposit, err := notary.Sign(anchor.TypDeposit, anchor.NewDeposit(anchortest.Place, "docs", record))
	require.NoError(t, err)
	done := a.post("docs", rest.Submission{Deposit: deposit})
	require.Equal(t, http.StatusCreated, done.status, done.body)
	stored := parse[rest.AnchorRecord](t, a.get("/v1/sources/docs/records/0").body)
	require.Equal(t, did, stored.Submitter)

	farmer, _ := anchortest.Signer("farmer")
	prev := ""
	for _, what := range []string{"born", "sold", "cut"} {
		step, err := farmer.Sign(anchor.TypStep, anchor.NewStep(anchortest.Place, "beef", "cow-7", hexDigest(what), prev))
		require.NoError(t, err)
		done := a.post("beef", rest.Submission{Step: step})
		require.Equal(t, http.StatusCreated, done.status, done.body)
		prev = parse[rest.Anchored](t, done.body).Digest
	}
	history := parse[struct{ Records []rest.AnchorRecord }](t, a.get("/v1/sources/beef/records?item=cow-7").body)
	require.Len(t, history.Records, 3)
	require.Equal(t, prev, history.Records[2].Digest)

	broken, err := farmer.Sign(anchor.TypStep, anchor.NewStep(anchortest.Place, "beef", "cow-7", hexDigest("stolen"), ""))
	require.NoError(t, err)
	refused := a.post("beef", rest.Submission{Step: broken})
	require.Equal(t, http.StatusUnprocessableEntity, refused.status)
	require.Equal(t, anchor.StepBroken.Name, parse[rest.Problem](t, refused.body).Code)
}

func TestAnchorRefuses(t *testing.T) {
	a := newArchive(t)
	good := hexDigest("x")
	for name, tc := range map[string]struct {
		source string
		sub    rest.Submission
		status int
		code   string
	}{
		"nothing":             {"docs", rest.Submission{}, 400, "INVALID_RECORD"},
		"two forms":           {"docs", rest.Submission{Digest: good, Step: "x"}, 400, "INVALID_RECORD"},
		"a short digest":      {"docs", rest.Submission{Digest: good[2:]}, 400, "INVALID_RECORD"},
		"a digest of another": {"docs", rest.Submission{Digest: good, Algorithm: "sha-512"}, 400, "INVALID_RECORD"},
		"a DID on its word":   {"docs", rest.Submission{Digest: good, Submitter: "did:key:z6Mk"}, 400, "INVALID_RECORD"},
		"a person's name":     {"docs", rest.Submission{Digest: good, Submitter: "홍길동"}, 400, "INVALID_RECORD"},
		"an unknown source":   {"none", rest.Submission{Digest: good}, 404, "SOURCE_UNKNOWN"},
		"a document as item":  {"beef", rest.Submission{Digest: good}, 422, "KIND_REFUSED"},
		"a step that is none": {"beef", rest.Submission{Step: "x"}, 400, "BAD_JWS"},
	} {
		t.Run(name, func(t *testing.T) {
			got := a.post(tc.source, tc.sub)
			require.Equal(t, tc.status, got.status, got.body)
			require.Equal(t, tc.code, parse[rest.Problem](t, got.body).Code)
		})
	}
	for path, want := range map[string]string{
		"/v1/sources/docs/digests/sha-256/" + good: "RECORD_UNKNOWN",
		"/v1/sources/docs/records/0":               "CHECKPOINT_UNKNOWN",
		"/v1/sources/docs/records/0/receipt":       "CHECKPOINT_UNKNOWN",
		"/v1/sources/docs/records/-1/receipt":      "INVALID_ID",
		"/v1/sources/docs/records":                 "INVALID_ID",
		"/v1/logs/docs/checkpoint":                 "CHECKPOINT_UNKNOWN",
		"/v1/logs/none/checkpoint":                 "SOURCE_UNKNOWN",
		"/v1/logs/docs/tile/0/000":                 "NOT_FOUND",
		"/v1/sources/docs/consistency?from=0&to=7": "CHECKPOINT_UNKNOWN",
		// Numbers that no log reaches, and that the database could not hold.
		"/v1/sources/docs/records/9223372036854775808":                                 "BAD_REQUEST",
		"/v1/sources/docs/records?item=a&from=9223372036854775808":                     "BAD_REQUEST",
		"/v1/sources/docs/consistency?from=9223372036854775808&to=9223372036854775809": "BAD_REQUEST",
		"/v1/sources/a%2Fb":                              "INVALID_ID",
		"/v1/logs/..%2Fdocs/tile/0/000":                  "SOURCE_UNKNOWN",
		"/v1/sources/docs/records?item=a&height=7":       "INVALID_ID",
		"/v1/sources/docs/records?reference=" + good[1:]: "INVALID_ID",
	} {
		require.Equal(t, want, parse[rest.Problem](t, a.get(path).body).Code, path)
	}
	server := httptest.NewServer(rest.New(nil))
	defer server.Close()
	none := &archive{t: t, url: server.URL}
	require.Equal(t, "NO_SEALER", parse[rest.Problem](t, none.get("/v1/sources/docs").body).Code)
}

// Thousands of lines, some of them bad: each is answered at its place, and the
// log is served as tiles to clients that are not ours.
func TestAnchorStream(t *testing.T) {
	a := newArchive(t)
	const good = 2500
	var body bytes.Buffer
	for i := range good {
		fmt.Fprintf(&body, `{"digest":%q}`+"\n", hexDigest(fmt.Sprint("file ", i)))
		if i%500 == 0 {
			body.WriteString("{\"digest\":\"nonsense\"}\nnot JSON\n{\"colour\":\"red\"}\n")
		}
	}
	body.WriteString(`{"digest":"` + hexDigest("file 7") + `"}`) // once more, and without an end of line
	got := a.call(http.MethodPost, "/v1/sources/docs/records:batch", "application/x-ndjson", body.String())
	require.Equal(t, http.StatusOK, got.status, got.body)
	lines, bad := 0, 0
	for scanner := bufio.NewScanner(strings.NewReader(got.body)); scanner.Scan(); {
		lines++
		line := parse[rest.Line](t, scanner.Text())
		require.Equal(t, lines, line.Line)
		if line.Problem != nil {
			bad++
			continue
		}
		require.NotEqual(t, "refused", line.Anchored.Status)
	}
	require.Equal(t, good+15+1, lines)
	require.Equal(t, 15, bad)
	require.Eventually(t, func() bool {
		return parse[struct{ Size int }](t, a.get("/v1/sources/docs").body).Size == good
	}, 20*time.Second, 10*time.Millisecond)

	logKey := parse[struct{ LogKey string }](t, a.get("/v1/sources/docs").body).LogKey
	policy, err := torchwood.ParsePolicy([]byte("log " + logKey + "\nquorum none"))
	require.NoError(t, err)
	c, _, err := torchwood.VerifyCheckpoint([]byte(a.get("/v1/logs/docs/checkpoint").body), policy)
	require.NoError(t, err)
	require.EqualValues(t, good, c.N)
	fetcher, err := torchwood.NewTileFetcher(a.url + "/v1/logs/docs/")
	require.NoError(t, err)
	client, err := torchwood.NewClient(fetcher)
	require.NoError(t, err)
	seen := 0
	for _, entry := range client.AllEntries(t.Context(), c.Tree, 0) {
		_, _, err := anchor.ParseEntry(entry)
		require.NoError(t, err)
		seen++
	}
	require.NoError(t, client.Err())
	require.Equal(t, good, seen)

	file := a.get(fmt.Sprintf("/v1/sources/docs/records/%d/receipt", 1234))
	entry, err := torchwood.ProofExtraData([]byte(file.body))
	require.NoError(t, err)
	require.NoError(t, torchwood.VerifyProof(policy, tlog.RecordHash(entry), []byte(file.body)))
}

func TestAnchorStreamRefuses(t *testing.T) {
	a := newArchive(t)
	wrong := a.call(http.MethodPost, "/v1/sources/docs/records:batch", "application/json", "{}")
	require.Equal(t, http.StatusUnsupportedMediaType, wrong.status)
	unknown := a.call(http.MethodPost, "/v1/sources/none/records:batch", "application/x-ndjson", "{}")
	require.Equal(t, http.StatusNotFound, unknown.status)
	long := a.call(http.MethodPost, "/v1/sources/docs/records:batch", "application/x-ndjson", `{"digest":"`+strings.Repeat("a", 70<<10)+`"}`)
	require.Equal(t, "BODY_TOO_LARGE", parse[rest.Line](t, long.body).Problem.Code)
	empty := a.call(http.MethodPost, "/v1/sources/docs/records:batch", "application/x-ndjson", "")
	require.Equal(t, http.StatusOK, empty.status)
	require.Empty(t, empty.body)
}

func TestVerifyPage(t *testing.T) {
	for page, want := range map[string]int{"": http.StatusNotFound, "<!doctype html>": http.StatusOK} {
		server := httptest.NewServer(rest.New(nil).WithVerifyPage([]byte(page)))
		res, err := http.Get(server.URL + "/verify") //nolint:noctx // the test's deadline ends it
		require.NoError(t, err)
		raw, err := io.ReadAll(res.Body)
		require.NoError(t, errors.Join(err, res.Body.Close()))
		server.Close()
		require.Equal(t, want, res.StatusCode, string(raw))
		if want == http.StatusOK {
			require.Equal(t, page, string(raw))
			require.Contains(t, res.Header.Get("Content-Security-Policy"), "default-src 'none'")
			require.NotContains(t, res.Header.Get("Content-Security-Policy"), "connect-src")
		} else {
			require.Contains(t, string(raw), "NO_VERIFY_PAGE")
		}
	}
}
