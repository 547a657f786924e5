// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	exact "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxSize bounds a credential or presentation in bytes.
const MaxSize = 1 << 20

// maxDepth bounds how deep JSON is nested.
const maxDepth = 32

// Object is a JSON object. Numbers are [json.Number], as they were written.
type Object = map[string]any

// decodeObject reads one JSON object. It returns CREDENTIAL_MALFORMED for repeated
// members, invalid UTF-8, anything behind the object, and too much of it.
func decodeObject(raw []byte) (Object, error) {
	v, err := decodeJSON(raw)
	if err != nil {
		return nil, err
	}
	o, ok := v.(Object)
	if !ok {
		return nil, Malformed.Errorf("a JSON object is needed")
	}
	return o, nil
}

func decodeJSON(raw []byte) (any, error) {
	if len(raw) > MaxSize {
		return nil, Malformed.Errorf("%d bytes, at most %d", len(raw), MaxSize)
	}
	// Strict first: encoding/json takes the last of two members and mends bad UTF-8.
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	for depth := 0; ; {
		token, err := d.ReadToken()
		if err != nil {
			return nil, Malformed.Errorf("not JSON: %w", err)
		}
		switch token.Kind() {
		case '{', '[':
			if depth++; depth > maxDepth {
				return nil, Malformed.Errorf("nested deeper than %d", maxDepth)
			}
		case '}', ']':
			depth--
		}
		if depth == 0 {
			break
		}
	}
	rest := raw[d.InputOffset():]
	if len(bytes.TrimLeft(rest, " \t\r\n")) > 0 {
		return nil, Malformed.Errorf("%d bytes behind the JSON value", len(rest))
	}
	var v any
	loose := json.NewDecoder(bytes.NewReader(raw))
	loose.UseNumber()
	if err := loose.Decode(&v); err != nil {
		return nil, Malformed.Errorf("not JSON: %w", err)
	}
	return v, nil
}

// Decode reads one JSON object of somebody else's into a struct. A member counts by its
// exact name alone, where encoding/json takes nonCe for nonce; numbers within any are
// [json.Number]. It returns CREDENTIAL_MALFORMED, also for all that [DecodeObject] refuses.
func Decode(raw []byte, into any) error {
	if _, err := decodeObject(raw); err != nil {
		return err
	}
	if err := exact.Unmarshal(raw, into, numbersAsWritten); err != nil {
		return Malformed.Errorf("%w", err)
	}
	return nil
}

var numbersAsWritten = exact.WithUnmarshalers(exact.UnmarshalFromFunc(func(d *jsontext.Decoder, v *any) error {
	if d.PeekKind() != '0' {
		return errors.ErrUnsupported // the default way
	}
	raw, err := d.ReadValue()
	*v = json.Number(raw)
	return err
}))

// AsWritten is an [Object] that [encoding/json] reads with numbers as they were written,
// where it makes 9007199254740992 of 9007199254740993.
type AsWritten map[string]any

// UnmarshalJSON implements [json.Unmarshaler].
func (o *AsWritten) UnmarshalJSON(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode((*map[string]any)(o))
}

// encode is the JSON of a value, without the escapes that HTML wants.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, Malformed.Errorf("%w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// normal turns what a caller built of Go values into plain JSON values.
func normal(v any) (Object, error) {
	raw, err := encode(v)
	if err != nil {
		return nil, err
	}
	return decodeObject(raw)
}

func text(o Object, name string) string {
	s, _ := o[name].(string)
	return s
}

// moment reads a NumericDate (RFC 7519): whole Unix seconds from 1. found is false
// where the member is left out.
func moment(o Object, name string) (at int64, found bool, err error) {
	v, found := o[name]
	if !found {
		return 0, false, nil
	}
	n, ok := v.(json.Number)
	if !ok {
		return 0, true, Malformed.Errorf("%s is not a number of seconds", name)
	}
	if at, err = n.Int64(); err != nil || at < 1 || at > 1<<40 {
		return 0, true, Malformed.Errorf("%s %s is not a number of whole Unix seconds from 1 to 2^40", name, n)
	}
	return at, true, nil
}

var b64 = base64.RawURLEncoding.Strict()

// decode64 reads base64url in its one spelling.
func decode64(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, Malformed.Errorf("line breaks in base64url")
	}
	raw, err := b64.DecodeString(s)
	if err != nil {
		return nil, Malformed.Errorf("not base64url without padding and stray bits")
	}
	return raw, nil
}

func encode64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
