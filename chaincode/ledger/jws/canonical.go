// SPDX-License-Identifier: Apache-2.0

package jws

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Canonical encodes v as canonical JSON (RFC 8785). v must be a struct whose
// fields stand in the alphabetical order of their JSON names, with integers
// below 2^53 and strings without U+2028 and U+2029; a test holds the order
// types of every chaincode to that.
func Canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// DecodeCanonical reads canonical JSON into v and refuses every other spelling
// of the same value: unknown or repeated members, white space, another order,
// another case of a name, numbers such as 1.0 or 1e3.
func DecodeCanonical(data []byte, v any) error {
	if err := DecodeStrict(data, v); err != nil {
		return err
	}
	again, err := Canonical(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, data) {
		return fmt.Errorf("is not canonical JSON (RFC 8785): expected %.400s", again)
	}
	return nil
}

// DecodeStrict reads one JSON value into v and refuses unknown and repeated
// members, names in another case, invalid UTF-8 and anything behind the value.
func DecodeStrict(data []byte, v any) error {
	err := strict.Unmarshal(data, v, strict.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	return fmt.Errorf("is not the expected JSON: %s", describe(err))
}

// describe says what is wrong with JSON in its own terms, not in Go's.
func describe(err error) string {
	var semantic *strict.SemanticError
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &semantic) && errors.Is(err, strict.ErrUnknownName):
		return fmt.Sprintf("unknown field %q", semantic.JSONPointer.LastToken())
	case errors.As(err, &semantic):
		what := fmt.Sprintf("%.40s", []byte(semantic.JSONValue))
		if what == "" {
			what = map[jsontext.Kind]string{'n': "null", 't': "true", 'f': "false", '"': "a string", '0': "a number", '{': "an object", '[': "an array"}[semantic.JSONKind]
		}
		where := string(semantic.JSONPointer)
		if where == "" {
			return what + " stands for the whole"
		}
		return fmt.Sprintf("%s cannot stand at %s", what, where)
	case errors.As(err, &syntax):
		return fmt.Sprintf("%v at byte %d", syntax.Err, syntax.ByteOffset)
	default:
		return err.Error()
	}
}
