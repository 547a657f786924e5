// SPDX-License-Identifier: Apache-2.0

package currency

import "reflect"

// leanCredits are codes of kinds of credits. They only ever grow at the end.
var leanCredits = []CreditKind{
	"", CreditIssue, CreditPayment, CreditGift, CreditRefund, CreditReward, CreditBuy, CreditRelease, CreditTrade,
}

// AppendBinary implements encoding.BinaryAppender: the stored form. An allowance
// writes a hundred thousand credits at a time.
func (c Credit) AppendBinary(b []byte) ([]byte, error) {
	rest := c
	var hot leanWriter
	rest.Kind = leanCode(&hot, leanCredits, c.Kind)
	rest.From, rest.At = hot.text(c.From), hot.number(c.At)
	if rest.Parts = nil; !hot.parts(c.Parts) {
		rest.Parts = c.Parts
	}
	return hot.record(b, rest, reflect.ValueOf(rest).IsZero())
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler; it reads the version
// before, too.
func (c *Credit) UnmarshalBinary(raw []byte) error {
	*c = Credit{}
	r, err := readLean(raw, c)
	if err != nil || r == nil {
		return err
	}
	readCode(r, leanCredits, &c.Kind)
	r.text(&c.From)
	r.number(&c.At)
	r.parts(&c.Parts)
	return r.end()
}
