// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
)

// Model is what larger machines would carry if every cost stayed what a report
// says it was: a calculation, not a measurement.
type Model struct {
	// Milliseconds of CPU for a payment, from the hot payments of the report.
	Chaincode float64 // all endorsers together
	Peers     float64 // all peers together
	Orderers  float64
	Client    float64 // who forms the batches: the SDK's program, or the gateway
	// Milliseconds for which a channel's one pipeline in a peer is busy with a payment.
	Pipeline float64
	Orgs     int
}

// ReadModel fits a model to DIR/report.json.
func ReadModel(dir string) (Model, error) {
	var r struct{ Summaries []Summary }
	raw, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		return Model{}, fmt.Errorf("run the bench first: %w", err)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return Model{}, fmt.Errorf("report.json: %w", err)
	}
	for _, s := range r.Summaries {
		if s.Workload == Hot && s.Pipeline.Median > 0 {
			return Model{
				Chaincode: s.CPU["currency"], Peers: s.CPU["peers"], Orderers: s.CPU["orderers"], Client: s.CPU[clientProcess],
				Pipeline: s.Pipeline.Median, Orgs: organisations,
			}, nil
		}
	}
	return Model{}, errors.New("report.json has no hot payments with their CPU times (those are read on Linux only)")
}

// organisations that the consortium under measurement has.
const organisations = 3

// One is payments a second with everything on one machine.
func (m Model) One(cores, channels int) float64 {
	return m.bounded(float64(cores)*1000/(m.Chaincode+m.Peers+m.Orderers+m.Client), channels)
}

// Each is payments a second with a machine for each organisation, the busiest of
// which also orders and forms the batches. Endorsements are spread evenly.
func (m Model) Each(cores, channels int) float64 {
	busiest := (m.Chaincode+m.Peers)/float64(m.Orgs) + m.Orderers + m.Client
	return m.bounded(float64(cores)*1000/busiest, channels)
}

func (m Model) bounded(rate float64, channels int) float64 {
	return math.Min(rate, float64(channels)*1000/m.Pipeline)
}

// Write prints the model as a Markdown table.
func (m Model) Write(w io.Writer) {
	fmt.Fprintf(w, "A model, not a measurement. Fitted: chaincode %.3f, peers %.3f, orderer %.3f, client %.3f ms of CPU a payment; a channel's pipeline %.3f ms.\n\n",
		m.Chaincode, m.Peers, m.Orderers, m.Client, m.Pipeline)
	fmt.Fprintln(w, "| cores a machine | channels | one machine, payments a second | a machine for each organisation |")
	fmt.Fprintln(w, "|---|---|---|---|")
	for _, cores := range []int{2, 8, 16, 64} {
		for _, channels := range []int{1, 4} {
			fmt.Fprintf(w, "| %d | %d | %.0f | %.0f |\n", cores, channels, m.One(cores, channels), m.Each(cores, channels))
		}
	}
}
