// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"mime"
	"strconv"
	"strings"
)

// dialect is how errors are named and what a document's media type is called.
type dialect int

const (
	v1   dialect = iota // DID Resolution v1
	core                // DID Core 1.0, as the Universal Resolver's older clients expect
)

// shape is what an answer holds.
type shape int

const (
	result       shape = iota // a DID resolution result
	dereferenced              // a DID URL dereferencing result
	bare                      // a document, or what a DID URL leads to
	redirect                  // to the URL of a service
)

// form is one form that an answer may take.
type form struct {
	shape   shape
	dialect dialect
	media   string // of the answer
	content string // of the document in it
}

const profile = "https://w3id.org/did-resolution"

var forms = map[string]form{
	"application/did-resolution":        {result, v1, "application/did-resolution", "application/did"},
	"application/did-url-dereferencing": {dereferenced, v1, "application/did-url-dereferencing", "application/did"},
	"application/did":                   {bare, v1, "application/did", "application/did"},
	"application/json":                  {result, v1, "application/json", "application/did"},
	"application/did+ld+json":           {bare, core, "application/did+ld+json", "application/did+ld+json"},
	"application/did+json":              {bare, core, "application/did+json", "application/did+json"},
	"application/ld+json":               {bare, core, "application/ld+json", "application/did+ld+json"},
	"text/uri-list":                     {redirect, v1, "application/did-url-dereferencing", "text/uri-list"},
	"profile":                           {result, core, `application/ld+json;profile="` + profile + `"`, "application/did+ld+json"},
}

// negotiate chooses the form by an Accept header (RFC 9110 section 12.5.1): the
// highest quality, and of several the first. Without a wish the answer is the
// whole result. found is false if nothing acceptable can be given.
func negotiate(accept string, dereferences bool) (chosen form, found bool) {
	otherwise := forms["application/did-resolution"]
	if dereferences {
		otherwise = forms["application/did-url-dereferencing"]
	}
	if strings.TrimSpace(accept) == "" {
		return otherwise, true
	}
	best := 0.0
	for _, wish := range strings.Split(accept, ",") {
		media, parameters, err := mime.ParseMediaType(wish)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, given := parameters["q"]; given {
			if quality, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		f, known := forms[media]
		switch {
		case media == "application/ld+json" && parameters["profile"] == profile:
			f = forms["profile"]
		case media == "*/*" || media == "application/*":
			f, known = otherwise, true
		}
		if known && quality > best {
			chosen, best = f, quality
		}
	}
	return chosen, best > 0
}
