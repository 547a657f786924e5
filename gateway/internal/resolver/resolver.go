// SPDX-License-Identifier: Apache-2.0

// Package resolver resolves DIDs and dereferences DID URLs (W3C DID Resolution
// v1, Candidate Recommendation of 2026), over HTTP as that specification and a
// driver of the Universal Resolver have it. did:komsco comes from the ledger;
// did:key and did:jwk say all of themselves.
package resolver

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Ledger is where did:komsco documents are kept.
type Ledger interface {
	Resolve(ctx context.Context, q identity.ResolveQuery) (identity.Resolved, error)
}

// Resolver resolves DIDs.
type Resolver struct {
	Ledger Ledger       // nil where there is no identity contract
	Log    *slog.Logger // may be nil
}

// Metadata is what is told about a document beside it (DID Resolution section
// 4.3). previousVersionId and method are terms of our own.
type Metadata struct {
	Created           string  `json:"created,omitempty"`
	Updated           string  `json:"updated,omitempty"`
	Deactivated       bool    `json:"deactivated,omitempty"`
	NextUpdate        string  `json:"nextUpdate,omitempty"`
	VersionID         string  `json:"versionId,omitempty"`
	NextVersionID     string  `json:"nextVersionId,omitempty"`
	PreviousVersionID string  `json:"previousVersionId,omitempty"`
	Method            *Method `json:"method,omitempty"`
}

// Method is what did:komsco tells of a version.
type Method struct {
	Status        identity.Status  `json:"status"`
	Operation     string           `json:"operation"` // digest of the operation that made the version, hex
	Tx            string           `json:"tx"`
	Control       identity.Quorum  `json:"control"`
	Recovery      *identity.Quorum `json:"recovery,omitempty"`
	NextKeyHashes []string         `json:"nextKeyHashes,omitempty"`
}

// Resolution is a document with its metadata. Document is nil where the DID is
// deactivated.
type Resolution struct {
	Document *identity.Document
	Metadata Metadata
}

// Resolve resolves the DID of a request. The error is an [*Error].
func (r *Resolver) Resolve(ctx context.Context, q Request) (Resolution, error) {
	switch {
	case strings.HasPrefix(q.DID, identity.Prefix):
		return r.komsco(ctx, q)
	case strings.HasPrefix(q.DID, "did:key:"), strings.HasPrefix(q.DID, "did:jwk:"):
		if q.Version > 0 {
			return Resolution{}, notSupported.because("versionId: a document of this method has no versions")
		}
		d, err := identity.KeyDocument(q.DID)
		if err != nil {
			return Resolution{}, invalidDID.because("%v", err)
		}
		return Resolution{Document: &d}, nil
	default:
		method, _, _ := strings.Cut(strings.TrimPrefix(q.DID, "did:"), ":")
		return Resolution{}, methodNotHere.because("did:%.40s; did:komsco, did:key and did:jwk are resolved here", method)
	}
}

func (r *Resolver) komsco(ctx context.Context, q Request) (Resolution, error) {
	query := identity.ResolveQuery{DID: q.DID, Version: q.Version, Time: q.Time}
	if err := query.Validate(); err != nil {
		return Resolution{}, invalidDID.because("%v", err)
	}
	if r.Ledger == nil {
		return Resolution{}, asError(errNotConfigured)
	}
	found, err := r.Ledger.Resolve(ctx, query)
	switch {
	case errors.Is(err, identity.DIDUnknown), errors.Is(err, identity.VersionUnknown):
		return Resolution{}, notFound.because("%s", detailOf(err))
	case err != nil:
		return Resolution{}, asError(err)
	}
	metadata := Describe(found)
	if metadata.Deactivated {
		return Resolution{Metadata: metadata}, nil
	}
	d := found.Version.State.Document(found.Version.DID)
	return Resolution{Document: &d, Metadata: metadata}, nil
}

// Describe is the metadata of a version of a did:komsco document.
func Describe(found identity.Resolved) Metadata {
	v := found.Version
	m := Metadata{
		Created: stamp(found.Head.Created), VersionID: strconv.FormatInt(v.Number, 10), Deactivated: v.State.Status == identity.Deactivated,
		Method: &Method{
			Status: v.State.Status, Operation: v.Digest, Tx: v.Tx,
			Control: v.State.Control, Recovery: v.State.Recovery, NextKeyHashes: v.State.NextKeyHashes,
		},
	}
	if v.Number > 1 {
		m.Updated, m.PreviousVersionID = stamp(v.Time), strconv.FormatInt(v.Number-1, 10)
	}
	if v.Number < found.Head.Version {
		m.NextUpdate, m.NextVersionID = stamp(found.Next), strconv.FormatInt(v.Number+1, 10)
	}
	return m
}

// detailOf is the sentence of a refusal, which the ledger's answer wraps.
func detailOf(err error) string {
	if refused := code.Of(err); refused != nil {
		return refused.Detail()
	}
	return err.Error()
}

func stamp(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }

// Part is what a DID URL leads to: a document, one with the services asked for
// alone, or a part of one.
type Part struct {
	Content  any      // nil where the DID is deactivated
	URLs     []string // of the services asked for, in the document's order
	Metadata Metadata
	astray   error // why a service has no URL here
}

// Dereference follows a DID URL (DID Resolution section 5.4). The error is an
// [*Error].
func (r *Resolver) Dereference(ctx context.Context, q Request) (Part, error) {
	if q.Path != "" {
		return Part{}, notFound.because("a path in a DID URL; a service with relativeRef leads to one")
	}
	found, err := r.Resolve(ctx, q)
	if err != nil {
		return Part{}, err
	}
	if found.Document == nil {
		return Part{Metadata: found.Metadata}, nil
	}
	d := *found.Document
	switch {
	case q.selects():
		if d.Service = selected(d, q); len(d.Service) == 0 {
			return Part{}, notFound.because("the document has no service of id %.40q, type %.40q (empty: any)", q.Service, q.ServiceType)
		}
		part := Part{Content: d, Metadata: found.Metadata}
		for _, s := range d.Service {
			to, err := follow(s.Endpoint, q.Relative, q.Fragment)
			if err != nil {
				part.astray = err // of interest only to who wants to go there
				continue
			}
			part.URLs = append(part.URLs, to)
		}
		return part, nil
	case q.Fragment == "":
		return Part{Content: d, Metadata: found.Metadata}, nil
	default:
		content, err := fragment(d, d.ID+"#"+q.Fragment, q.Relationship)
		return Part{Content: content, Metadata: found.Metadata}, err
	}
}

// selected are the services of an id, as a fragment or a whole URL, and of a type.
func selected(d identity.Document, q Request) []identity.ServiceEntry {
	id := q.Service
	if !strings.HasPrefix(id, "did:") {
		id = d.ID + "#" + strings.TrimPrefix(id, "#")
	}
	var all []identity.ServiceEntry
	for _, s := range d.Service {
		if (q.Service == "" || s.ID == id) && (q.ServiceType == "" || s.Type == q.ServiceType) {
			all = append(all, s)
		}
	}
	return all
}

// fragment is the key or service of an id. A key is asked for with a relationship
// where it has to serve that (section 5.4.2).
func fragment(d identity.Document, id, relationship string) (any, error) {
	for _, m := range d.VerificationMethod {
		if m.ID != id {
			continue
		}
		if relationship != "" && !slices.Contains(d.Relationship(identity.Purpose(relationship)), id) {
			return nil, notForThat.because("%s is not for %.40s", id, relationship)
		}
		return keyPart{d.Context, m}, nil
	}
	for _, s := range d.Service {
		if s.ID != id {
			continue
		}
		if relationship != "" {
			return nil, notAMethod.because("%s is a service", id)
		}
		return servicePart{d.Context, s}, nil
	}
	return nil, notFound.because("the document has nothing of the id %.160s", id)
}

// keyPart and servicePart are parts of a document, with what their terms mean.
type keyPart struct {
	Context []any `json:"@context"`
	identity.VerificationMethod
}

type servicePart struct {
	Context []any `json:"@context"`
	identity.ServiceEntry
}

// follow is the URL of a service's endpoint, a reference relative to it and a
// fragment (RFC 3986 section 5).
func follow(endpoint, relative, fragment string) (string, error) {
	to, err := url.Parse(endpoint)
	if err != nil {
		return "", asError(err)
	}
	if relative != "" {
		ref, err := url.Parse(relative)
		if err != nil || to.Opaque != "" {
			return "", invalidURL.because("%.80q has no place for relativeRef %.80q", endpoint, relative)
		}
		to = to.ResolveReference(ref)
	}
	if fragment != "" {
		if to.Fragment != "" {
			return "", invalidURL.because("the service's URL has a fragment already")
		}
		to.Fragment = fragment
	}
	return to.String(), nil
}
