// SPDX-License-Identifier: Apache-2.0

package trace

import "fmt"

// shown is how much of another's account id a masked graph shows.
const shown = 6

// Masked is the graph for one account's eyes: ids of other accounts are cut to six
// characters (with ~2, ~3 … behind where two begin alike), so nobody's history can be
// looked up by them.
func (g Graph) Masked(account string) Graph {
	ids, taken := map[string]string{}, map[string]int{}
	nodes := make([]Node, len(g.Nodes))
	for i, n := range g.Nodes {
		before := n.ID
		if n.Kind == KindAccount && n.Name != account && len(n.Name) > shown {
			short := n.Name[:shown]
			taken[n.Program+short]++
			if again := taken[n.Program+short]; again > 1 {
				short += fmt.Sprintf("~%d", again)
			}
			n.Name = short
			n.ID = n.String()
		}
		ids[before] = n.ID
		nodes[i] = n
	}
	edges := make([]Edge, len(g.Edges))
	for i, e := range g.Edges {
		e.From, e.To = ids[e.From], ids[e.To]
		edges[i] = e
	}
	g.Nodes, g.Edges = nodes, edges
	return g
}
