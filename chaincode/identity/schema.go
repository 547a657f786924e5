// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"net/url"
	"strconv"
)

// TypSchema and TypDeprecation are the typ of statements about schemas.
const (
	TypSchema      = "schema+jws"
	TypDeprecation = "schema-deprecation+jws"
)

// maxVersion bounds a schema's version.
const maxVersion = 9999

// RegisterSchema publishes a version of a schema of the signer's, for good.
type RegisterSchema struct {
	Chaincode string `json:"chaincode"`
	Channel   string `json:"channel"`
	Digest    string `json:"digest"` // SHA-256 of the JSON Schema's canonical JSON (RFC 8785), hex
	Name      string `json:"name"`   // 1 to 48 of a-z 0-9 -
	Network   string `json:"network"`
	URI       string `json:"uri"` // where to get it; what counts is the digest
	V         int    `json:"v"`
	Version   int    `json:"version"` // 1 to 9999
}

// Typ implements Payload.
func (RegisterSchema) Typ() string { return TypSchema }

func (r RegisterSchema) place() (int, Place) {
	return r.V, Place{r.Network, r.Channel, r.Chaincode}
}

// Validate checks the form. It returns INVALID_STATEMENT.
func (r RegisterSchema) Validate() error {
	if err := CheckName("schema", r.Name); err != nil {
		return err
	}
	if r.Version < 1 || r.Version > maxVersion {
		return InvalidStatement.Errorf("version %d: 1 to %d", r.Version, maxVersion)
	}
	if !isDigest(r.Digest) {
		return InvalidStatement.Errorf("digest %.80q is not a SHA-256 digest in 64 lower-case hex digits", r.Digest)
	}
	if _, err := url.Parse(r.URI); err != nil || !uri.MatchString(r.URI) || len(r.URI) > maxEndpoint {
		return InvalidStatement.Errorf("uri %.80q is not an absolute URI of at most %d bytes", r.URI, maxEndpoint)
	}
	return nil
}

// DeprecateSchema says that another schema takes the place of one of the
// signer's. What was issued under the old one stays valid.
type DeprecateSchema struct {
	Chaincode string    `json:"chaincode"`
	Channel   string    `json:"channel"`
	Name      string    `json:"name"`
	Network   string    `json:"network"`
	Successor SchemaRef `json:"successor"`
	V         int       `json:"v"`
	Version   int       `json:"version"`
}

// Typ implements Payload.
func (DeprecateSchema) Typ() string { return TypDeprecation }

func (r DeprecateSchema) place() (int, Place) {
	return r.V, Place{r.Network, r.Channel, r.Chaincode}
}

// Validate checks the form. It returns INVALID_STATEMENT.
func (r DeprecateSchema) Validate() error {
	if err := CheckName("schema", r.Name); err != nil {
		return err
	}
	_, _, _, err := r.Successor.Split()
	return err
}

// Schema is a version of a schema. Nothing of it changes but that it is deprecated,
// once.
type Schema struct {
	Ref          SchemaRef `json:"ref"`
	Owner        string    `json:"owner"` // DID
	Digest       string    `json:"digest"`
	URI          string    `json:"uri"`
	Registered   int64     `json:"registered"` // Unix seconds
	Statement    string    `json:"statement"`  // digest
	DeprecatedBy SchemaRef `json:"deprecatedBy,omitempty"`
	Deprecated   int64     `json:"deprecated,omitempty"` // Unix seconds
}

// Deprecate returns SCHEMA_STATE unless nothing took the schema's place yet.
func (s Schema) Deprecate(successor SchemaRef, now int64) (Schema, error) {
	if s.DeprecatedBy != "" || successor == s.Ref {
		return s, SchemaState.Errorf("%s: its successor is %q and cannot become %q", s.Ref, string(s.DeprecatedBy), string(successor))
	}
	s.DeprecatedBy, s.Deprecated = successor, now
	return s, nil
}

// SchemaQuery asks for a schema.
type SchemaQuery struct {
	Ref SchemaRef `json:"ref"`
}

// Validate checks the form.
func (q SchemaQuery) Validate() error {
	_, _, _, err := q.Ref.Split()
	return err
}

func itoa(n int) string { return strconv.Itoa(n) }

// atoi reads a version in its one spelling.
func atoi(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1 && n <= maxVersion && strconv.Itoa(n) == s
}
