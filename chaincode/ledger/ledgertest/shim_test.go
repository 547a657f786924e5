// SPDX-License-Identifier: Apache-2.0

package ledgertest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// The stub of this package and the one of the real shim, given the same steps,
// answer alike to the word and read and write the same.
func TestStubIsLikeTheShims(t *testing.T) {
	l := newLab(t, ledgertest.Peers(1))
	l.seed(230)
	l.do("put a 1", "put /t/x/1 1", "put /t/x/2 1", "put /t/y/1 1")

	names := rapid.SampledFrom([]string{"a", "n", "-", "k000", "k120", "k229", "z", "/t/x/1", "/t/x"})
	ends := rapid.SampledFrom([]string{"-", "a", "k000", "k100", "k120", "z", "\x00t"})
	amounts := rapid.SampledFrom([]string{"0", "1", "99", "100", "101", "200", "300"})
	step := rapid.Custom(func(t *rapid.T) string {
		name := func() string { return names.Draw(t, "key") }
		end := func() string { return ends.Draw(t, "end") }
		amount := func() string { return amounts.Draw(t, "amount") }
		switch rapid.IntRange(0, 12).Draw(t, "step") {
		case 0:
			return "get " + name()
		case 1:
			return "mget " + name() + " " + name()
		case 2:
			return "put " + name() + " 2"
		case 3:
			return "put " + name() + " -"
		case 4:
			return "del " + name()
		case 5:
			return "range " + end() + " " + end() + " " + amount()
		case 6:
			return "range " + end() + " " + end()
		case 7:
			return "partial " + rapid.SampledFrom([]string{"/t", "/t/x", "/t/x/1", "/u", "/t/\U0010FFFF"}).Draw(t, "partial")
		case 8:
			return "page " + end() + " " + end() + " " + amount() + " " + rapid.SampledFrom([]string{"-", "-", "k050"}).Draw(t, "mark")
		case 9:
			return rapid.SampledFrom([]string{"event E x", "event - x", "event F y"}).Draw(t, "event")
		case 10:
			return rapid.SampledFrom([]string{"batch", "batch", "finish"}).Draw(t, "batch")
		case 11:
			return rapid.SampledFrom([]string{"creator", "time"}).Draw(t, "proposal")
		default:
			return rapid.SampledFrom([]string{"time", "time", "time", "fail no", "fail \xff"}).Draw(t, "end")
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(step, 1, 8).Draw(t, "steps")
		ours := describe(l.Endorse(l.alice, "kv", "Do", steps(list)...))
		theirs := describe(l.ThroughShim(l.alice, "kv", "Do", steps(list)...))
		require.Equal(t, theirs, ours)
	})
}

// describe shows all of a simulation, less the transaction's id.
func describe(tx *ledgertest.Endorsement, err error) string {
	var refusal *ledgertest.EndorseError
	switch {
	case errors.As(err, &refusal):
		return strings.ReplaceAll(err.Error(), refusal.TxID, "TX")
	case err != nil:
		return err.Error()
	}
	return fmt.Sprintf("%q %v %v %v %v", tx.Payload, tx.Event, tx.Reads(), tx.Ranges(), tx.Writes())
}
