// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// kind is a way in which resolution fails, with its name in both dialects (DID
// Resolution v1 section 11, DID Core 1.0 section 7.1.2) and its HTTP status
// (section 12.1).
type kind struct {
	name   string // behind https://www.w3.org/ns/did#, or a whole URL
	old    string
	status int
	title  string
}

const (
	errorVocabulary = "https://www.w3.org/ns/did#"
	security        = "https://w3id.org/security#" // of Controlled Identifiers 1.0 section 3.5; 500 is what the binding asks for
)

var (
	invalidDID       = kind{"INVALID_DID", "invalidDid", http.StatusBadRequest, "The DID is malformed."}
	invalidURL       = kind{"INVALID_DID_URL", "invalidDidUrl", http.StatusBadRequest, "The DID URL is malformed."}
	invalidOptions   = kind{"INVALID_OPTIONS", "invalidOptions", http.StatusBadRequest, "An option has no such value."}
	notFound         = kind{"NOT_FOUND", "notFound", http.StatusNotFound, "There is no such DID, version or part."}
	notAcceptable    = kind{"REPRESENTATION_NOT_SUPPORTED", "representationNotSupported", http.StatusNotAcceptable, "The answer cannot be given in that form."}
	methodNotHere    = kind{"METHOD_NOT_SUPPORTED", "methodNotSupported", http.StatusNotImplemented, "DIDs of this method are not resolved here."}
	notSupported     = kind{"FEATURE_NOT_SUPPORTED", "featureNotSupported", http.StatusNotImplemented, "This is not supported here."}
	notAMethod       = kind{security + "INVALID_VERIFICATION_METHOD", "invalidVerificationMethod", http.StatusInternalServerError, "The fragment names no key."}
	notForThat       = kind{security + "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD", "invalidRelationshipForVerificationMethod", http.StatusInternalServerError, "The key is not for that."}
	internalTrouble  = kind{"INTERNAL_ERROR", "internalError", http.StatusInternalServerError, "The DID could not be resolved now."}
	errUnreachable   = "the ledger could not be asked"
	errNotConfigured = errors.New("no identity contract is configured")
)

// Error is why something was not resolved.
type Error struct {
	kind   kind
	detail string
	cause  error // not shown
}

// Error implements error.
func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.kind.name, e.detail, e.cause)
	}
	return e.kind.name + ": " + e.detail
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Status is the HTTP status that answers the error.
func (e *Error) Status() int { return e.kind.status }

func (k kind) because(format string, args ...any) *Error {
	return &Error{kind: k, detail: fmt.Sprintf(format, args...)}
}

// problem is the error in DID Resolution v1, an RFC 9457 problem.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
}

// in is the error as a dialect has it: an object, or in that of DID Core 1.0 one
// word.
func (e *Error) in(d dialect) any {
	if d == core {
		return e.kind.old
	}
	name := e.kind.name
	if !strings.Contains(name, "#") {
		name = errorVocabulary + name
	}
	return problem{Type: name, Title: e.kind.title, Detail: e.detail}
}

func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{kind: internalTrouble, detail: errUnreachable, cause: err}
}
