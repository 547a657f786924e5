// SPDX-License-Identifier: Apache-2.0

// Package platform runs the whole Trust Platform on one machine: a consortium,
// its contracts and the HTTP gateway. The demo, the end-to-end tests and the
// benchmarks stand on it.
package platform

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/network/fabric"
	testnetwork "github.com/komsco/trust-platform/test-network"
)

// DefaultGatewayPort is where the gateway listens unless told otherwise.
const DefaultGatewayPort = 8080

// gatewayService is the gateway's name among the network's processes.
const gatewayService = "gateway"

// Options of a platform. Zero values mean the defaults, or what the state folder
// says. The consortium's own contracts are deployed beside those listed.
type Options struct {
	testnetwork.Options
	GatewayPort int      // of 127.0.0.1; default where it was, or DefaultGatewayPort
	GatewayOrg  string   // MSP id whose peer and certificate the gateway uses; default the consortium's first
	GatewayArgs []string // further flags of the gateway
	VerifyPage  bool     // build the page that verifies receipts, and have the gateway serve it at /verify
}

// Platform is a running platform.
type Platform struct {
	*testnetwork.Network
	URL     string // of the gateway, without a slash at the end
	gateway int
	clients map[string]*gateway.Client
}

// Up brings network, contracts and gateway to work, and resumes whatever of them
// does not run.
func Up(ctx context.Context, o Options) (*Platform, error) {
	o.Later = append(slices.Clone(o.Later), gatewayService) // with the options of today
	n, err := testnetwork.Up(ctx, o.Options)
	if err != nil {
		return nil, err
	}
	if o.Progress != nil {
		n.SetProgress(o.Progress)
	}
	for _, listed := range n.Consortium().Chaincodes {
		cc, err := n.Chaincode(listed.Name)
		if err != nil {
			return nil, err
		}
		if err := n.Deploy(ctx, cc); err != nil {
			return nil, err
		}
	}
	p := of(n, o.GatewayPort)
	return p, p.startGateway(ctx, o)
}

// Open finds a platform that is up.
func Open(dir string, gatewayPort int) (*Platform, error) {
	n, err := testnetwork.Open(dir)
	if err != nil {
		return nil, err
	}
	return of(n, gatewayPort), nil
}

func of(n *testnetwork.Network, port int) *Platform {
	if port == 0 {
		port = n.ServicePort(gatewayService)
	}
	if port == 0 {
		port = DefaultGatewayPort
	}
	return &Platform{
		Network: n, gateway: port, clients: map[string]*gateway.Client{},
		URL: "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
	}
}

func (p *Platform) startGateway(ctx context.Context, o Options) error {
	program, err := p.Build(ctx, "gateway/cmd/gateway")
	if err != nil {
		return err
	}
	org := p.Orgs()[0]
	if o.GatewayOrg != "" {
		if org, err = p.Org(o.GatewayOrg); err != nil {
			return err
		}
	}
	user, err := p.User(org.MSPID, "gateway")
	if err != nil {
		return err
	}
	args := o.GatewayArgs
	if o.VerifyPage {
		page, err := p.verifyPage(ctx)
		if err != nil {
			return err
		}
		args = append([]string{"--verify-page", page}, args...)
	}
	err = p.RunService(ctx, testnetwork.Service{
		Name: gatewayService, Program: program,
		Args: append([]string{
			"--listen", net.JoinHostPort("127.0.0.1", strconv.Itoa(p.gateway)),
			"--peer-endpoint", org.Peer, "--peer-name", org.PeerHost, "--peer-tls-root", org.TLSRoot,
			"--identity-msp", org.MSPID, "--identity-cert", user.Cert, "--identity-key", user.Key,
			"--network", p.Consortium().Network, "--channel", p.Consortium().Channel,
			"--anchor-dir", filepath.Join(p.Dir(), "anchor"), "--key-sync-file", filepath.Join(p.Dir(), "keysync.json"),
			"--sign-in-key", filepath.Join(p.Dir(), "sign-in.pem"), "--wallets-dir", filepath.Join(p.Dir(), "wallets"),
		}, args...),
		Port: p.gateway, ReadyURL: p.URL + "/readyz",
	})
	if errors.Is(err, testnetwork.ErrPortInUse) {
		err = fmt.Errorf("%w: --gateway-port", err)
	}
	return err
}

// verifyPage writes the page into the platform's folder.
func (p *Platform) verifyPage(ctx context.Context) (string, error) {
	program, err := p.Build(ctx, "gateway/cmd/verify-page")
	if err != nil {
		return "", err
	}
	root, err := fabric.Root()
	if err != nil {
		return "", err
	}
	page := filepath.Join(p.Dir(), "verify.html")
	cmd := exec.CommandContext(ctx, program, "--out", page)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("write the verification page: %w: %s", err, out)
	}
	return page, nil
}

// Close ends the connections that Officer opened. The platform runs on.
func (p *Platform) Close() error {
	for _, c := range p.clients {
		if err := c.Close(); err != nil {
			return fmt.Errorf("close connection: %w", err)
		}
	}
	return nil
}

// Client connects as a member of an organisation to that organisation's own
// peer. "Admin" is its administrator.
func (p *Platform) Client(ctx context.Context, msp, name string) (*gateway.Client, error) {
	if c, ok := p.clients[msp+"/"+name]; ok {
		return c, nil
	}
	org, err := p.Org(msp)
	if err != nil {
		return nil, err
	}
	user, err := p.User(msp, name)
	if err != nil {
		return nil, err
	}
	c, err := gateway.Connect(ctx, gateway.Options{
		PeerEndpoint: org.Peer, PeerName: org.PeerHost, TLSRootCert: org.TLSRoot,
		MSPID: msp, Cert: user.Cert, Key: user.Key,
	})
	if err != nil {
		return nil, fmt.Errorf("connect as %s of %s: %w", name, msp, err)
	}
	p.clients[msp+"/"+name] = c
	return c, nil
}

// Officer is the currency contract as a member of an organisation calls it.
func (p *Platform) Officer(ctx context.Context, msp, name string) (*gateway.Currency, error) {
	c, err := p.Client(ctx, msp, name)
	if err != nil {
		return nil, err
	}
	return c.Currency(p.Consortium().Channel, "currency"), nil
}
