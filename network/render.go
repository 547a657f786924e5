// SPDX-License-Identifier: Apache-2.0

package network

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"text/template"
)

// Profile is the name of the rendered channel profile.
const Profile = "Channel"

//go:embed templates/*.tmpl
var templateFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"q":      quote,
	"host":   host,
	"port":   port,
	"policy": policy,
	"inc":    func(i int) int { return i + 1 },
}).ParseFS(templateFiles, "templates/*.tmpl"))

// Folders are the places a node works in.
type Folders struct {
	Crypto Crypto
	// Data is the node's own: ledger, consensus log, snapshots.
	Data string
	// Builder holds bin/{detect,build,release}, which hand a peer the address of a chaincode service.
	Builder string
}

// CryptoConfig renders crypto-config.yaml, from which cryptogen makes a pilot's certificates.
func (c *Consortium) CryptoConfig() ([]byte, error) { return render("crypto-config.yaml", c) }

// ChannelProfile renders configtx.yaml, from which configtxgen makes the channel's first block.
func (c *Consortium) ChannelProfile(crypto Crypto) ([]byte, error) {
	return render("configtx.yaml", struct {
		*Consortium
		Crypto Crypto
	}{c, crypto})
}

type nodeSettings struct {
	Consortium   *Consortium
	Organisation Organisation
	Node         Node
	Host         string
	Crypto       NodeFiles
	Data         string
	Builder      string
}

// PeerSettings renders a peer's core.yaml.
func (c *Consortium) PeerSettings(o Organisation, n Node, f Folders) ([]byte, error) {
	if err := o.complete(n, "chaincode", n.Chaincode); err != nil {
		return nil, err
	}
	return render("core.yaml", nodeSettings{c, o, n, o.Host(n), f.Crypto.PeerNode(o, n), f.Data, f.Builder})
}

// OrdererSettings renders an ordering node's orderer.yaml.
func (c *Consortium) OrdererSettings(n Node, f Folders) ([]byte, error) {
	o := c.Orderers.Organisation
	if err := o.complete(n, "admin", n.Admin); err != nil {
		return nil, err
	}
	return render("orderer.yaml", nodeSettings{c, o, n, o.Host(n), f.Crypto.OrdererNode(o, n), f.Data, ""})
}

// complete wants all of a node's addresses; special is the one that only its kind has.
func (o Organisation) complete(n Node, special, address string) error {
	for field, value := range map[string]string{"address": n.Address, "listen": n.Listen, "operations": n.Operations, special: address} {
		if value == "" {
			return fmt.Errorf("%s: %s is not set", o.Host(n), field)
		}
	}
	return nil
}

func render(name string, data any) ([]byte, error) {
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, name+".tmpl", data); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// quote writes s as JSON, which YAML reads as it is.
func quote(s string) (string, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(s)
	return strings.TrimSpace(out.String()), err
}

// policy tells the two kinds apart: "MAJORITY Admins" names policies of the members, "OR('A.admin')" names principals.
func policy(rule string) (string, error) {
	kind := "ImplicitMeta"
	if strings.Contains(rule, "(") {
		kind = "Signature"
	}
	quoted, err := quote(rule)
	return fmt.Sprintf("{Type: %s, Rule: %s}", kind, quoted), err
}

func host(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	h, _, err := net.SplitHostPort(address)
	return h, err
}

func port(address string) (string, error) {
	_, p, err := net.SplitHostPort(address)
	return p, err
}
