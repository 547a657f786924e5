// SPDX-License-Identifier: Apache-2.0

package anchor_test

import (
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestSource(t *testing.T) {
	for _, kind := range []anchor.SourceKind{anchor.Documents, anchor.Items, anchor.Chain} {
		s := newSource(t, "s-1", kind)
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
		if err := s.CheckPlace(place); err != nil {
			t.Error(err)
		}
	}
	chain, plain := anchor.Chain, anchor.Documents
	for _, tc := range []struct {
		name   string
		kind   anchor.SourceKind
		change func(*anchor.Source)
		want   *code.Code
	}{
		{"no id", plain, func(s *anchor.Source) { s.ID = "" }, anchor.InvalidID},
		{"an id like a path", plain, func(s *anchor.Source) { s.ID = "a/b" }, anchor.InvalidID},
		{"no title", plain, func(s *anchor.Source) { s.Title = "" }, anchor.InvalidSource},
		{"an unknown kind", plain, func(s *anchor.Source) { s.Kind = "cats" }, anchor.InvalidSource},
		{"a negative cadence", plain, func(s *anchor.Source) { s.Cadence = -1 }, anchor.InvalidSource},
		{"no sealer", plain, func(s *anchor.Source) { s.Sealer = "" }, code.BadDID},
		{"a sealer that does not resolve", plain, func(s *anchor.Source) { s.Sealer = "did:web:example.com" }, code.BadDID},
		{"no log key", plain, func(s *anchor.Source) { s.LogKey = "" }, anchor.InvalidSource},
		{"a log key with another hash", plain, func(s *anchor.Source) { s.LogKey = strings.Replace(s.LogKey, "+", "+00000000", 1) }, anchor.InvalidSource},
		{"a renamed log key", plain, func(s *anchor.Source) { s.LogKey = "x" + s.LogKey }, anchor.InvalidSource},
		{"headers of documents", plain, func(s *anchor.Source) { s.Headers = &anchor.HeaderTerms{} }, anchor.InvalidSource},
		{"a chain without terms", chain, func(s *anchor.Source) { s.Headers = nil }, anchor.InvalidSource},
		{"no threshold", chain, func(s *anchor.Source) { s.Headers.Threshold = 0 }, anchor.InvalidSource},
		{"a threshold above all", chain, func(s *anchor.Source) { s.Headers.Threshold = 4 }, anchor.InvalidSource},
		{"an unknown header format", chain, func(s *anchor.Source) { s.Headers.Format = "bitcoin" }, anchor.InvalidSource},
		{"statements with a start", chain, func(s *anchor.Source) { s.Headers.Start = strings.Repeat("0", 64) }, anchor.InvalidSource},
		{"signers of a Fabric chain", chain, func(s *anchor.Source) {
			s.Headers.Format, s.Headers.Start = anchor.FabricChain, strings.Repeat("0", 64)
		}, anchor.InvalidSource},
		{"a QBFT chain without a start", chain, func(s *anchor.Source) { s.Headers = &anchor.HeaderTerms{Format: anchor.QBFTChain} }, anchor.InvalidID},
		{"a signer twice", chain, func(s *anchor.Source) { s.Headers.Signers[1] = s.Headers.Signers[0] }, anchor.InvalidSource},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSource(t, "s-1", tc.kind)
			tc.change(&s)
			refused(t, s.Validate(), tc.want)
		})
	}
	elsewhere := newSource(t, "s-1", plain)
	elsewhere.LogKey = logKey(t, "s-2")
	refused(t, elsewhere.CheckPlace(place), anchor.InvalidSource)
}

func TestSourceBecomes(t *testing.T) {
	s := newSource(t, "s-1", anchor.Documents)
	next := s
	next.Version, next.Owner, next.Title = 2, "", "Another title"
	changed, err := s.Become(next)
	if err != nil || changed.Owner != s.Owner || changed.Title != next.Title {
		t.Errorf("%+v, %v", changed, err)
	}
	next.Version = 3
	_, err = s.Become(next)
	refused(t, err, anchor.SourceState)
	next.Version, next.Kind = 2, anchor.Items
	_, err = s.Become(next)
	refused(t, err, anchor.SourceState)
}
