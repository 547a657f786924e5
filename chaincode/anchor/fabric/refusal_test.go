// SPDX-License-Identifier: Apache-2.0

package fabric

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// Every endorser refuses in the same words, or none of it is endorsed: of several
// things that are wrong it is always the same one that is named.
func TestRefusedAlike(t *testing.T) {
	field := func(n protowire.Number, value []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), value)
	}
	var twice, nodes, certs []byte // fields that stand twice, or are no certificates
	for _, n := range []protowire.Number{1, 2, 3} {
		twice = append(append(twice, field(n, nil)...), field(n, nil)...)
	}
	nodes = protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1)
	for _, n := range []protowire.Number{2, 3, 4, 5} {
		nodes = append(append(nodes, field(n, nil)...), field(n, nil)...)
	}
	certs = append(certs, field(2, []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))...)
	certs = append(append(certs, field(3, []byte("nothing"))...), field(4, []byte("nothing"))...)
	for name, refuse := range map[string]func() error{
		"signature": func() error { _, _, err := parseSignatures(field(2, twice)); return err },
		"NodeOUs":   func() error { _, err := readNodes(nodes); return err },
		"MSP":       func() error { _, err := readOrg(field(2, certs)); return err },
	} {
		first := refuse()
		for range 100 {
			if err := refuse(); err == nil || err.Error() != first.Error() {
				t.Errorf("%s: %v, and %v", name, first, err)
				break
			}
		}
	}
}
