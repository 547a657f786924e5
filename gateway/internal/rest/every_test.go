// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/service"
)

var (
	parameter  = regexp.MustCompile(`\{[^}]+\}`)
	ofCurrency = regexp.MustCompile(`^/v1/(programs|codes|orders|accounts|payments|gifts|claims|redemptions|refunds|refund-completions|charges|purchases|holds|captures|voids|closures|cash|shares|earnings|joint-payments)`)
)

// TestBadInputOnEveryEndpoint takes the endpoints of currency from the API's own
// document, so that none is left out, and sends each what it cannot take: a
// coded problem answers, and the ledger stays as it is.
func TestBadInputOnEveryEndpoint(t *testing.T) {
	s := newSite(t, 1, service.Options{})
	doc, err := rest.New(nil).OpenAPI()
	require.NoError(t, err)
	var spec struct {
		Paths map[string]map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal(doc, &spec))
	height := s.ledger.Height()
	tried := 0
	for path, methods := range spec.Paths {
		if !ofCurrency.MatchString(path) {
			continue // identity, anchoring and what takes no input have tests of their own
		}
		for method := range methods {
			bodies := []string{""}
			if method == "post" {
				bodies = []string{"", "{", "[]", `{}`, `{"order":7}`, `{"order":"a.b.c"}`, `{"order":"a.b.c","nosuch":1}`, `{"orders":"x"}`}
			}
			for _, body := range bodies {
				tried++
				url := s.server.URL + parameter.ReplaceAllString(path, "a%20b")
				req, err := http.NewRequestWithContext(t.Context(), strings.ToUpper(method), url, strings.NewReader(body))
				require.NoError(t, err)
				req.Header.Set("Content-Type", "application/json")
				res, err := http.DefaultClient.Do(req)
				require.NoError(t, err)
				raw, err := io.ReadAll(res.Body)
				require.NoError(t, res.Body.Close())
				require.NoError(t, err)
				var problem struct{ Code string }
				require.NoError(t, json.Unmarshal(raw, &problem), "%s %s %q: %s", method, path, body, raw)
				require.NotEmpty(t, problem.Code, "%s %s %q: %s", method, path, body, raw)
				require.Less(t, res.StatusCode, 500, "%s %s %q: %s", method, path, body, raw)
				require.GreaterOrEqual(t, res.StatusCode, 400, "%s %s %q: %s", method, path, body, raw)
			}
		}
	}
	require.Greater(t, tried, 100)
	require.Equal(t, height, s.ledger.Height())
}
