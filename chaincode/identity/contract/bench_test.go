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
