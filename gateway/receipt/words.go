// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"fmt"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

// Words says what was proved and by whom, for people.
func (p Proof) Words() string {
	var b strings.Builder
	r := p.Record
	if p.File != nil {
		fmt.Fprintf(&b, "File %q of %d bytes stands in the manifest.\n  sha-256 digest: %s\nThe manifest:\n", p.File.Path, p.File.Size, p.File.Digest)
	}
	fmt.Fprintf(&b, "Record %d of the log of %s, a %s.\n", p.Index, p.Source, r.Kind)
	fmt.Fprintf(&b, "  %s digest: %x\n", r.Algorithm, r.Digest)
	switch {
	case r.Kind == anchor.Step:
		fmt.Fprintf(&b, "  Signed by %s; the ledger checked that signature.\n", r.Submitter)
	case r.Kind == anchor.Header:
		fmt.Fprintf(&b, "  Brought by %s; enough of the chain's keys signed it, which the ledger checked.\n", r.Submitter)
	case r.Kind == anchor.Block:
		blockWords(&b, r)
	case strings.HasPrefix(r.Submitter, "did:"):
		fmt.Fprintf(&b, "  Deposited by %s, as the log's sealer established.\n", r.Submitter)
	default:
		fmt.Fprintf(&b, "  Deposited by %q: a name that nothing proves.\n", r.Submitter)
	}
	if len(r.Reference) > 0 {
		fmt.Fprintf(&b, "  reference digest: %x\n", r.Reference)
	}
	fmt.Fprintf(&b, "It is in the tree of %d records of %s, sealed at %s\n  in transaction %s.\n",
		p.Size, p.Origin, p.Time.Format(time.RFC3339), p.Tx)
	fmt.Fprintf(&b, "The log's key %s signed that tree, its time and its transaction.\n", p.LogKey)
	for _, c := range p.Cosignatures {
		fmt.Fprintf(&b, "Witness %s had seen it by %s and saw nothing that contradicts it.\n", c.Witness, time.Unix(c.Time, 0).UTC().Format(time.RFC3339))
	}
	if len(p.Cosignatures) == 0 {
		b.WriteString("No witness of the policy cosigned: that the log shows everybody the same tree rests on its key alone.\n")
	}
	if r.Kind == anchor.Header || r.Kind == anchor.Block {
		b.WriteString("That a header is here does not say that the transactions behind it were valid.\n")
	}
	return b.String()
}
