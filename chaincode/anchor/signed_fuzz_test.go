// SPDX-License-Identifier: Apache-2.0

package anchor_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Whatever is handed over as a signed deposit, step, header or statement of
// validity: it is refused with a code, or it is what its signers signed.
func FuzzSigned(f *testing.F) {
	s := newSource(f, "kt", anchor.Chain)
	c := anchor.NewHeader(place, "kt", 7, hash(7), hash(6))
	one, two := sign(f, "v1", anchor.TypHeader, c), sign(f, "v2", anchor.TypHeader, c)
	f.Add(one + "\n" + two)
	f.Add(one)
	f.Add(one + "\n" + one)
	f.Add(sign(f, "v1", anchor.TypStep, anchor.NewStep(place, "kt", "cow-7", hash(1), "")))
	f.Add(sign(f, "v1", anchor.TypValidity, anchor.NewValidity(place, "kt", 7, hash(7), []byte{0, 11})))
	f.Add("a.b.c")
	f.Add("e30.e30.AA\n\n")
	signed := map[string]bool{strings.Split(one, ".")[1]: true} // payloads that these keys ever signed
	f.Fuzz(func(t *testing.T, text string) {
		coded := func(what string, err error) {
			var c *code.Error
			if err != nil && !errors.As(err, &c) {
				t.Errorf("%s: refused without a code: %v", what, err)
			}
		}
		r, err := anchor.HeaderRecord("agent", strings.Split(text, "\n")...)
		coded("header", err)
		if err == nil {
			got, err := anchor.CheckHeader(r, place, s)
			coded("header", err)
			if err == nil && (got != c || !signed[strings.Split(text, ".")[1]]) {
				t.Errorf("a header counts that nobody signed: %+v", got)
			}
		}
		r, err = anchor.StepRecord(text)
		coded("step", err)
		if err == nil {
			_, err = anchor.CheckStep(r, place, "kt")
			coded("step", err)
		}
		_, err = anchor.DepositRecord(text, place, "kt")
		coded("deposit", err)
		_, _, err = anchor.ParseValidity(text)
		coded("validity", err)
	})
}
