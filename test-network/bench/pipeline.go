// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/komsco/trust-platform/network"
)

// pipeline reads from a peer's own metrics how long it was busy with a channel's
// blocks. A peer takes a channel's blocks one after the other, however many
// cores it has: this time bounds what a channel carries.
type pipeline struct {
	http    *http.Client
	url     string
	channel string
}

// pipelineSteps are the metrics (histograms, in seconds) of what is done with a
// block, one after the other: endorsements checked, then conflicts found and
// state and block stored.
var pipelineSteps = []string{"gossip_privdata_validation_duration_sum", "ledger_block_processing_time_sum"}

// newPipeline reads the metrics of the courier's peer, with the peer's own
// certificate.
func newPipeline(c *network.Consortium, dir string) (*pipeline, error) {
	o, err := c.Organisation(courierOrg)
	if err != nil {
		return nil, err
	}
	files := network.Crypto(filepath.Join(dir, "crypto")).PeerNode(o, o.Nodes[0])
	cert, err := tls.LoadX509KeyPair(files.TLSCert, files.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("certificate of the peer: %w", err)
	}
	root, err := os.ReadFile(files.TLSRoot)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	return &pipeline{
		channel: c.Channel, url: "https://" + o.Nodes[0].Operations + "/metrics",
		http: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
			RootCAs: roots, Certificates: []tls.Certificate{cert}, ServerName: o.Host(o.Nodes[0]), MinVersion: tls.VersionTLS12,
		}}},
	}, nil
}

// busy is for how long the peer has been busy with blocks since it started, in
// seconds.
func (p *pipeline) busy(ctx context.Context) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("metrics of the peer: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("metrics of the peer: %s", resp.Status)
	}
	return busyOf(resp.Body, p.channel)
}

// busyOf adds up the steps for a channel in Prometheus's text format.
func busyOf(r io.Reader, channel string) (float64, error) {
	var series []string
	for _, step := range pipelineSteps {
		series = append(series, fmt.Sprintf("%s{channel=%q}", step, channel))
	}
	values, err := readSeries(r, series)
	var total float64
	for _, v := range values {
		total += v
	}
	return total, err
}

// readSeries reads the values of series, each named with its labels, from
// Prometheus's text format. One that is not there is 0.
func readSeries(r io.Reader, series []string) ([]float64, error) {
	values := make([]float64, len(series))
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		text := lines.Text()
		at := strings.LastIndexByte(text, ' ')
		if at < 0 {
			continue
		}
		i := slices.Index(series, text[:at])
		if i < 0 {
			continue
		}
		var err error
		if values[i], err = strconv.ParseFloat(text[at+1:], 64); err != nil {
			return nil, fmt.Errorf("metric %s: %w", series[i], err)
		}
	}
	return values, lines.Err()
}
