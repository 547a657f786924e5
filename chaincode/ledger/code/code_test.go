// SPDX-License-Identifier: Apache-2.0

package code_test

import (
	"errors"
	"fmt"
	"io"
	"sort"
	"testing"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestErrorf(t *testing.T) {
	codes := code.NewRegistry("test")
	poor := codes.New("POOR", code.Rule, "Not enough.")
	err := fmt.Errorf("item 3: %w", poor.Errorf("needs %d won: %w", 500, io.EOF))

	if got := err.Error(); got != "item 3: POOR: needs 500 won: EOF" {
		t.Error(got)
	}
	if !errors.Is(err, poor) || !errors.Is(err, io.EOF) || errors.Is(err, code.BadRequest) {
		t.Error("errors.Is does not find the code and what the sentence wraps")
	}
	coded := code.Of(err)
	if coded == nil || coded.Code != poor || coded.Detail() != "needs 500 won: EOF" {
		t.Errorf("of the error: %+v", coded)
	}
	outer := code.Broken.Errorf("while paying: %w", err)
	if code.Of(outer).Code != code.Broken || !errors.Is(outer, poor) {
		t.Error("the outermost code does not count")
	}
	if code.Of(io.EOF) != nil || code.Of(nil) != nil {
		t.Error("an error without a code has one")
	}
	if poor.Error() != "POOR" {
		t.Error(poor.Error())
	}
}

func TestRegistry(t *testing.T) {
	codes := code.NewRegistry("test")
	poor := codes.New("POOR", code.Rule, "Not enough.")
	if codes.Lookup("POOR") != poor || codes.Lookup("BAD_JWS") != code.BadJWS || codes.Lookup("RICH") != nil {
		t.Error("lookup")
	}
	if code.NewRegistry("other").Lookup("POOR") != nil {
		t.Error("registries share what one declared")
	}
	all := codes.All()
	if !sort.SliceIsSorted(all, func(i, j int) bool { return all[i].Name < all[j].Name }) || len(all) != len(code.NewRegistry("x").All())+1 {
		t.Errorf("all: %v", all)
	}
	for name, declare := range map[string]func(){
		"twice":                      func() { _ = codes.New("POOR", code.Rule, "Again.") },
		"a shared one":               func() { _ = codes.New("BAD_JWS", code.Rule, "Again.") },
		"small letters":              func() { _ = codes.New("Poor", code.Rule, "Again.") },
		"a line at the end":          func() { _ = codes.New("POORER_", code.Rule, "Again.") },
		"a digit first":              func() { _ = codes.New("1POOR", code.Rule, "Again.") },
		"nothing":                    func() { _ = codes.New("", code.Rule, "Again.") },
		"no meaning":                 func() { _ = codes.New("POORER", code.Rule, "") },
		"a space, as no code has it": func() { _ = codes.New("POO RER", code.Rule, "Again.") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("was declared")
				}
			}()
			declare()
		})
	}
}

func TestParse(t *testing.T) {
	codes := code.NewRegistry("test")
	_ = codes.New("POOR", code.Rule, "Not enough.")
	_ = codes.New("TOO_POOR_2", code.Rule, "Not nearly enough.")
	for message, want := range map[string]string{
		"POOR: needs 5": "POOR: needs 5",
		"chaincode response 422, TOO_POOR_2: needs 5":             "TOO_POOR_2: needs 5",
		"ENDORSE: chaincode response 422, POOR: needs 5":          "POOR: needs 5",
		"TLS: DNS: POOR: needs 5":                                 "POOR: needs 5",
		"POOR: payload TOO_POOR_2: x":                             "POOR: payload TOO_POOR_2: x",
		"rpc error\nchaincode response 422, POOR: needs 5\nsince": "POOR: needs 5",
		"POOR: ":        "POOR: ",
		"POOR":          "",
		"POOR:needs":    "",
		"NOT_POOR: x":   "",
		"XPOOR: x":      "",
		"POOR_: x":      "",
		"poor: needs 5": "",
		"":              "",
	} {
		got := codes.Parse(message)
		if want == "" && got != nil || want != "" && (got == nil || got.Error() != want) {
			t.Errorf("%q parses to %v, want %q", message, got, want)
		}
	}
	// What was raised is found again.
	err := code.BadRequest.Errorf("v is %q", "POOR: x")
	if got := codes.Parse("chaincode response 400, " + err.Error()); got == nil || got.Error() != err.Error() || !errors.Is(got, code.BadRequest) {
		t.Errorf("%v became %v", err, got)
	}
}

func TestKindsHaveTheirStatus(t *testing.T) {
	for kind, want := range map[code.Kind]int{
		code.Invalid: 400, code.Unauthorized: 401, code.Forbidden: 403, code.NotFound: 404, code.Conflict: 409, code.Rule: 422,
		code.Internal: 500, 0: 500, 99: 500,
	} {
		if got := kind.Status(); got != want {
			t.Errorf("kind %d has status %d, want %d", kind, got, want)
		}
	}
}
