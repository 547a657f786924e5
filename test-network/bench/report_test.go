// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/lanes"
	"github.com/komsco/trust-platform/network"
	"github.com/komsco/trust-platform/test-network/demo"
)

// reported is a report of three rounds, the last without hot payments.
func reported() *Report {
	r := newReport(Options{Rounds: 3, Lanes: 8, Batch: 500, Blocks: &network.Batch{}})
	r.Machine.CPU = `<"fast" & cheap>`
	for round, of := range []map[string]float64{
		{Floor: 200, Hot: 3000, Bound: 8000, UsualHot: 2, UsualHotRetried: 4},
		{Floor: 100, Hot: 2000, Bound: 8000, UsualHot: 2, UsualHotRetried: 1},
		{Floor: 100},
	} {
		for name, rate := range of {
			r.Measures = append(r.Measures, Measure{
				Workload: name, Round: round + 1, PerSecond: rate, ItemBytes: 1400, CPU: map[string]float64{"peers": 0.2, "currency": 0.3},
				Latency: &Latency{P50: 500, P95: 700, P99: 900}, Answers: map[string]int{answerOK: 10, "SEQ_USED": 2},
			})
		}
	}
	r.sum()
	return r
}

func TestRatiosAreTakenWithinARound(t *testing.T) {
	var out bytes.Buffer
	reported().Lines(&out)
	assert.Equal(t, strings.Join([]string{
		"ratio hot_vs_floor 17.500",      // of 15 and 20
		"ratio hot_vs_usual_hot 875.000", // of 750 and 1000: the better of the two ways
		"ratio hot_vs_bound 0.312",       // of 0.375 and 0.25
		"ratio bytes_per_payment 1400.000",
		"",
	}, "\n"), out.String())
}

func TestSummaries(t *testing.T) {
	for _, s := range reported().Summaries {
		if s.Workload != Floor {
			continue
		}
		assert.Equal(t, Spread{100, 100, 200}, s.PerSecond)
		assert.Equal(t, Spread{700, 700, 700}, s.P95)
		assert.Equal(t, 6, s.Failed)
		assert.InDelta(t, 0.2, s.CPU["peers"], 0)
		return
	}
	t.Fatal("the floor has no summary")
}

func TestPlotIsWellFormed(t *testing.T) {
	for name, r := range map[string]*Report{"full": reported(), "empty": {}} {
		d := xml.NewDecoder(bytes.NewReader(r.Plot()))
		elements := map[string]int{}
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, name)
			if start, ok := token.(xml.StartElement); ok {
				elements[start.Name.Local]++
			}
		}
		assert.Equal(t, 1, elements["svg"], name)
		assert.Equal(t, len(r.Summaries), elements["line"], name)
	}
	assert.NotContains(t, string(reported().Plot()), "NaN")
}

func TestMarkdownHasARowForEachWorkload(t *testing.T) {
	var out bytes.Buffer
	r := reported()
	require.NoError(t, r.Markdown(&out))
	for _, s := range r.Summaries {
		assert.Contains(t, out.String(), "| "+s.Workload+" |")
	}
}

func TestAnswersAreNamed(t *testing.T) {
	for want, err := range map[string]error{
		"ok":                 nil,
		"INSUFFICIENT_FUNDS": fmt.Errorf("pay: %w", currency.InsufficientFunds.Errorf("5 won")),
		"503 OVERLOADED":     fmt.Errorf("post: %w", &demo.Problem{Status: 503, Code: "OVERLOADED"}),
		"OVERLOADED":         lanes.ErrOverloaded,
		"MVCC_READ_CONFLICT": &gateway.Error{Phase: gateway.PhaseCommit, Validation: conflict},
		"failed in endorse":  &phaseError{gateway.PhaseEndorse, io.EOF},
		"failed in submit":   &gateway.Error{Phase: gateway.PhaseSubmit},
		"not settled":        &lanes.Failure{Cause: io.EOF},
		"no payer free":      errNoPayer,
		"other":              io.EOF,
	} {
		assert.Equal(t, want, answerName(err))
	}
}

func TestForgedOrderKeepsItsContent(t *testing.T) {
	assert.Equal(t, "header.payload.other", forge("header.payload.own", "head.body.other"))
}

func TestBarShowsHowFarItCame(t *testing.T) {
	var out bytes.Buffer
	b := newBar(&out, "accounts", 4)
	b.at(1)
	b.at(4)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 2)
	assert.Contains(t, lines[0], "[##########..............................] 1 of 4 accounts")
	assert.Contains(t, lines[1], "[########################################] 4 of 4 accounts")
	assert.Contains(t, lines[1], "0s left")
}
