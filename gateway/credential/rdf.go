// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"maps"
	"strings"

	"github.com/piprate/json-gold/ld"
)

// The context of VC 2.0 is part of the program. It is W3C's, as the npm package
// @digitalbazaar/credentials-context carries it.
//
//go:embed contexts/credentials-v2.json
var credentialsV2 []byte

// credentialsOf is what verifiableCredential stands for in the context of VC 2.0.
const credentialsOf = "https://www.w3.org/2018/credentials#verifiableCredential" //nolint:gosec // a name

// canonicalRDF is RDFC-1.0 (which is URDNA2015 with SHA-256). Contexts are those that
// are part of the program or were supplied. What would be left out of the statements,
// and so not be signed, refuses the document; so does what says the same statements in
// other members than the signer's, because members are what is read here.
func canonicalRDF(v *Verifier, o Object) ([]byte, error) {
	options := ld.NewJsonLdOptions("")
	options.Algorithm, options.Format = ld.AlgorithmURDNA2015, "application/n-quads"
	options.ProcessingMode, options.SafeMode = ld.JsonLd_1_1, true
	options.DocumentLoader = contextLoader{v.Contexts}
	var inner []any
	if shown, err := objects(o, "verifiableCredential"); err != nil {
		return nil, err
	} else if len(shown) > 0 {
		// Each is a document of its own, in a graph of its own: its context is null in the context of VC 2.0, which json-gold
		// 0.9 loses sight of the graph for.
		o = maps.Clone(o)
		delete(o, "verifiableCredential")
		for _, credential := range shown {
			graph, err := expanded(credential, options)
			if err != nil {
				return nil, err
			}
			inner = append(inner, Object{"@graph": graph})
		}
	}
	document, err := expanded(o, options)
	if err != nil {
		return nil, err
	}
	if len(inner) > 0 {
		top, ok := document[0].(Object)
		if _, twice := top[credentialsOf]; !ok || twice || len(document) != 1 {
			return nil, Malformed.Errorf("JSON-LD: credentials in other members than verifiableCredential")
		}
		top[credentialsOf] = inner
	}
	api := ld.NewJsonLdApi()
	statements, err := api.ToRDF(document, options)
	if err != nil {
		return nil, Malformed.Errorf("JSON-LD: %w", err)
	}
	normalized, err := api.Normalize(statements, options)
	if err != nil {
		return nil, Malformed.Errorf("JSON-LD: %w", err)
	}
	quads, ok := normalized.(string)
	if !ok || quads == "" {
		return nil, Malformed.Errorf("JSON-LD that says nothing")
	}
	return []byte(quads), nil
}

// expanded is a document without its contexts.
func expanded(o Object, options *ld.JsonLdOptions) ([]any, error) {
	if err := plainLD(o); err != nil {
		return nil, err
	}
	if err := exactNumbers(o); err != nil {
		return nil, err
	}
	raw, err := encode(o)
	if err != nil {
		return nil, err
	}
	var input any // json-gold takes numbers as float64
	if err := json.Unmarshal(raw, &input); err != nil {
		return nil, Malformed.Errorf("%w", err)
	}
	document, err := ld.NewJsonLdProcessor().Expand(input, options)
	if err != nil {
		return nil, Malformed.Errorf("JSON-LD: %w", err)
	}
	if len(document) == 0 {
		return nil, Malformed.Errorf("JSON-LD that says nothing")
	}
	return document, signedWhole(document)
}

// plainLD returns CREDENTIAL_MALFORMED for JSON-LD that could say under another member
// what was signed under one: contexts that are not known by their URL, or stand further
// in, and keywords. Null is left out of what is signed.
func plainLD(o Object) error {
	contexts, ok := o["@context"].([]any)
	if !ok || len(contexts) == 0 {
		return Malformed.Errorf("no @context")
	}
	for _, c := range contexts {
		if _, ok := c.(string); !ok {
			return Malformed.Errorf("@context with something else than URLs, under a JSON-LD proof")
		}
	}
	for name, v := range o {
		if name != "@context" {
			if err := plainMember(name, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func plainMember(name string, v any) error {
	if name != "@value" && name != "@language" && strings.HasPrefix(name, "@") || strings.Contains(name, ":") {
		return Malformed.Errorf("member %.60q under a JSON-LD proof", name)
	}
	switch v := v.(type) {
	case nil:
		return Malformed.Errorf("%.60s is null, which is not signed", name)
	case Object:
		for inner, v := range v {
			if err := plainMember(inner, v); err != nil {
				return err
			}
		}
	case []any:
		for _, v := range v {
			if err := plainMember(name, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// signedWhole returns CREDENTIAL_MALFORMED unless all of an expanded document becomes
// statements: names of things and types that are no absolute URLs do not.
func signedWhole(v any) error {
	switch v := v.(type) {
	case []any:
		for _, inner := range v {
			if err := signedWhole(inner); err != nil {
				return err
			}
		}
	case Object:
		for name, inner := range v {
			switch name {
			case "@id", "@type":
				for _, id := range ld.Arrayify(inner) {
					if s, ok := id.(string); !ok || s != "@json" && !ld.IsAbsoluteIri(s) {
						return Malformed.Errorf("%.160v is no absolute URL, by the contexts", id)
					}
				}
				continue
			case "@value", "@language":
				continue
			case "@graph", "@list", "@set":
			default:
				if strings.HasPrefix(name, "_:") || !ld.IsAbsoluteIri(name) {
					return Malformed.Errorf("%.160s is not signed", name)
				}
			}
			if err := signedWhole(inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// contextLoader gives contexts without asking any network.
type contextLoader struct{ supplied map[string]json.RawMessage }

// LoadDocument implements ld.DocumentLoader.
func (l contextLoader) LoadDocument(url string) (*ld.RemoteDocument, error) {
	raw, known := l.supplied[url]
	if url == ContextV2 {
		raw, known = credentialsV2, true
	}
	if !known {
		return nil, ld.NewJsonLdError(ld.LoadingDocumentFailed, "context "+url+" is not at hand; supply it")
	}
	document, err := ld.DocumentFromReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	return &ld.RemoteDocument{DocumentURL: url, Document: document}, nil
}
