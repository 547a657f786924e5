// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"bytes"
	_ "embed"
	"encoding/json"

	"github.com/piprate/json-gold/ld"
)

// The context of VC 2.0 is part of the program. It is W3C's, as the npm package
// @digitalbazaar/credentials-context carries it.
//
//go:embed contexts/credentials-v2.json
var credentialsV2 []byte

// canonicalRDF is RDFC-1.0 (which is URDNA2015 with SHA-256). Contexts are those that
// are part of the program or were supplied; a term that none of them knows refuses the
// document, because it would not be signed.
func canonicalRDF(v *Verifier, o Object) ([]byte, error) {
	raw, err := encode(o)
	if err != nil {
		return nil, err
	}
	// json-gold takes numbers as float64.
	var input any
	if err := json.Unmarshal(raw, &input); err != nil {
		return nil, Malformed.Errorf("%w", err)
	}
	if err := exactNumbers(o); err != nil {
		return nil, err
	}
	if o, ok := input.(Object); ok && o["@context"] == nil {
		return nil, Malformed.Errorf("no @context")
	}
	options := ld.NewJsonLdOptions("")
	options.Algorithm, options.Format = ld.AlgorithmURDNA2015, "application/n-quads"
	options.ProcessingMode, options.SafeMode = ld.JsonLd_1_1, true
	options.DocumentLoader = contextLoader{v.Contexts}
	normalized, err := ld.NewJsonLdProcessor().Normalize(input, options)
	if err != nil {
		return nil, Malformed.Errorf("JSON-LD: %w", err)
	}
	quads, ok := normalized.(string)
	if !ok || quads == "" {
		return nil, Malformed.Errorf("JSON-LD that says nothing")
	}
	return []byte(quads), nil
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
