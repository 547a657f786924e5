// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"fmt"

	"github.com/hyperledger/fabric-admin-sdk/pkg/identity"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/komsco/trust-platform/network"
)

// session is a person's connection to a peer.
type session struct {
	conn *grpc.ClientConn
	id   identity.SigningIdentity
}

func (s *session) Close() { _ = s.conn.Close() } // nothing is left to lose

// connect opens a session of an organisation's user at one of its peers. The connection is made when it is used.
func (n *Network) connect(o network.Organisation, node network.Node, user string) (*session, error) {
	u, err := n.User(o.MSP, user)
	if err != nil {
		return nil, err
	}
	cert, err := identity.ReadCertificate(u.Cert)
	if err != nil {
		return nil, fmt.Errorf("certificate of %s: %w", u.CommonName, err)
	}
	key, err := identity.ReadPrivateKey(u.Key)
	if err != nil {
		return nil, fmt.Errorf("key of %s: %w", u.CommonName, err)
	}
	id, err := identity.NewPrivateKeySigningIdentity(o.MSP, cert, key)
	if err != nil {
		return nil, fmt.Errorf("identity of %s: %w", u.CommonName, err)
	}
	tls, err := credentials.NewClientTLSFromFile(n.crypto().PeerNode(o, node).TLSRoot, "")
	if err != nil {
		return nil, fmt.Errorf("TLS root of %s: %w", o.Name, err)
	}
	conn, err := grpc.NewClient("passthrough:///"+node.Address, grpc.WithTransportCredentials(tls))
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", peerName(o, node), err)
	}
	return &session{conn: conn, id: id}, nil
}

// gateway opens the peer's gateway.
func (s *session) gateway() (*client.Gateway, error) {
	return client.Connect(s.id, client.WithSign(s.id.Sign), client.WithHash(hash.NONE), client.WithClientConnection(s.conn))
}

// eachOrganisation runs f with an admin's session at the first peer of every organisation.
func (n *Network) eachOrganisation(f func(network.Organisation, *session) error) error {
	for _, o := range n.state.Consortium.Organisations {
		if err := n.asAdmin(o, func(s *session) error { return f(o, s) }); err != nil {
			return fmt.Errorf("%s: %w", o.Name, err)
		}
	}
	return nil
}

func (n *Network) asAdmin(o network.Organisation, f func(*session) error) error {
	s, err := n.connect(o, o.Nodes[0], adminName)
	if err != nil {
		return err
	}
	defer s.Close()
	return f(s)
}
