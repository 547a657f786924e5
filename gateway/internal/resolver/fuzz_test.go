// SPDX-License-Identifier: Apache-2.0

package resolver_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/komsco/trust-platform/gateway/internal/resolver"
)

const key = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"

// Whatever is asked for is answered in one of the standard's ways.
func FuzzServe(f *testing.F) {
	f.Add(key, "versionId=1", "application/did")
	f.Add(key+"#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", "", "*/*;q=0.1, application/did-resolution")
	f.Add("did:komsco:"+strings.Repeat("a", 52)+"?service=a&relativeRef=%2Fb", "versionTime=2026-03-02T00:00:00Z", `application/ld+json;profile="https://w3id.org/did-resolution"`)
	f.Add(key+"#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", "verificationRelationship=keyAgreement", "application/did")
	f.Add(key, "serviceType=Files", "text/uri-list")
	known := map[int]bool{200: true, 303: true, 400: true, 404: true, 406: true, 410: true, 500: true, 501: true}
	f.Fuzz(func(t *testing.T, identifier, query, accept string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/1.0/identifiers/x", nil)
		r.URL.RawQuery = query
		r.Header.Set("Accept", accept)
		(&resolver.Resolver{}).Serve(w, r, identifier)
		if !known[w.Code] || w.Header().Get("Content-Type") == "" {
			t.Fatalf("%q ? %q: %d %q", identifier, query, w.Code, w.Header())
		}
		if w.Code == http.StatusInternalServerError && !strings.HasPrefix(identifier, "did:komsco:") && !strings.Contains(w.Body.String(), "VERIFICATION_METHOD") && !strings.Contains(w.Body.String(), "VerificationMethod") {
			t.Fatalf("%q ? %q: %s", identifier, query, w.Body)
		}
	})
}

func FuzzParseRequest(f *testing.F) {
	f.Add(key+"/path?service=a#b", "relativeRef=c")
	f.Fuzz(func(t *testing.T, didURL, query string) {
		options, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		q, err := resolver.ParseRequest(didURL, options)
		var e *resolver.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%q ? %q: %v", didURL, query, err)
		}
		if err == nil && (!strings.HasPrefix(didURL, q.DID) || (q.Version > 0 && q.Time > 0)) {
			t.Fatalf("%q ? %q is %+v", didURL, query, q)
		}
	})
}
