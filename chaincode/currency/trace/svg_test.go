// SPDX-License-Identifier: Apache-2.0

package trace_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/trace"
)

// many is a run to n accounts, each of which pays one shop, that gives some back.
func many(n int) trace.Graph {
	g := trace.Graph{
		Question: trace.Question{Program: "nowon", Receipt: &currency.ReceiptName{Holder: currency.AccountID("did:key:z0"), Seq: 1}},
		Nodes: []trace.Node{
			{ID: "run", Kind: trace.KindRun, Program: "nowon", Name: `<b>&"spring"`},
			{ID: "shop", Kind: trace.KindShop, Program: "nowon", Name: "stall"},
		},
	}
	for i := range n {
		won := int64(1_000 * (i + 1))
		id := currency.AccountID(fmt.Sprintf("did:key:z%d", i))
		g.Nodes = append(g.Nodes, trace.Node{ID: id, Kind: trace.KindAccount, Program: "nowon", Name: id, In: won + 1, Out: won, Held: 1})
		g.Edges = append(g.Edges, trace.Edge{From: "run", To: id, Amount: won}, trace.Edge{From: id, To: "shop", Amount: won}, trace.Edge{From: "shop", To: id, Amount: 1})
		g.Amount += won
		g.Nodes[0].Out += won
		g.Nodes[1].In, g.Nodes[1].Held = g.Nodes[1].In+won, g.Nodes[1].Held+won-1
	}
	g.Nodes[0].Entered = g.Amount
	return g
}

func TestPictureOfMany(t *testing.T) {
	for _, n := range []int{0, 1, 12, 13, 5_000} {
		g := many(n)
		svg := g.SVG()
		require.Equal(t, string(svg), string(g.SVG()), "the same bytes")
		require.NotContains(t, string(svg), "<b>")
		for i := range min(n, 20) {
			require.NotContains(t, string(svg), currency.AccountID(fmt.Sprintf("did:key:z%d", i)), "no whole account id")
		}
		boxes, titles := 0, 0
		for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, "well-formed")
			if e, ok := token.(xml.StartElement); ok {
				switch e.Name.Local {
				case "g":
					boxes++
				case "title":
					titles++
				}
			}
		}
		require.LessOrEqual(t, boxes, 2+13)
		require.Greater(t, titles, boxes, "each box and line says what it is")
		if n > 13 {
			require.Contains(t, string(svg), fmt.Sprintf("%d more: account", n-12))
		}
		require.Equal(t, 1, strings.Count(string(svg), "</svg>"))
	}
}

func TestMaskedHidesOthers(t *testing.T) {
	g := many(40)
	own := g.Nodes[5].Name
	masked := g.Masked(own)
	seen := map[string]bool{}
	for i, n := range masked.Nodes {
		require.False(t, seen[n.ID], "ids stay apart")
		seen[n.ID] = true
		if n.Kind == trace.KindAccount && g.Nodes[i].Name != own {
			require.Less(t, len(n.Name), 10)
			require.NotContains(t, n.ID, g.Nodes[i].Name)
		}
	}
	require.Equal(t, own, masked.Nodes[5].Name)
	for _, e := range masked.Edges {
		require.True(t, seen[e.From] || e.From == "run" || e.From == "shop", e.From)
		require.True(t, seen[e.To] || e.To == "run" || e.To == "shop", e.To)
	}
	require.Len(t, g.Nodes[7].Name, 22, "the graph itself is not changed")
}
