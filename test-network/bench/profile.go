// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"

	testnetwork "github.com/komsco/trust-platform/test-network"
)

// profiled are the workloads of which profiles are taken, in the first round.
var profiled = map[string]bool{Hot: true, HotHTTP: true, AnchorHTTP: true, AnchorSDK: true, Welfare: true}

// exposed are the contracts whose processes can be profiled.
var exposed = []string{"currency", "anchor"}

// pprofAddress is where the gateway serves its profiles, if any are wanted: next
// to its API.
func (s *stage) pprofAddress() string {
	if s.Profiles == "" {
		return ""
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.GatewayPort+1))
}

// peerProfiles is the port from which on the peers serve theirs.
func (s *stage) peerProfiles() int {
	if s.Profiles == "" {
		return 0
	}
	return s.GatewayPort + 2
}

// exposeProfiles has the contracts' processes serve profiles.
func (s *stage) exposeProfiles(ctx context.Context) error {
	for _, name := range exposed {
		cc, err := s.Chaincode(name)
		if err != nil {
			return err
		}
		cc.Env = []string{"CHAINCODE_PPROF_ADDRESS=127.0.0.1:0"}
		if err := s.Deploy(ctx, cc); err != nil {
			return err
		}
	}
	return nil
}

var profilesAt = regexp.MustCompile(`profiles at (http://[0-9.:]+/debug/pprof/)`)

// profileURLs finds who serves profiles: name and URL.
func (s *stage) profileURLs(ctx context.Context) (map[string]string, error) {
	nodes, err := s.Status(ctx)
	if err != nil {
		return nil, err
	}
	urls := map[string]string{"gateway": "http://" + s.pprofAddress() + "/debug/pprof/"}
	peers := 0
	for _, n := range nodes {
		if n.Kind == testnetwork.KindPeer {
			urls[n.Name] = fmt.Sprintf("http://127.0.0.1:%d/debug/pprof/", s.peerProfiles()+peers)
			peers++
		}
		contract, _, _ := strings.Cut(n.Name, "-")
		if n.Kind != testnetwork.KindChaincode || !slices.Contains(exposed, contract) {
			continue
		}
		text, err := os.ReadFile(n.Log)
		if err != nil {
			return nil, err
		}
		if all := profilesAt.FindAllSubmatch(text, -1); len(all) > 0 {
			urls[n.Name] = string(all[len(all)-1][1])
		}
	}
	return urls, nil
}

// profile takes CPU profiles of our processes, the bench's own included, for as
// long as a window lasts, into WORKLOAD.PROCESS.pprof; none if workload is empty.
// The result waits for them.
func (s *stage) profile(ctx context.Context, workload string) (wait func() error) {
	failed := func(err error) func() error { return func() error { return err } }
	if workload == "" {
		return failed(nil)
	}
	urls, err := s.profileURLs(ctx)
	if err != nil {
		return failed(err)
	}
	if err := os.MkdirAll(s.Profiles, 0o750); err != nil {
		return failed(err)
	}
	file := func(process string) (*os.File, error) {
		return os.Create(filepath.Join(s.Profiles, workload+"."+process+".pprof"))
	}
	own, err := file(clientProcess)
	if err != nil {
		return failed(err)
	}
	if err := pprof.StartCPUProfile(own); err != nil {
		return failed(errors.Join(err, own.Close()))
	}
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	for process, url := range urls {
		wg.Go(func() {
			out, err := file(process)
			if err == nil {
				err = errors.Join(fetch(ctx, fmt.Sprintf("%sprofile?seconds=%d", url, int(s.Window.Seconds())), out), out.Close())
			}
			mu.Lock()
			errs = append(errs, err)
			mu.Unlock()
		})
	}
	return func() error {
		wg.Wait()
		pprof.StopCPUProfile()
		return errors.Join(append(errs, own.Close())...)
	}
}

func fetch(ctx context.Context, url string, into io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, resp.Status)
	}
	_, err = io.Copy(into, resp.Body)
	return err
}
