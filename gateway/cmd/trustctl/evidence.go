// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
	"github.com/komsco/trust-platform/gateway/receipt"
)

// evidenceFlags ask for a proof by the ledger's own block.
type evidenceFlags struct {
	file          string
	authorities   []string
	organisations int
}

func (f *evidenceFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.file, "evidence", "", "`file` with the ledger's own block that sealed the receipt's checkpoint (…/records/N/evidence)")
	cmd.Flags().StringArrayVar(&f.authorities, "ca", nil, "`MSP=file`: certificates of an organisation's authorities, for --evidence; several")
	cmd.Flags().IntVar(&f.organisations, "organisations", 2, "`number` of different organisations whose peers must have endorsed it")
}

// check proves the receipt's checkpoint by the evidence, nil where none was given.
func (f *evidenceFlags) check(p receipt.Proof) (*receipt.Evidence, error) {
	if f.file == "" {
		if len(f.authorities) > 0 {
			return nil, usage("--ca is for --evidence, which is missing")
		}
		return nil, nil
	}
	var orgs []fabric.Org
	for _, a := range f.authorities {
		msp, file, ok := strings.Cut(a, "=")
		if !ok || msp == "" {
			return nil, usage("--ca %q: MSP=FILE is needed", a)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, usage("%w", err)
		}
		o, err := fabric.NewOrg(msp, text)
		if err != nil {
			return nil, usage("%s: %w", file, err)
		}
		orgs = append(orgs, o)
	}
	if len(orgs) == 0 {
		return nil, usage("whom do you trust? --evidence needs --ca MSP=FILE of the consortium's organisations and its orderers")
	}
	in, err := os.Open(f.file)
	if err != nil {
		return nil, usage("%w", err)
	}
	defer in.Close()
	e, err := receipt.CheckEvidence(p, in, orgs, f.organisations)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.file, err)
	}
	return &e, nil
}
