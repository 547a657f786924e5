// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkCreate is what one endorser spends on making a document.
func BenchmarkCreate(b *testing.B) {
	tn := newTown(b)
	operations := make([][]any, b.N)
	for i := range operations {
		operations[i] = anys(newPerson(fmt.Sprint("person", i)).create(b))
	}
	b.ResetTimer()
	for i := range b.N {
		_, err := tn.net.Endorse(tn.courier, cc, "Operate", operations[i]...)
		require.NoError(b, err)
	}
}

// BenchmarkUpdate is what one endorser spends on changing a document.
func BenchmarkUpdate(b *testing.B) {
	tn := newTown(b)
	p := tn.born("minsu")
	update := anys(p.next(b, service("a")))
	b.ResetTimer()
	for range b.N {
		_, err := tn.net.Endorse(tn.courier, cc, "Operate", update...)
		require.NoError(b, err)
	}
}

// BenchmarkResolve is what one peer spends on the current version of a document, and on
// one that an earlier version of this chaincode wrote, which needs a second read. In
// memory a read is not asked of a peer: on a network it weighs more.
func BenchmarkResolve(b *testing.B) {
	tn := newTown(b)
	p := tn.born("minsu")
	tn.change(p, service("a"))
	query := `{"did":"` + p.did + `"}`
	for name, tn := range map[string]*town{"one read": tn, "format 1, two": tn.inFormat1()} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				_, err := tn.net.Query(tn.courier, cc, "Resolve", query)
				require.NoError(b, err)
			}
		})
	}
}
