// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
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

// Bounds of a document in JSON-LD. RDFC-1.0 tries the orders of nodes that it cannot tell
// apart, whose number has no bound (RDF Dataset Canonicalization section 7.1), and json-gold
// compares each value of a member with those before it.
const (
	maxValues = 2_000 // members and elements
	maxAlike  = 12    // nodes without an id that say the same of themselves as another
)

// canonicalRDF is RDFC-1.0 (which is URDNA2015 with SHA-256). Contexts are those that
// are part of the program or were supplied. What would be left out of the statements,
// and so not be signed, refuses the document; so does what says the same statements in
// other members than the signer's, because members are what is read here.
func canonicalRDF(v *Verifier, o Object) ([]byte, error) {
	if n := values(o); n > maxValues {
		return nil, Malformed.Errorf("%d members and elements under a JSON-LD proof, at most %d", n, maxValues)
	}
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
	if err := toldApart(statements); err != nil {
		return nil, err
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

// values counts the members and elements in a value.
func values(v any) (n int) {
	switch v := v.(type) {
	case Object:
		for _, inner := range v {
			n += 1 + values(inner)
		}
	case []any:
		for _, inner := range v {
			n += 1 + values(inner)
		}
	}
	return n
}

// toldApart returns CREDENTIAL_MALFORMED where more nodes than a few are alike. Nodes without
// an id form trees, as none can be named, so that few of them have few orders. Of graphs
// without an id none may be alike, because each is in all of its statements.
func toldApart(statements *ld.RDFDataset) error {
	says := map[string][]string{}
	for _, quads := range statements.Graphs {
		for _, q := range quads {
			for _, node := range []ld.Node{q.Subject, q.Object, q.Graph} {
				if ld.IsBlankNode(node) {
					says[node.GetValue()] = append(says[node.GetValue()], seenFrom(node, q))
				}
			}
		}
	}
	alike := map[string][]string{}
	for id, all := range says {
		slices.Sort(all)
		same := strings.Join(all, "")
		alike[same] = append(alike[same], id)
	}
	n := 0
	for _, ids := range alike {
		if len(ids) == 1 {
			continue
		}
		if n += len(ids); n > maxAlike || slices.ContainsFunc(ids, func(id string) bool { return statements.Graphs[id] != nil }) {
			return Malformed.Errorf("JSON-LD with parts that cannot be told apart: give them ids")
		}
	}
	return nil
}

// seenFrom is a statement as one of its nodes without an id sees it (RDFC-1.0 section 4.6).
func seenFrom(self ld.Node, q *ld.Quad) (said string) {
	for _, node := range []ld.Node{q.Subject, q.Predicate, q.Object, q.Graph} {
		switch {
		case node == nil:
		case node == self:
			said += "_:a "
		case ld.IsBlankNode(node):
			said += "_:z "
		default:
			said += strconv.Quote(node.GetValue()) + " "
		}
	}
	return said
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
					if s, ok := id.(string); !ok || s != "@json" && !absolute(s) {
						return Malformed.Errorf("%.160v is no absolute URL, by the contexts", id)
					}
				}
				continue
			case "@value", "@language":
				continue
			case "@graph", "@list", "@set":
			default:
				if !absolute(name) {
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

// absolute tells URLs from all else, among it names of nodes that count in the document alone.
func absolute(s string) bool { return !strings.HasPrefix(s, "_:") && ld.IsAbsoluteIri(s) }

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
