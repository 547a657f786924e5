// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/hyperledger/fabric-admin-sdk/pkg/channel"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/network"
)

func (n *Network) blockPath() string { return filepath.Join(n.dir, "channel.block") }

// makeChannel makes certificates and the channel's first block. Leftovers of an earlier attempt are removed.
func (n *Network) makeChannel(ctx context.Context) error {
	n.say("Making certificates and the first block of channel %s", n.state.Consortium.Channel)
	for _, left := range []string{"crypto", "nodes"} {
		if err := os.RemoveAll(filepath.Join(n.dir, left)); err != nil {
			return fmt.Errorf("remove leftovers: %w", err)
		}
	}
	c := n.state.Consortium
	people, err := c.CryptoConfig()
	if err != nil {
		return err
	}
	profile, err := c.ChannelProfile(n.crypto())
	if err != nil {
		return err
	}
	cryptoConfig, configtx := filepath.Join(n.dir, "crypto-config.yaml"), filepath.Join(n.dir, "configtx.yaml")
	if err := writeFile(cryptoConfig, people); err != nil {
		return err
	}
	if err := writeFile(configtx, profile); err != nil {
		return err
	}
	if err := n.tool(ctx, "cryptogen", "generate", "--config", cryptoConfig, "--output", string(n.crypto())); err != nil {
		return err
	}
	if err := n.tool(ctx, "configtxgen", "-configPath", n.dir, "-profile", network.Profile,
		"-channelID", c.Channel, "-outputBlock", n.blockPath()); err != nil {
		return err
	}
	n.state.Made = true
	return n.saveState()
}

// tool runs one of Fabric's programs to its end.
func (n *Network) tool(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(n.state.BinDir, name), args...)
	cmd.Env = append(baseEnv(), "FABRIC_LOGGING_SPEC=warning")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// join brings the channel to every node that does not have it yet.
func (n *Network) join(ctx context.Context) error {
	raw, err := os.ReadFile(n.blockPath())
	if err != nil {
		return fmt.Errorf("first block: %w", err)
	}
	block := new(common.Block)
	if err := proto.Unmarshal(raw, block); err != nil {
		return fmt.Errorf("first block: %w", err)
	}
	c := n.state.Consortium
	for _, node := range c.Orderers.Organisation.Nodes {
		p, err := n.participation(ctx, node)
		if err != nil {
			return err
		}
		if !p.Joined {
			if err := n.joinOrderer(ctx, node, raw); err != nil {
				return err
			}
		}
	}
	for _, o := range c.Organisations {
		for _, node := range o.Nodes {
			if err := n.joinPeer(ctx, o, node, block); err != nil {
				return fmt.Errorf("%s: join channel %s: %w", peerName(o, node), c.Channel, err)
			}
		}
	}
	return nil
}

func (n *Network) joinPeer(ctx context.Context, o network.Organisation, node network.Node, block *common.Block) error {
	admin, err := n.connect(o, node, adminName)
	if err != nil {
		return err
	}
	defer admin.Close()
	joined, err := channel.ListChannelOnPeer(ctx, admin.conn, admin.id)
	if err != nil {
		return err
	}
	for _, c := range joined {
		if c.GetChannelId() == n.state.Consortium.Channel {
			return nil
		}
	}
	return channel.JoinChannel(ctx, admin.conn, admin.id, block)
}

// participation is an ordering node's part in the channel.
type participation struct {
	Joined bool   `json:"-"`
	Height uint64 `json:"height"`
	Status string `json:"status"`
}

func (n *Network) participation(ctx context.Context, node network.Node) (participation, error) {
	var p participation
	code, body, err := n.ordererAdmin(ctx, node, http.MethodGet, "/"+n.state.Consortium.Channel, "", nil)
	switch {
	case err != nil:
		return p, err
	case code == http.StatusNotFound:
		return p, nil
	case code != http.StatusOK:
		return p, fmt.Errorf("%s answers %d: %s", node.Name, code, body)
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return p, fmt.Errorf("%s: %w", node.Name, err)
	}
	p.Joined = true
	return p, nil
}

func (n *Network) joinOrderer(ctx context.Context, node network.Node, block []byte) error {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("config-block", "config.block")
	if err != nil {
		return err
	}
	if _, err := part.Write(block); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	code, body, err := n.ordererAdmin(ctx, node, http.MethodPost, "", w.FormDataContentType(), &form)
	if err == nil && code != http.StatusCreated {
		err = fmt.Errorf("it answers %d: %s", code, body)
	}
	if err != nil {
		return fmt.Errorf("%s: join channel %s: %w", node.Name, n.state.Consortium.Channel, err)
	}
	return nil
}

// ordererAdmin calls the channel participation API.
func (n *Network) ordererAdmin(ctx context.Context, node network.Node, method, path, contentType string, body io.Reader) (int, []byte, error) {
	client, err := n.ordererClient(node)
	if err != nil {
		return 0, nil, err
	}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, "https://"+node.Admin+"/participation/v1/channels"+path, body)
	if err != nil {
		return 0, nil, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, data, err
}

// ordererClient speaks TLS with the certificate of the orderers' admin.
func (n *Network) ordererClient(node network.Node) (*http.Client, error) {
	o := n.state.Consortium.Orderers.Organisation
	tlsDir := filepath.Join(n.crypto().Orderers(o).User(adminName+"@"+o.Domain), "tls")
	cert, err := tls.LoadX509KeyPair(filepath.Join(tlsDir, "client.crt"), filepath.Join(tlsDir, "client.key"))
	if err != nil {
		return nil, fmt.Errorf("certificate of the orderers' admin: %w", err)
	}
	roots, err := certPool(n.crypto().OrdererNode(o, node).TLSRoot)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		Certificates: []tls.Certificate{cert}, RootCAs: roots, MinVersion: tls.VersionTLS12,
	}}}, nil
}

func certPool(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("TLS root: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("TLS root: no certificate in %s", path)
	}
	return pool, nil
}
