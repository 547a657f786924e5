// SPDX-License-Identifier: Apache-2.0

// Package gateway is the Go SDK of the platform: it connects to a consortium
// with a Fabric identity and offers its contracts with their own types.
//
//	c, err := gateway.Connect(ctx, gateway.Options{…})
//	money := c.Currency("trust", "currency")
//	receipt, err := money.Pay(ctx, order)
//
// What moves a holder's money is the order the holder signed (see [Wallet]). The
// Fabric identity only carries it, and needs no role.
package gateway

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

// Peer is a peer whose gateway service is used.
type Peer struct {
	Endpoint string // host:port
	Name     string // in its TLS certificate, where that is not the endpoint's host
	TLSRoot  string // file of the CA certificate behind its TLS certificate
}

// Options say where to connect and as whom. Paths name PEM files.
type Options struct {
	PeerEndpoint string // host:port of the peer to use
	PeerName     string // in its TLS certificate, where that is not the endpoint's host
	TLSRootCert  string // path of the CA certificate behind it
	OtherPeers   []Peer // taken in this order while those before cannot be reached

	MSPID string // of the identity's organisation
	Cert  string // path of the identity's certificate
	Key   string // path of its private key, P-256

	EvaluateTimeout     time.Duration // 0 is 10 seconds
	EndorseTimeout      time.Duration // 0 is 15 seconds
	SubmitTimeout       time.Duration // 0 is 10 seconds
	CommitStatusTimeout time.Duration // 0 is 60 seconds
}

// Client is one identity's connection to a consortium. It is safe for concurrent
// use and meant to be shared.
type Client struct {
	options Options
	conn    *grpc.ClientConn
	fabric  *client.Gateway
}

// maxMessage is Fabric's own bound on a gRPC message, in bytes.
const maxMessage = 100 << 20

// Connect reads the identity and prepares one shared connection. The peer need
// not be there yet: calls say so if it is not. Close the client when done.
func Connect(ctx context.Context, o Options) (*Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o.defaults()
	id, sign, err := o.identity()
	if err != nil {
		return nil, err
	}
	conn, err := o.dial()
	if err != nil {
		return nil, err
	}
	fabric, err := client.Connect(id, client.WithSign(sign), client.WithHash(hash.SHA256), client.WithClientConnection(conn))
	if err != nil {
		_ = conn.Close() // nothing ran over it yet
		return nil, fmt.Errorf("connect to %s: %w", o.PeerEndpoint, err)
	}
	return &Client{options: o, conn: conn, fabric: fabric}, nil
}

// Close ends the connection and what still runs over it.
func (c *Client) Close() error {
	return errors.Join(c.fabric.Close(), c.conn.Close())
}

// Fabric is the underlying gateway client, for what has no typed form, such as
// streams of blocks.
func (c *Client) Fabric() *client.Gateway { return c.fabric }

// Currency is the currency contract deployed under a name on a channel.
func (c *Client) Currency(channel, chaincode string) *Currency {
	return &Currency{client: c, channel: channel, contract: c.fabric.GetNetwork(channel).GetContract(chaincode)}
}

func (o *Options) defaults() {
	for _, t := range []struct {
		timeout   *time.Duration
		otherwise time.Duration
	}{
		{&o.EvaluateTimeout, 10 * time.Second},
		{&o.EndorseTimeout, 15 * time.Second},
		{&o.SubmitTimeout, 10 * time.Second},
		{&o.CommitStatusTimeout, 60 * time.Second},
	} {
		if *t.timeout == 0 {
			*t.timeout = t.otherwise
		}
	}
}

func (o *Options) identity() (identity.Identity, identity.Sign, error) {
	certPEM, err := os.ReadFile(o.Cert)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate of the identity: %w", err)
	}
	cert, err := identity.CertificateFromPEM(certPEM)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate %s: %w", o.Cert, err)
	}
	id, err := identity.NewX509Identity(o.MSPID, cert)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate %s: %w", o.Cert, err)
	}
	keyPEM, err := os.ReadFile(o.Key)
	if err != nil {
		return nil, nil, fmt.Errorf("private key of the identity: %w", err)
	}
	key, err := identity.PrivateKeyFromPEM(keyPEM)
	if err != nil {
		return nil, nil, fmt.Errorf("private key %s: %w", o.Key, err)
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		return nil, nil, fmt.Errorf("private key %s: %w", o.Key, err)
	}
	return id, sign, nil
}

// dial prepares a connection that falls back from the first peer to the others.
func (o *Options) dial() (*grpc.ClientConn, error) {
	peers := append([]Peer{{Endpoint: o.PeerEndpoint, Name: o.PeerName, TLSRoot: o.TLSRootCert}}, o.OtherPeers...)
	roots := x509.NewCertPool()
	endpoints := make([]resolver.Endpoint, 0, len(peers))
	for _, p := range peers {
		if p.Endpoint == "" {
			return nil, fmt.Errorf("no peer endpoint: host:port of a peer is needed")
		}
		pem, err := os.ReadFile(p.TLSRoot)
		if err != nil {
			return nil, fmt.Errorf("TLS root of peer %s: %w", p.Endpoint, err)
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("TLS root of peer %s: %s holds no certificate", p.Endpoint, p.TLSRoot)
		}
		endpoints = append(endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: p.Endpoint, ServerName: p.serverName()}}})
	}
	peersResolver := manual.NewBuilderWithScheme("peers")
	peersResolver.InitialState(resolver.State{Endpoints: endpoints})
	conn, err := grpc.NewClient("peers:///"+o.PeerEndpoint,
		grpc.WithResolvers(peersResolver),
		grpc.WithTransportCredentials(credentials.NewClientTLSFromCert(roots, "")),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)),
		// Not more often than peers allow (peer.keepalive.client.minInterval, 60 s).
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 70 * time.Second, Timeout: 10 * time.Second}),
	)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", o.PeerEndpoint, err)
	}
	return conn, nil
}

// serverName is what the peer's TLS certificate has to name. Where only the
// endpoint is known, that is its host.
func (p Peer) serverName() string {
	if p.Name != "" {
		return p.Name
	}
	host, _, err := net.SplitHostPort(p.Endpoint)
	if err != nil {
		return p.Endpoint
	}
	return host
}
