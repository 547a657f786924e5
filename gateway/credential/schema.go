// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"github.com/gowebpki/jcs"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// SchemaDigest is the digest by which a JSON Schema is registered: SHA-256 of its
// canonical JSON (RFC 8785), hex.
func SchemaDigest(schema []byte) (string, error) {
	if _, err := decodeObject(schema); err != nil {
		return "", err
	}
	canonical, err := jcs.Transform(schema)
	if err != nil {
		return "", Malformed.Errorf("not canonical JSON: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// schemasOf checks a credential of VC 2.0 against the schemas that it names.
func (c *checks) schemasOf(o Object, v view) {
	for _, s := range v.schemas {
		if text(s, "type") != "JsonSchema" {
			c.judge(Schema, Unsupported.Errorf("schema of type %.60q, JsonSchema is accepted", text(s, "type")), "")
			return
		}
	}
	if c.Of(Schema).Outcome == Failed { // of another type than asked for
		return
	}
	if len(v.schemas) == 0 {
		if len(c.demand.Types) > 0 {
			c.judge(Schema, nil, "of type %v; no schema is named", v.types)
			return
		}
		c.note(Schema, NotChecked, "the credential names no schema")
		return
	}
	for _, s := range v.schemas {
		if err := c.conforms(text(s, "id"), o, false); err != nil {
			c.judge(Schema, err, "")
			return
		}
	}
	c.judge(Schema, nil, "as %s asks for", text(v.schemas[0], "id"))
}

// schemaOfType checks an SD-JWT VC against the schema that its vct names, if that is a
// registered one. What the holder kept back cannot be asked for.
func (c *checks) schemaOfType(vct string, claims Object, hidden int) {
	ref := schemaRef(vct)
	switch {
	case c.Of(Schema).Outcome == Failed:
	case ref != "":
		c.judge(Schema, c.conforms(vct, claims, hidden > 0), "as %s asks for", vct)
	case len(c.demand.Types) > 0:
		c.judge(Schema, nil, "of type %s; it names no registered schema", vct)
	default:
		c.note(Schema, NotChecked, "the type names no registered schema")
	}
}

// conforms returns SCHEMA_MISMATCH unless a value is what a schema asks for. The
// schema's content was supplied; a registered one has to have the registered digest.
func (c *checks) conforms(id string, o Object, partly bool) error {
	content, supplied := c.Schemas[id]
	if !supplied {
		return SchemaMismatch.Errorf("the content of %.160s is not at hand; supply it", id)
	}
	if ref := schemaRef(id); ref != "" {
		if c.Ledger == nil {
			return NotRegistryHere.Errorf("the registry of schemas is on it")
		}
		registered, err := c.Ledger.Schema(c.ctx, ref)
		if err != nil {
			return err
		}
		digest, err := SchemaDigest(content)
		if err != nil {
			return err
		}
		if digest != registered.Digest {
			return SchemaMismatch.Errorf("the content that was supplied for %s has digest %s, registered is %s", ref, digest, registered.Digest)
		}
	}
	return validate(content, o, partly)
}

// validate returns SCHEMA_MISMATCH unless the value is what the schema asks for.
// Nothing is fetched: a schema refers within itself only.
func validate(schema []byte, o Object, partly bool) error {
	content, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return SchemaMismatch.Errorf("the schema is not JSON: %w", err)
	}
	if partly {
		content = withoutRequired(content)
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(noLoader{})
	const here = "urn:komsco:schema"
	if err := compiler.AddResource(here, content); err != nil {
		return SchemaMismatch.Errorf("the schema: %w", err)
	}
	compiled, err := compiler.Compile(here)
	if err != nil {
		return SchemaMismatch.Errorf("the schema: %w", err)
	}
	raw, err := encode(o)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return SchemaMismatch.Errorf("%w", err)
	}
	if err := compiled.Validate(value); err != nil {
		return SchemaMismatch.Errorf("%.400s", strings.ReplaceAll(err.Error(), "\n", " "))
	}
	return nil
}

// withoutRequired is the schema for what is shown of a whole.
func withoutRequired(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, inner := range v {
			if _, list := inner.([]any); list && name == "required" {
				continue
			}
			out[name] = withoutRequired(inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = withoutRequired(inner)
		}
		return out
	default:
		return v
	}
}

type noLoader struct{}

// Load implements jsonschema.URLLoader.
func (noLoader) Load(url string) (any, error) {
	return nil, errors.New("schema " + url + " is not at hand")
}

// Schemas are JSON Schemas by their URL. A registered one is compared with its digest
// on the ledger; for others who supplies them vouches.
type Schemas map[string]json.RawMessage
