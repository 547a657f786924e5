// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
)

// Measures of the plot, in pixels.
const (
	plotWidth  = 860
	plotLabels = 150 // left of the bars
	plotBars   = plotWidth - plotLabels - 160
	plotRow    = 24
	plotGap    = 56 // for a panel's title
)

var plotColours = []string{"#3b6fb6", "#d1812c", "#5b9a4a", "#b64a4a", "#7d5ba6", "#8a8a8a"}

// Plot is an SVG of two panels: what each workload reaches a second, with the
// range over the rounds, and where its CPU time goes.
func (r *Report) Plot() []byte {
	var p plotter
	var rates, costs []Summary
	for _, s := range r.Summaries {
		rates = append(rates, s)
		if ours[s.Workload] || s.Workload == Floor || s.Workload == UsualSpread {
			costs = append(costs, s)
		}
	}
	height := 2*plotGap + plotRow*(len(rates)+len(costs)) + 60
	fmt.Fprintf(&p, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, height)
	fmt.Fprintf(&p, `<rect width="%d" height="%d" fill="white"/>`+"\n", plotWidth, height)
	p.rates(rates)
	p.costs(costs)
	p.text(10, height-10, "start", fmt.Sprintf("%s, %d cores, commit %s, %d rounds", r.Machine.CPU, r.Machine.Cores, r.Machine.Commit, r.Settings.Rounds))
	fmt.Fprintln(&p, "</svg>")
	return p.Bytes()
}

type plotter struct {
	bytes.Buffer
	y int
}

func (p *plotter) text(x, y int, anchor, s string) {
	fmt.Fprintf(p, `<text x="%d" y="%d" text-anchor="%s">`, x, y, anchor)
	_ = xml.EscapeText(p, []byte(s)) // a buffer takes all
	fmt.Fprintln(p, "</text>")
}

func (p *plotter) bar(x, width float64, colour string) {
	fmt.Fprintf(p, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", plotLabels+x, p.y, width, plotRow-8, colour)
}

func (p *plotter) title(s string) {
	p.y += plotGap
	p.text(10, p.y-24, "start", s)
}

func (p *plotter) rates(all []Summary) {
	p.title("a second: median, and the range over the rounds")
	most := 0.0
	for _, s := range all {
		most = max(most, s.PerSecond.Max)
	}
	for _, s := range all {
		at := func(v float64) float64 { return per(v, most) * plotBars }
		p.text(plotLabels-8, p.y+12, "end", s.Workload)
		p.bar(0, at(s.PerSecond.Median), plotColours[0])
		fmt.Fprintf(p, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="black"/>`+"\n",
			plotLabels+at(s.PerSecond.Min), plotLabels+at(s.PerSecond.Max), p.y+plotRow/2-4, p.y+plotRow/2-4)
		p.text(plotLabels+int(at(s.PerSecond.Max))+8, p.y+12, "start", fmt.Sprintf("%.1f", s.PerSecond.Median))
		p.y += plotRow
	}
}

func (p *plotter) costs(all []Summary) {
	p.title("CPU for each, ms: medians")
	most, kinds := 0.0, map[string]string{}
	for _, s := range all {
		most = max(most, usage(s.CPU).total())
		for kind := range s.CPU {
			kinds[kind] = ""
		}
	}
	x := 200
	for i, kind := range slices.Sorted(maps.Keys(kinds)) {
		kinds[kind] = plotColours[i%len(plotColours)]
		fmt.Fprintf(p, `<rect x="%d" y="%d" width="10" height="10" fill="%s"/>`+"\n", x, p.y-33, kinds[kind])
		p.text(x+14, p.y-24, "start", kind)
		x += 90
	}
	for _, s := range all {
		p.text(plotLabels-8, p.y+12, "end", s.Workload)
		at := 0.0
		for _, kind := range slices.Sorted(maps.Keys(s.CPU)) {
			width := per(s.CPU[kind], most) * plotBars
			p.bar(at, width, kinds[kind])
			at += width
		}
		p.text(plotLabels+int(at)+8, p.y+12, "start", fmt.Sprintf("%.3f", usage(s.CPU).total()))
		p.y += plotRow
	}
}
