// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/anchortest"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
)

// quiet is testing.F for a ledger that lives on while targets run, when F's own
// Helper panics.
type quiet struct{ *testing.F }

func (quiet) Helper() {}

// Whatever is streamed, each line gets one answer, in turn: where its record stands
// or why not, with a code. What is taken is of the very digest that the line names.
func FuzzNDJSON(f *testing.F) {
	l := anchortest.New(quiet{f})
	l.Register(quiet{f}, "docs", anchor.Documents, anchortest.Key("sealer"))
	s, err := sealer.Open(sealer.Options{Dir: f.TempDir(), Place: anchortest.Place, Key: anchortest.Key("sealer"), Interval: time.Millisecond}, l)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	require.Eventually(f, func() bool {
		_, err := s.Store().Source(f.Context(), "docs")
		return err == nil
	}, 10*time.Second, time.Millisecond, "the first block is on its way")
	api := rest.New(nil).WithAnchor(s)

	one := `{"digest":"` + hexDigest("one") + `"}`
	for _, seed := range []string{
		"", "\n", one, one + "\n" + one + "\n", one + "\r\n\r\n" + one, "{}\n[]\nnull\n1\n\"\"\n", one + one, one + " {}", `{"digest":"` + hexDigest("one")[:62] + `"}`,
		`{"digest":"` + hexDigest("two") + `","kind":"manifest","algorithm":"sha3-256","reference":"` + hexDigest("r") + `","submitter":"city"}`,
		`{"digest":"` + hexDigest("two") + `","submitter":"did:key:z6Mk"}`, `{"Digest":"` + hexDigest("two") + `"}`, `{"digest":"a","digest":"b"}`,
		`{"step":"a.b.c"}`, `{"deposit":"e30.e30.AA"}`, `{"header":["a.b.c"]}`, `{"header":[]}`, `{"block":{"format":"fabric","header":"AA==","data":""}}`, `{"block":null}`,
		`{"block":{"format":"qbft","header":"wA=="}}`, strings.Repeat(" ", 64<<10) + one, strings.Repeat("[", 5000) + "\n" + one, "\xff\xfe\n\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/sources/docs/records:batch", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/x-ndjson")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%d: %s", w.Code, w.Body)
		}
		lines := bytes.SplitAfter(body, []byte("\n"))
		if len(lines[len(lines)-1]) == 0 {
			lines = lines[:len(lines)-1]
		}
		answered, cut := 0, false
		for in := bufio.NewScanner(w.Body); in.Scan(); answered++ {
			var a rest.Line
			if err := json.Unmarshal(in.Bytes(), &a); err != nil {
				t.Fatalf("answer %q: %v", in.Bytes(), err)
			}
			switch {
			case cut:
				t.Fatal("an answer behind a line that was too long")
			case a.Line != answered+1, answered >= len(lines):
				t.Fatalf("line %d is answered behind %d answers, of %d lines", a.Line, answered, len(lines))
			case (a.Anchored == nil) == (a.Problem == nil):
				t.Fatalf("line %d: %s", a.Line, in.Bytes())
			case a.Problem != nil:
				if a.Problem.Code == "" || a.Problem.Status < 400 || a.Problem.Status >= 500 {
					t.Fatalf("line %q: problem %+v", lines[answered], a.Problem)
				}
				cut = len(lines[answered]) > 64<<10
			default:
				var sent rest.Submission
				if err := json.Unmarshal(lines[answered], &sent); err != nil || sent.Digest != "" && a.Anchored.Digest != sent.Digest {
					t.Fatalf("line %q is anchored as %+v", lines[answered], a.Anchored)
				}
			}
		}
		if answered < len(lines) && !cut {
			t.Fatalf("%d of %d lines are answered", answered, len(lines))
		}
	})
}
