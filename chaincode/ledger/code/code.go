// SPDX-License-Identifier: Apache-2.0

// Package code holds coded errors: every refusal of the platform has a stable
// code, a kind from which HTTP and gRPC answers are derived, and a sentence
// with the figures.
//
// A code is declared once, in the registry of its chaincode:
//
//	var Codes = code.NewRegistry("currency")
//	var InsufficientFunds = Codes.New("INSUFFICIENT_FUNDS", code.Rule, "The purse holds less than the order spends.")
//
// and raised with its figures:
//
//	return InsufficientFunds.Errorf("needs %d won, %d may be spent here", need, have)
//
// Callers test with errors.Is(err, currency.InsufficientFunds).
package code

import (
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"
)

// Kind says what sort of refusal a code is. Transport answers follow from it.
type Kind int

// The kinds of refusal.
const (
	Invalid      Kind = iota + 1 // the request itself is malformed, whatever the state
	Unauthorized                 // nobody proved to be the one who may ask
	Forbidden                    // the one who asks is known and may not
	NotFound                     // what the request names does not exist
	Conflict                     // the state moved on: used sequence numbers, ids taken
	Rule                         // well-formed and authorised, but a rule of money says no
	Internal                     // a defect or a damaged ledger; never the caller's fault
)

// Status is the HTTP status that answers this kind (RFC 9110 section 15).
func (k Kind) Status() int {
	switch k {
	case Invalid:
		return 400
	case Unauthorized:
		return 401
	case Forbidden:
		return 403
	case NotFound:
		return 404
	case Conflict:
		return 409
	case Rule:
		return 422
	default:
		return 500
	}
}

// Code is one declared refusal. It is itself an error, the target of errors.Is.
type Code struct {
	Name    string // stable, upper case, e.g. INSUFFICIENT_FUNDS
	Kind    Kind
	Meaning string // one line for the documentation
}

// Error returns the bare code name.
func (c *Code) Error() string { return c.Name }

// Errorf raises the code with a sentence that carries the figures. A %w verb
// wraps as it does in fmt.Errorf.
func (c *Code) Errorf(format string, args ...any) error {
	return &Error{Code: c, detail: fmt.Errorf(format, args...)}
}

// Error is a raised code: "CODE: sentence with the figures".
type Error struct {
	Code   *Code
	detail error
}

// Error returns the one-line form in which the error crosses a transport.
func (e *Error) Error() string { return e.Code.Name + ": " + e.detail.Error() }

// Detail returns the sentence without the code.
func (e *Error) Detail() string { return e.detail.Error() }

// Unwrap lets errors.Is find the code and whatever the sentence wraps.
func (e *Error) Unwrap() []error { return []error{e.Code, e.detail} }

// Of returns the outermost coded error in err's tree, or nil.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Registry lists the codes of one chaincode.
type Registry struct {
	Name   string
	byName map[string]*Code
}

// NewRegistry returns the empty registry of a chaincode. Codes every chaincode
// shares (see shared.go) are part of it from the start.
func NewRegistry(name string) *Registry {
	r := &Registry{Name: name, byName: map[string]*Code{}}
	for _, c := range shared {
		r.byName[c.Name] = c
	}
	return r
}

var validName = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)

// New declares a code. A name that is malformed or declared twice panics: it is
// a mistake in the source, found by the first test that runs.
func (r *Registry) New(name string, kind Kind, meaning string) *Code {
	if !validName.MatchString(name) || meaning == "" {
		panic(fmt.Sprintf("code %q of %s: needs an upper-case name and a meaning", name, r.Name))
	}
	if _, taken := r.byName[name]; taken {
		panic(fmt.Sprintf("code %s of %s is declared twice", name, r.Name))
	}
	c := &Code{Name: name, Kind: kind, Meaning: meaning}
	r.byName[name] = c
	return c
}

// Share takes a code of another registry into this one, for a chaincode that
// refuses with what another one told it.
func (r *Registry) Share(c *Code) *Code {
	if have, taken := r.byName[c.Name]; taken && have != c {
		panic(fmt.Sprintf("code %s of %s is declared twice", c.Name, r.Name))
	}
	r.byName[c.Name] = c
	return c
}

// Lookup returns the code of that name, or nil.
func (r *Registry) Lookup(name string) *Code { return r.byName[name] }

// All returns every code sorted by name.
func (r *Registry) All() []*Code {
	all := make([]*Code, 0, len(r.byName))
	for _, c := range r.byName {
		all = append(all, c)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all
}

var inMessage = regexp.MustCompile(`\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*): `)

// Parse finds a declared code in a message that crossed a transport, such as
// "chaincode response 422, INSUFFICIENT_FUNDS: needs 5000 won". The first one
// counts, the detail being the rest of its line. It returns nil when the message
// carries no code of this registry.
func (r *Registry) Parse(message string) *Error {
	for _, m := range inMessage.FindAllStringSubmatchIndex(message, -1) {
		if c := r.byName[message[m[2]:m[3]]]; c != nil {
			detail, _, _ := strings.Cut(message[m[1]:], "\n")
			return &Error{Code: c, detail: errors.New(detail)}
		}
	}
	return nil
}
