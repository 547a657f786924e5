// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// Measures of the picture, pixels.
const (
	boxWidth, boxHeight = 190, 46
	gapX, gapY          = 150, 18
	margin, heading     = 20, 48
	maxColumn           = 12 // nodes in a column; the smallest beyond are one
)

// SVG draws the graph: money flows from left to right, in columns by how many steps
// it is from an origin; what flows back is dashed. A column shows at most 12 nodes,
// and sums up the smallest beyond them. Accounts are shown by the first six
// characters of their ids. The same graph gives the same bytes.
func (g Graph) SVG() []byte {
	p := newPicture(g)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title desc" font-family="sans-serif" font-size="12">`+"\n",
		p.width, p.height, p.width, p.height)
	title := fmt.Sprintf("%s: %s won", g.Question.short(), won(g.Amount))
	fmt.Fprintf(&b, "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n", text(title), text(p.description()))
	b.WriteString(`<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>` + "\n")
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/><text x="%d" y="28" font-size="16" font-weight="bold">%s</text>`+"\n", margin, text(title))
	for _, e := range p.edges {
		p.drawEdge(&b, e)
	}
	for _, n := range p.nodes {
		drawNode(&b, n)
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// box is a node, or several summed up, with its place.
type box struct {
	Node
	count        int // nodes that it stands for
	column, x, y int
}

type line struct {
	from, to *box
	amount   int64
}

type picture struct {
	nodes         []*box
	edges         []*line
	width, height int
}

func newPicture(g Graph) *picture {
	boxes := map[string]*box{}
	p := &picture{}
	for _, n := range g.Nodes {
		boxes[n.ID] = &box{Node: n, count: 1}
		p.nodes = append(p.nodes, boxes[n.ID])
	}
	columns(g, boxes)
	p.sumUp(boxes)
	for _, e := range g.Edges {
		from, to := boxes[e.From], boxes[e.To]
		i := slices.IndexFunc(p.edges, func(l *line) bool { return l.from == from && l.to == to })
		switch {
		case from == to:
		case i >= 0:
			p.edges[i].amount += e.Amount
		default:
			p.edges = append(p.edges, &line{from, to, e.Amount})
		}
	}
	p.place()
	return p
}

// columns gives each node how many steps it is from where the money entered, by
// the shortest way.
func columns(g Graph, boxes map[string]*box) {
	next := map[string][]string{}
	for _, e := range g.Edges {
		next[e.From] = append(next[e.From], e.To)
	}
	seen := map[string]bool{}
	var wave []string
	for _, n := range g.Nodes {
		if n.Entered > 0 {
			wave = append(wave, n.ID)
			seen[n.ID] = true
		}
	}
	for depth := 0; len(wave) > 0; depth++ {
		var after []string
		for _, id := range wave {
			boxes[id].column = depth
			for _, to := range next[id] {
				if !seen[to] {
					seen[to] = true
					after = append(after, to)
				}
			}
		}
		wave = after
	}
	// Where money ends stands last, right of all it comes from.
	last := 0
	for _, b := range boxes {
		last = max(last, b.column)
	}
	for _, b := range boxes {
		if slices.Contains([]Kind{KindPaidOut, KindCashedOut, KindReturned}, b.Kind) && b.Out == 0 {
			b.column = last
		}
	}
}

// sumUp makes one of the smallest nodes of a column that has too many.
func (p *picture) sumUp(boxes map[string]*box) {
	slices.SortStableFunc(p.nodes, func(a, b *box) int {
		return cmp.Or(cmp.Compare(a.column, b.column), cmp.Compare(b.In+b.Entered, a.In+a.Entered))
	})
	var kept []*box
	rest := map[string]*box{} // by column and kind
	in := map[int]int{}
	for _, n := range p.nodes {
		if in[n.column]++; in[n.column] <= maxColumn {
			kept = append(kept, n)
			continue
		}
		key := fmt.Sprintf("%d %s", n.column, n.Kind)
		sum := rest[key]
		if sum == nil {
			rest[key] = n
			kept = append(kept, n)
			continue
		}
		sum.count++
		sum.Name, sum.Program = "", n.Program
		sum.Entered, sum.In, sum.Out, sum.Held = sum.Entered+n.Entered, sum.In+n.In, sum.Out+n.Out, sum.Held+n.Held
		boxes[n.ID] = sum
	}
	p.nodes = kept
}

// place orders each column by where its money comes from, which keeps lines from
// crossing, and gives every box its place.
func (p *picture) place() {
	rows := map[int]int{}
	tallest, last := 0, 0
	slices.SortStableFunc(p.nodes, func(a, b *box) int { return cmp.Compare(a.column, b.column) })
	for start := 0; start < len(p.nodes); {
		end := start
		for end < len(p.nodes) && p.nodes[end].column == p.nodes[start].column {
			end++
		}
		column := p.nodes[start:end]
		middle := map[*box]int{} // of where its money comes from
		for _, b := range column {
			sum, lines := 0, 0
			for _, e := range p.edges {
				if e.to == b && e.from.column < b.column {
					sum += e.from.y
					lines++
				}
			}
			middle[b] = sum / max(lines, 1)
		}
		slices.SortStableFunc(column, func(a, b *box) int { return cmp.Compare(middle[a], middle[b]) })
		for _, b := range column {
			b.x = margin + b.column*(boxWidth+gapX)
			b.y = heading + rows[b.column]*(boxHeight+gapY)
			rows[b.column]++
			tallest, last = max(tallest, rows[b.column]), max(last, b.column)
		}
		start = end
	}
	p.width = 2*margin + (last+1)*boxWidth + last*gapX
	p.height = heading + tallest*(boxHeight+gapY) + 2*margin
}

// description tells in words what the picture shows, for who cannot see it.
func (p *picture) description() string {
	said := make([]string, 0, len(p.edges))
	for _, e := range p.edges {
		said = append(said, fmt.Sprintf("%s to %s: %s won", e.from.label(), e.to.label(), won(e.amount)))
	}
	return strings.Join(said, "; ") + "."
}

func (p *picture) drawEdge(b *strings.Builder, e *line) {
	x1, y1 := e.from.x+boxWidth, e.from.y+boxHeight/2
	x2, y2 := e.to.x, e.to.y+boxHeight/2
	style, bend := "", max(40, (x2-x1)/2)
	if e.to.column <= e.from.column { // back
		style = ` stroke-dasharray="5 4"`
		if e.to.column == e.from.column {
			x2 = e.to.x + boxWidth
			fmt.Fprintf(b, `<path d="M%d,%d C%d,%d %d,%d %d,%d"`, x1, y1, x1+60, y1, x2+60, y2, x2, y2)
		} else {
			x1, x2 = e.from.x, e.to.x+boxWidth
			fmt.Fprintf(b, `<path d="M%d,%d C%d,%d %d,%d %d,%d"`, x1, y1+10, x1-bend, y1+10, x2+bend, y2+10, x2, y2+10)
		}
	} else {
		fmt.Fprintf(b, `<path d="M%d,%d C%d,%d %d,%d %d,%d"`, x1, y1, x1+bend, y1, x2-bend, y2, x2, y2)
	}
	fmt.Fprintf(b, ` fill="none" stroke="#555"%s marker-end="url(#to)"><title>%s</title></path>`, style,
		text(fmt.Sprintf("%s to %s: %s won", e.from.label(), e.to.label(), won(e.amount))))
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle" font-size="11" fill="#333" stroke="#fff" stroke-width="3" paint-order="stroke">%s</text>`+"\n",
		(3*x2+x1)/4, (3*y2+y1)/4-2, won(e.amount))
}

var colours = map[Kind]string{
	KindDeposit: "#dbeafe", KindAppropriation: "#dbeafe", KindRun: "#e5e7eb", KindAllotment: "#e5e7eb", KindExchange: "#e5e7eb",
	KindAccount: "#fef3c7", KindShop: "#dcfce7", KindRedeemed: "#ede9fe", KindPaidOut: "#ede9fe", KindCashedOut: "#ede9fe", KindReturned: "#fee2e2", KindCase: "#fee2e2",
}

func drawNode(b *strings.Builder, n *box) {
	fmt.Fprintf(b, `<g transform="translate(%d,%d)"><title>%s</title>`, n.x, n.y,
		text(fmt.Sprintf("%s of %s: %s won in, %s out, %s here", n.label(), n.Program, won(n.Entered+n.In), won(n.Out), won(n.Held))))
	fmt.Fprintf(b, `<rect width="%d" height="%d" rx="6" fill="%s" stroke="#555"/>`, boxWidth, boxHeight, colours[n.Kind])
	fmt.Fprintf(b, `<text x="10" y="19" font-weight="bold">%s</text>`, text(n.label()))
	figures := won(n.Entered+n.In) + " won"
	if n.Held > 0 && n.Held != n.Entered+n.In {
		figures += ", " + won(n.Held) + " here"
	}
	fmt.Fprintf(b, `<text x="10" y="37">%s</text></g>`+"\n", text(figures))
}

func (n *box) label() string {
	if n.count > 1 {
		return fmt.Sprintf("%d more: %s", n.count, kindNames[n.Kind])
	}
	return n.Label()
}

var kindNames = map[Kind]string{
	KindDeposit: "deposit", KindAppropriation: "appropriation", KindRun: "run", KindAllotment: "allotment", KindExchange: "exchanged into",
	KindAccount: "account", KindShop: "shop", KindRedeemed: "claimed at the bank", KindPaidOut: "paid out", KindCashedOut: "cash refunds",
	KindReturned: "returned to", KindCase: "held for cases",
}

// Label is the node for people: what it is, and its name; an account by the first
// six characters of its id.
func (n Node) Label() string {
	name := n.Name
	if n.Kind == KindAccount {
		name = cut(name)
	}
	if len(name) > 20 {
		name = name[:19] + "…"
	}
	return strings.TrimSpace(kindNames[n.Kind] + " " + name)
}

// cut leaves the beginning of an account id; what a masked graph shows is left as it
// is.
func cut(account string) string {
	if len(account) < 22 {
		return account
	}
	return account[:shown] + "…"
}

// short is the question without whole account ids.
func (q Question) short() string {
	if q.Receipt == nil {
		return q.String()
	}
	short := *q.Receipt
	short.Holder = cut(short.Holder)
	q.Receipt = &short
	return q.String()
}

// won writes an amount with a comma at every thousand.
func won(n int64) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && digits[i-1] != '-' && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func text(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
