// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// bar shows how far a long load has come: a line for each step, so that it can
// be read in a log too.
type bar struct {
	w     io.Writer
	what  string
	total int
	began time.Time
	first int
}

func newBar(w io.Writer, what string, total int) *bar {
	return &bar{w: w, what: what, total: total, began: time.Now(), first: -1}
}

const barWidth = 40

func (b *bar) at(n int) {
	if b.first < 0 {
		b.first = n // the rate is taken from here
		b.began = time.Now()
	}
	full := barWidth * n / b.total
	line := fmt.Sprintf("[%s%s] %d of %d %s", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), n, b.total, b.what)
	if done := n - b.first; done > 0 {
		rate := float64(done) / time.Since(b.began).Seconds()
		left := time.Duration(float64(b.total-n) / rate * float64(time.Second)).Round(time.Second)
		line += fmt.Sprintf(", %.0f/s, %s left", rate, left)
	}
	fmt.Fprintln(b.w, line)
}
