// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// The conformance suites of W3C (did-test-suite, did-resolution-mocha-test-suite) and
// of DIF's drivers are not on npm. Here is what they assert, each under the name of the
// statement that it holds us to, over HTTP and the real contract.
//
// Two assertions are not ours: that contentType in the metadata be the media type of
// the whole answer (the Candidate Recommendation's own examples have application/did
// there), and that relativeRef be refused where, once decoded, it has characters
// that a URI encodes (section 3 of the Candidate Recommendation maps them, as RFC 3987 does).

// conformance is a registry with DIDs to be looked at.
type conformance struct {
	*registrySite
	plain, many, suspended, gone, key, jwk string // DIDs
	unknown                                string
}

func newConformance(t *testing.T) *conformance {
	t.Helper()
	c := &conformance{registrySite: newRegistry(t), unknown: identity.Prefix + strings.Repeat("a", 52)}
	phone, tablet := newDevice(t, "ES256"), newDevice(t, "EdDSA")
	c.plain, c.suspended, c.gone = c.create(phone, nil), c.create(phone, nil), c.create(phone, nil)
	controller, _ := did.OfKey(tablet.pub)
	c.many = c.create(phone, object{"options": object{
		"clientSecretMode": true, "recovery": identity.Quorum{Controllers: []string{controller}, Threshold: 1},
	}})
	multikey := object{"id": "#t", "type": "Multikey", "publicKeyMultibase": tablet.pub.Multikey(), "unlock": "biometric"}
	status, done := c.register("/1.0/update", object{
		"did": c.many, "didDocumentOperation": []string{"addToDidDocument"},
		"didDocument": []object{{"verificationMethod": []object{multikey}, "assertionMethod": []string{"#t"}}},
	}, phone, tablet)
	require.Equal(t, http.StatusOK, status, "%v", done)
	status, done = c.register("/1.0/update", object{"did": c.suspended, "options": object{"operation": "suspend"}}, phone)
	require.Equal(t, http.StatusOK, status, "%v", done)
	status, done = c.register("/1.0/deactivate", object{"did": c.gone}, phone)
	require.Equal(t, http.StatusOK, status, "%v", done)
	c.key, _ = did.OfKey(tablet.pub)
	jwk, err := json.Marshal(phone.pub.JWK())
	require.NoError(t, err)
	c.jwk = "did:jwk:" + base64.RawURLEncoding.EncodeToString(jwk)
	return c
}

// living are the DIDs that resolve.
func (c *conformance) living() []string {
	return []string{c.plain, c.many, c.suspended, c.key, c.jwk, c.gone + "?versionId=1"}
}

// representations of a document, and what asks for them.
var representations = []string{"application/did", "application/did+json", "application/did+ld+json", "application/ld+json"}

var (
	didSyntax    = regexp.MustCompile(`^did:[a-z0-9]+:([A-Za-z0-9._-]|%[0-9A-F]{2})+(:([A-Za-z0-9._-]|%[0-9A-F]{2})+)*$`)
	didURLSyntax = regexp.MustCompile(`^did:[a-z0-9]+:[A-Za-z0-9._:%-]+(/[^?#]*)?(\?[^#]*)?(#.*)?$`)
	moment       = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)
)

// DID Core 1.0 sections 3, 5 and 6: identifiers, properties, representations.
func TestDIDCoreStatements(t *testing.T) {
	c := newConformance(t)
	for name, check := range map[string]func(t *testing.T, id string, d object){
		"3.1 DIDs conform to the DID syntax":                        func(t *testing.T, id string, _ object) { require.Regexp(t, didSyntax, id) },
		"5.1.1 id MUST be a string that conforms to the DID syntax": func(t *testing.T, id string, d object) { require.Equal(t, id, d["id"]) },
		"5.1.2 controller MUST be a string or a set of DIDs":        func(t *testing.T, _ string, d object) { dids(t, d["controller"]) },
		"5.1.3 alsoKnownAs MUST be a set of URIs":                   func(t *testing.T, _ string, d object) { require.NotContains(t, d, "alsoKnownAs") },
		"5.2 verificationMethod MUST be a set of maps":              methods(func(*testing.T, object) {}),
		"5.2 a method's id MUST conform to the DID URL syntax":      methods(func(t *testing.T, m object) { require.Regexp(t, didURLSyntax, m["id"]) }),
		"5.2 a method's type MUST be one string":                    methods(func(t *testing.T, m object) { require.Contains(t, []any{"JsonWebKey2020", "Multikey"}, m["type"]) }),
		"5.2 a method's controller MUST conform to the DID syntax":  methods(func(t *testing.T, m object) { require.Regexp(t, didSyntax, m["controller"]) }),
		"5.2.1 one property of verification material": methods(func(t *testing.T, m object) {
			require.NotEqual(t, m["publicKeyJwk"] == nil, m["publicKeyMultibase"] == nil)
		}),
		"5.2.1 publicKeyJwk MUST NOT have d or other private parts":  methods(jwkIsPublic),
		"5.2.1 publicKeyMultibase MUST be multibase":                 methods(multibase),
		"5.3 a relationship MUST be a set of methods, or references": relationships,
		"5.4 a service MUST have id, type and serviceEndpoint":       services,
	} {
		t.Run(name, func(t *testing.T) {
			for _, identifier := range c.living() {
				for _, accept := range representations {
					status, _, body := c.get(identifier, accept)
					require.Equal(t, http.StatusOK, status, identifier)
					id, _, _ := strings.Cut(identifier, "?")
					check(t, id, body.(object))
				}
			}
		})
	}
	t.Run("6.2.1 JSON: the document MUST be a single object", func(t *testing.T) {
		_, header, body := c.get(c.plain, "application/did+json")
		require.Equal(t, "application/did+json", header.Get("Content-Type"))
		require.IsType(t, object{}, body)
	})
	t.Run("6.3.1 JSON-LD: @context MUST be an array that begins with the context of DIDs", func(t *testing.T) {
		for _, identifier := range c.living() {
			_, _, body := c.get(identifier, "application/did+ld+json")
			context := body.(object)["@context"].([]any)
			require.Equal(t, "https://www.w3.org/ns/did/v1", context[0])
			for _, entry := range context[1:] {
				switch entry := entry.(type) {
				case string:
					_, err := url.ParseRequestURI(entry)
					require.NoError(t, err)
				default:
					require.IsType(t, object{}, entry)
				}
			}
		}
	})
	t.Run("9.8 a suspended document's keys serve nothing", func(t *testing.T) {
		_, _, body := c.get(c.suspended, "application/did")
		for _, p := range purposes {
			require.NotContains(t, body, p)
		}
	})
}

var purposes = []string{"assertionMethod", "authentication", "capabilityDelegation", "capabilityInvocation", "keyAgreement"}

func dids(t *testing.T, v any) {
	t.Helper()
	if v == nil {
		return
	}
	seen := map[any]bool{}
	for _, id := range v.([]any) {
		require.Regexp(t, didSyntax, id)
		require.False(t, seen[id], "twice")
		seen[id] = true
	}
}

// methods applies a check to each verification method, whose ids are distinct.
func methods(check func(*testing.T, object)) func(*testing.T, string, object) {
	return func(t *testing.T, id string, d object) {
		t.Helper()
		seen := map[any]bool{}
		list := d["verificationMethod"].([]any)
		require.NotEmpty(t, list)
		for _, v := range list {
			m := v.(object)
			require.False(t, seen[m["id"]], "twice")
			require.True(t, strings.HasPrefix(m["id"].(string), id+"#"))
			seen[m["id"]] = true
			check(t, m)
		}
	}
}

func jwkIsPublic(t *testing.T, m object) {
	t.Helper()
	if jwk, ok := m["publicKeyJwk"].(object); ok {
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
			require.NotContains(t, jwk, private)
		}
		require.Contains(t, []any{"EC", "OKP"}, jwk["kty"])
		require.NotEmpty(t, jwk["crv"])
	}
}

func multibase(t *testing.T, m object) {
	t.Helper()
	if text, ok := m["publicKeyMultibase"].(string); ok {
		require.Regexp(t, `^z[1-9A-HJ-NP-Za-km-z]+$`, text)
		_, err := did.ParseMultikey(text, did.ES256K)
		require.NoError(t, err)
	}
}

func relationships(t *testing.T, id string, d object) {
	t.Helper()
	known := map[any]bool{}
	for _, m := range d["verificationMethod"].([]any) {
		known[m.(object)["id"]] = true
	}
	for _, purpose := range purposes {
		seen := map[any]bool{}
		list, _ := d[purpose].([]any)
		for _, ref := range list {
			require.True(t, known[ref], "%s of %s names %v, which is no method of the document", purpose, id, ref)
			require.False(t, seen[ref], "twice")
			seen[ref] = true
		}
	}
}

func services(t *testing.T, id string, d object) {
	t.Helper()
	seen := map[any]bool{}
	list, _ := d["service"].([]any)
	for _, v := range list {
		s := v.(object)
		require.True(t, strings.HasPrefix(s["id"].(string), id+"#"))
		require.False(t, seen[s["id"]], "twice")
		seen[s["id"]] = true
		require.NotEmpty(t, s["type"])
		endpoint, err := url.Parse(s["serviceEndpoint"].(string))
		require.NoError(t, err)
		require.True(t, endpoint.IsAbs())
	}
}

// DID Core 1.0 section 7.1 and DID Resolution v1 section 4: results of resolution.
func TestDIDResolutionStatements(t *testing.T) {
	c := newConformance(t)
	core := `application/ld+json;profile="https://w3id.org/did-resolution"`
	t.Run("didResolutionMetadata is REQUIRED, and on success tells the content type", func(t *testing.T) {
		for _, identifier := range c.living() {
			for accept, want := range map[string]string{"": "application/did", "application/did-resolution": "application/did", core: "application/did+ld+json"} {
				status, _, body := c.get(identifier, accept)
				require.Equal(t, http.StatusOK, status)
				require.Equal(t, object{"contentType": want}, body.(object)["didResolutionMetadata"])
			}
		}
	})
	t.Run("a didDocument MUST be a map whose id is the DID that was resolved", func(t *testing.T) {
		for _, identifier := range c.living() {
			_, _, body := c.get(identifier, "")
			id, _, _ := strings.Cut(identifier, "?")
			require.Equal(t, id, body.(object)["didDocument"].(object)["id"])
			require.IsType(t, object{}, body.(object)["didDocumentMetadata"])
		}
	})
	t.Run("where resolution fails didDocument MUST be null, didDocumentMetadata empty, and error is REQUIRED", func(t *testing.T) {
		for identifier, want := range map[string][2]string{
			"not-a-did":                         {"INVALID_DID", "invalidDid"},
			"did:example":                       {"INVALID_DID", "invalidDid"},
			"did:":                              {"INVALID_DID", "invalidDid"},
			"DID:example:1":                     {"INVALID_DID", "invalidDid"},
			"did:Example:1":                     {"INVALID_DID", "invalidDid"},
			"":                                  {"INVALID_DID", "invalidDid"},
			c.unknown:                           {"NOT_FOUND", "notFound"},
			"did:unsupported:123456789abcdefgh": {"METHOD_NOT_SUPPORTED", "methodNotSupported"},
		} {
			_, _, body := c.get(identifier, "application/did-resolution")
			require.Nil(t, body.(object)["didDocument"], identifier)
			require.Contains(t, body, "didDocument")
			require.Empty(t, body.(object)["didDocumentMetadata"])
			require.Equal(t, "https://www.w3.org/ns/did#"+want[0], body.(object)["didResolutionMetadata"].(object)["error"].(object)["type"])
			_, _, body = c.get(identifier, core)
			require.Equal(t, want[1], body.(object)["didResolutionMetadata"].(object)["error"], "DID Core's dialect")
			require.Nil(t, body.(object)["didDocument"])
		}
	})
	t.Run("created, updated and nextUpdate MUST be times in UTC of whole seconds", func(t *testing.T) {
		for _, identifier := range []string{c.many, c.many + "?versionId=1", c.gone, c.gone + "?versionId=1"} {
			_, _, body := c.get(identifier, "")
			metadata := body.(object)["didDocumentMetadata"].(object)
			require.Regexp(t, moment, metadata["created"])
			for _, name := range []string{"updated", "nextUpdate"} {
				if at, told := metadata[name]; told {
					require.Regexp(t, moment, at)
				}
			}
		}
	})
	t.Run("updated is omitted where the document was never updated", func(t *testing.T) {
		_, _, body := c.get(c.plain, "")
		require.NotContains(t, body.(object)["didDocumentMetadata"], "updated")
	})
	t.Run("versionId and nextVersionId MUST be ASCII strings", func(t *testing.T) {
		_, _, body := c.get(c.many+"?versionId=1", "")
		require.Equal(t, "1", body.(object)["didDocumentMetadata"].(object)["versionId"])
		require.Equal(t, "2", body.(object)["didDocumentMetadata"].(object)["nextVersionId"])
	})
	t.Run("deactivated MUST be true where the DID is, and else is false or not there", func(t *testing.T) {
		_, _, body := c.get(c.gone, "")
		require.Equal(t, true, body.(object)["didDocumentMetadata"].(object)["deactivated"])
		for _, identifier := range []string{c.plain, c.suspended, c.key} {
			_, _, body = c.get(identifier, "")
			require.NotContains(t, body.(object)["didDocumentMetadata"], "deactivated")
		}
	})
}

// DID Resolution v1 section 3: parameters.
func TestDIDParameterStatements(t *testing.T) {
	c := newConformance(t)
	refused := func(t *testing.T, name, value string) {
		t.Helper()
		for _, accept := range []string{"", "application/did"} {
			status, _, body := c.get(c.plain+"?"+name+"="+url.QueryEscape(value), accept)
			require.Equal(t, http.StatusBadRequest, status, "%s=%s: %v", name, value, body)
		}
	}
	for _, name := range []string{"service", "serviceType", "versionId", "versionTime", "hl", "accept"} {
		t.Run(name+" MUST be ASCII", func(t *testing.T) {
			for _, value := range []string{"🔥💥🚫", "Привет", "こんにちは", "مرحبا", "foo\u200Bbar"} {
				refused(t, name, value)
			}
		})
	}
	t.Run("versionTime MUST be a valid XML datetime", func(t *testing.T) {
		for _, value := range []string{
			"2026-03-02 12:30:45", "2026/03/02T12:30:45", "2026-13-02T12:30:45", "2026-03-32T12:30:45", "2026-03-02T25:00:00", "2026-03-02T12:30:60",
			"2026-03-02T12:30:45+24:00", "2026-03-02", "2026-03-02T12:30:45abc", "T12:30:45", "2026-03-02T12:30:45z", "02026-03-02T12:30:45Z",
		} {
			refused(t, "versionTime", value)
		}
	})
	t.Run("versionTime MUST be in UTC, of whole seconds", func(t *testing.T) {
		for _, value := range []string{
			"2026-03-02T00:00:00+02:00", "2026-03-02T00:00:00-05:00", "2026-03-02T00:00:00", "2026-03-02T00:00:00.123Z", "2026-03-02T00:00:00,5Z",
			"2026-03-02T00:00:00.999+01:00", "2026-03-02T00:00:00+00:00",
		} {
			refused(t, "versionTime", value)
		}
		status, _, body := c.get(c.plain+"?versionTime="+c.ledger.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z"), "")
		require.Equal(t, http.StatusOK, status, "%v", body)
	})
	t.Run("versionId and versionTime are mutually exclusive", func(t *testing.T) {
		status, _, _ := c.get(c.plain+"?versionId=1&versionTime=2026-03-02T00:00:00Z", "")
		require.Equal(t, http.StatusBadRequest, status)
	})
	t.Run("relativeRef MUST be a relative reference", func(t *testing.T) {
		refused(t, "service=files&relativeRef", "https://elsewhere.example/")
		refused(t, "service=files&relativeRef", "//elsewhere.example/")
		refused(t, "relativeRef", "/x")
	})
}

// DID Resolution v1 section 12.1, which drivers of the Universal Resolver are called by.
func TestHTTPBindingStatements(t *testing.T) {
	c := newConformance(t)
	t.Run("resolvers MUST implement GET; application/did-resolution MUST be answered by a result", func(t *testing.T) {
		for _, identifier := range c.living() {
			status, header, body := c.get(identifier, "application/did-resolution")
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, "application/did-resolution", header.Get("Content-Type"))
			require.Len(t, body, 3)
			for _, member := range []string{"didDocument", "didResolutionMetadata", "didDocumentMetadata"} {
				require.IsType(t, object{}, body.(object)[member])
			}
		}
	})
	t.Run("a representation asked for MUST be the document alone, of that media type", func(t *testing.T) {
		for _, accept := range representations {
			status, header, body := c.get(c.plain, accept)
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, accept, header.Get("Content-Type"))
			require.Equal(t, c.plain, body.(object)["id"])
			require.NotContains(t, body, "didResolutionMetadata")
		}
	})
	t.Run("the resolver MUST take a DID that is URL-encoded, with options in the query", func(t *testing.T) {
		status, _, body := c.get(url.QueryEscape(c.many)+"?versionId=1", "")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "1", body.(object)["didDocumentMetadata"].(object)["versionId"])
		status, _, _ = c.get(url.QueryEscape(c.plain+"?service=files&relativeRef=/resume.pdf")+"?verificationRelationship=authentication", "")
		require.Equal(t, http.StatusBadRequest, status)
	})
	for name, want := range map[string]struct {
		identifier, accept string
		status             int
	}{
		"INVALID_DID is 400":                         {"not-a-did", "", 400},
		"INVALID_DID_URL is 400":                     {c.plain + "?relativeRef=a", "", 400},
		"INVALID_OPTIONS is 400":                     {c.plain + "?versionId=x", "", 400},
		"NOT_FOUND is 404":                           {c.unknown, "", 404},
		"NOT_FOUND is 404, of a path":                {c.plain + "/whois", "", 404},
		"REPRESENTATION_NOT_SUPPORTED is 406":        {c.plain, "application/x-unsupported", 406},
		"REPRESENTATION_NOT_SUPPORTED is 406, of q0": {c.plain, "application/did;q=0", 406},
		"METHOD_NOT_SUPPORTED is 501":                {"did:unsupported:1", "", 501},
		"FEATURE_NOT_SUPPORTED is 501":               {c.plain + "?transformKeys=JsonWebKey", "", 501},
		"deactivated is 410":                         {c.gone, "", 410},
		"deactivated is 410, as a representation":    {c.gone, "application/did", 410},
		"deactivated is 410, dereferenced":           {c.gone, "application/did-url-dereferencing", 410},
		"deactivated is 410, of a service":           {c.gone + "?service=files", "text/uri-list", 410},
		"an older version of a deactivated is 200":   {c.gone + "?versionId=1", "", 200},
	} {
		t.Run(name, func(t *testing.T) {
			status, header, _ := c.get(want.identifier, want.accept)
			require.Equal(t, want.status, status)
			require.NotEmpty(t, header.Get("Content-Type"))
		})
	}
	t.Run("application/did-url-dereferencing MUST be answered by a result of dereferencing", func(t *testing.T) {
		for _, identifier := range []string{c.plain, c.plain + "?service=files", c.plain + "?serviceType=Files", url.QueryEscape(c.plain + "#files"), c.many + "?versionId=1"} {
			status, header, body := c.get(identifier, "application/did-url-dereferencing")
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, "application/did-url-dereferencing", header.Get("Content-Type"))
			require.Equal(t, object{"contentType": "application/did"}, body.(object)["dereferencingMetadata"])
			require.IsType(t, object{}, body.(object)["content"])
			require.Contains(t, body.(object)["content"], "@context")
			require.IsType(t, object{}, body.(object)["contentMetadata"])
		}
	})
	t.Run("where dereferencing fails content MUST be null, contentMetadata empty, and error is REQUIRED", func(t *testing.T) {
		_, _, body := c.get(url.QueryEscape(c.plain+"#none"), "application/did-url-dereferencing")
		require.Nil(t, body.(object)["content"])
		require.Empty(t, body.(object)["contentMetadata"])
		require.Equal(t, "https://www.w3.org/ns/did#NOT_FOUND", body.(object)["dereferencingMetadata"].(object)["error"].(object)["type"])
	})
	t.Run("text/uri-list MUST be answered by 303, Location and an empty body", func(t *testing.T) {
		status, header, body := c.get(c.plain+"?service=files&relativeRef=%2Fresume.pdf", "text/uri-list")
		require.Equal(t, http.StatusSeeOther, status)
		require.Equal(t, "https://files.example/resume.pdf", header.Get("Location"))
		require.Empty(t, body)
	})
	t.Run("verificationRelationship: the method is returned where it serves, else an error MUST be raised", func(t *testing.T) {
		_, _, body := c.get(c.plain, "application/did")
		kid := body.(object)["authentication"].([]any)[0].(string)
		status, _, body := c.get(url.QueryEscape(kid)+"?verificationRelationship=authentication", "application/did")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, kid, body.(object)["id"])
		for query, want := range map[string]string{
			url.QueryEscape(kid) + "?verificationRelationship=keyAgreement":              "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
			url.QueryEscape(c.plain+"#files") + "?verificationRelationship=keyAgreement": "INVALID_VERIFICATION_METHOD",
		} {
			_, _, body := c.get(query, "application/did-url-dereferencing")
			require.Equal(t, "https://w3id.org/security#"+want, body.(object)["dereferencingMetadata"].(object)["error"].(object)["type"])
		}
	})
}
