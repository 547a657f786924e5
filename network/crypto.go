// SPDX-License-Identifier: Apache-2.0

package network

import "path/filepath"

// Crypto is the folder that cryptogen fills; its methods know the layout.
type Crypto string

// Peers is the folder of a member organisation.
func (c Crypto) Peers(o Organisation) OrganisationFiles {
	return OrganisationFiles(filepath.Join(string(c), "peerOrganizations", o.Domain))
}

// Orderers is the folder of the ordering organisation.
func (c Crypto) Orderers(o Organisation) OrganisationFiles {
	return OrganisationFiles(filepath.Join(string(c), "ordererOrganizations", o.Domain))
}

// PeerNode is what a peer holds.
func (c Crypto) PeerNode(o Organisation, n Node) NodeFiles {
	return nodeFiles(filepath.Join(string(c.Peers(o)), "peers", o.Host(n)), o.Host(n))
}

// OrdererNode is what an ordering node holds.
func (c Crypto) OrdererNode(o Organisation, n Node) NodeFiles {
	return nodeFiles(filepath.Join(string(c.Orderers(o)), "orderers", o.Host(n)), o.Host(n))
}

// OrganisationFiles is an organisation's folder.
type OrganisationFiles string

// MSP is the organisation's public definition.
func (f OrganisationFiles) MSP() string { return filepath.Join(string(f), "msp") }

// CA is the folder with certificate and key of the identity authority.
func (f OrganisationFiles) CA() string { return filepath.Join(string(f), "ca") }

// TLSCA is the folder with certificate and key of the TLS authority.
func (f OrganisationFiles) TLSCA() string { return filepath.Join(string(f), "tlsca") }

// User is the folder of a person or program with the common name cn; it holds msp and, for those of cryptogen, tls.
func (f OrganisationFiles) User(cn string) string { return filepath.Join(string(f), "users", cn) }

// NodeFiles are a node's identity and TLS files.
type NodeFiles struct {
	MSP, Cert                string
	TLSCert, TLSKey, TLSRoot string
}

func nodeFiles(dir, host string) NodeFiles {
	return NodeFiles{
		MSP:     filepath.Join(dir, "msp"),
		Cert:    filepath.Join(dir, "msp", "signcerts", host+"-cert.pem"),
		TLSCert: filepath.Join(dir, "tls", "server.crt"),
		TLSKey:  filepath.Join(dir, "tls", "server.key"),
		TLSRoot: filepath.Join(dir, "tls", "ca.crt"),
	}
}
