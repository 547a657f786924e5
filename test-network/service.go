// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

var processName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// RunService makes a program part of the network and waits until it is ready. If it runs already it is left alone, unless
// the program or its description has changed: then it is restarted.
func (n *Network) RunService(ctx context.Context, s Service) error {
	if !processName.MatchString(s.Name) {
		return fmt.Errorf("service %q: a name must match %s", s.Name, processName)
	}
	program, err := filepath.Abs(s.Program)
	if err != nil {
		return fmt.Errorf("service %s: %w", s.Name, err)
	}
	s.Program = program
	return n.locked(func() error {
		r, err := n.readRecord(s.Name)
		if err != nil {
			return err
		}
		p := n.serviceProcess(s)
		if !r.alive() || s.Port != n.ServicePort(s.Name) { // before it is kept: the next up would stumble over it
			if err := n.portsFree(ctx, p); err != nil {
				return err
			}
		}
		i := slices.IndexFunc(n.state.Services, func(have Service) bool { return have.Name == s.Name })
		if i < 0 {
			if _, err := n.process(s.Name); err == nil {
				return fmt.Errorf("service %q would be taken for another process of the network: choose another name", s.Name)
			}
			n.state.Services = append(n.state.Services, s)
		} else {
			n.state.Services[i] = s
		}
		if err := n.saveState(); err != nil {
			return err
		}
		_, err = n.startAll(ctx, []process{p})
		return err
	})
}

// RemoveService stops a service and forgets it.
func (n *Network) RemoveService(ctx context.Context, name string) error {
	return n.locked(func() error {
		kept := slices.DeleteFunc(slices.Clone(n.state.Services), func(s Service) bool { return s.Name == name })
		if len(kept) == len(n.state.Services) {
			return fmt.Errorf("no service is called %q", name)
		}
		if err := n.stop(ctx, name); err != nil {
			return err
		}
		n.state.Services = kept
		if err := n.saveState(); err != nil {
			return err
		}
		return os.Remove(n.recordPath(name))
	})
}

// ServicePort is where a service of the network listens, 0 if there is none of that name.
func (n *Network) ServicePort(name string) int {
	for _, s := range n.state.Services {
		if s.Name == name {
			return s.Port
		}
	}
	return 0
}

func (n *Network) serviceProcesses() []process {
	var all []process
	for _, s := range n.state.Services {
		all = append(all, n.serviceProcess(s))
	}
	return all
}

func (n *Network) serviceProcess(s Service) process {
	p := process{
		Name: s.Name, Kind: KindService, Program: s.Program, Args: s.Args, Env: s.Env, Dir: n.root,
		Revision: revision(s, s.Program),
	}
	if s.Port != 0 {
		p.Listen = []listener{{s.Port, "its clients"}}
	}
	if s.ReadyURL != "" {
		p.ready = func(ctx context.Context) error { return getOK(ctx, s.ReadyURL) }
	}
	return p
}

func getOK(ctx context.Context, url string) error {
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
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 512)) // only quoted
		return fmt.Errorf("%s answers %s: %s", url, resp.Status, body)
	}
	return nil
}

// revision names a program and how it is run. A program that cannot be read gets a revision too: starting it tells why.
func revision(description any, program string) string {
	h := sha256.New()
	_ = json.NewEncoder(h).Encode(description) // plain data; a hash takes all
	if f, err := os.Open(program); err == nil {
		_, _ = io.Copy(h, f)
		_ = f.Close()
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
