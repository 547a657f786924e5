// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"context"
	"fmt"

	"github.com/hyperledger/fabric-admin-sdk/pkg/channel"
	"github.com/hyperledger/fabric-admin-sdk/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// ChangeOrdering replaces a value of the channel's configuration under /Channel/Orderer, or with an organisation's name
// under that organisation's group there, as the administrator of the ordering organisation. It returns once an ordering
// node has taken the change; the configuration block follows.
func (n *Network) ChangeOrdering(ctx context.Context, group, value string, change func(old []byte) ([]byte, error)) error {
	c := n.state.Consortium
	o := c.Orderers.Organisation
	first := c.Organisations[0]
	member, err := n.connect(first, first.Nodes[0], adminName)
	if err != nil {
		return err
	}
	defer member.Close()
	block, err := channel.GetConfigBlock(ctx, member.conn, member.id, c.Channel)
	if err != nil {
		return fmt.Errorf("configuration of channel %s: %w", c.Channel, err)
	}
	config, err := configOf(block)
	if err != nil {
		return err
	}
	update, err := updateOf(c.Channel, config.GetChannelGroup(), group, value, change)
	if err != nil {
		return err
	}
	admin, err := n.connectOrderer(adminName)
	if err != nil {
		return err
	}
	defer admin.Close()
	envelope, err := signUpdate(admin.id, o.MSP, c.Channel, update)
	if err != nil {
		return err
	}
	stream, err := orderer.NewAtomicBroadcastClient(admin.conn).Broadcast(ctx)
	if err != nil {
		return fmt.Errorf("send the change of configuration: %w", err)
	}
	if err := stream.Send(envelope); err != nil {
		return fmt.Errorf("send the change of configuration: %w", err)
	}
	answer, err := stream.Recv()
	if err != nil {
		return fmt.Errorf("send the change of configuration: %w", err)
	}
	if answer.GetStatus() != common.Status_SUCCESS {
		return fmt.Errorf("the ordering node refuses the change of configuration: %s %s", answer.GetStatus(), answer.GetInfo())
	}
	return stream.CloseSend()
}

// connectOrderer opens a session of a user of the ordering organisation at its first node.
func (n *Network) connectOrderer(user string) (*session, error) {
	o := n.state.Consortium.Orderers.Organisation
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
	tls, err := credentials.NewClientTLSFromFile(n.crypto().OrdererNode(o, o.Nodes[0]).TLSRoot, "")
	if err != nil {
		return nil, fmt.Errorf("TLS root of %s: %w", o.Name, err)
	}
	conn, err := grpc.NewClient("passthrough:///"+o.Nodes[0].Address, grpc.WithTransportCredentials(tls))
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", o.Host(o.Nodes[0]), err)
	}
	return &session{conn: conn, id: id}, nil
}

func configOf(block *common.Block) (*common.Config, error) {
	var (
		envelope common.Envelope
		payload  common.Payload
		config   common.ConfigEnvelope
	)
	if len(block.GetData().GetData()) != 1 {
		return nil, fmt.Errorf("a configuration block has %d transactions", len(block.GetData().GetData()))
	}
	if err := proto.Unmarshal(block.GetData().GetData()[0], &envelope); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if err := proto.Unmarshal(envelope.GetPayload(), &payload); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if err := proto.Unmarshal(payload.GetData(), &config); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return config.GetConfig(), nil
}

// updateOf writes one value and leaves the rest as it is: groups on the way are named with the version they have.
func updateOf(channelID string, root *common.ConfigGroup, group, value string, change func([]byte) ([]byte, error)) ([]byte, error) {
	path := []string{"Orderer"}
	if group != "" {
		path = append(path, group)
	}
	read, write := &common.ConfigGroup{Version: root.GetVersion()}, &common.ConfigGroup{Version: root.GetVersion()}
	from, r, w := root, read, write
	for _, name := range path {
		next, known := from.GetGroups()[name]
		if !known {
			return nil, fmt.Errorf("the configuration has no group %q", name)
		}
		nr, nw := &common.ConfigGroup{Version: next.GetVersion()}, &common.ConfigGroup{Version: next.GetVersion()}
		r.Groups, w.Groups = map[string]*common.ConfigGroup{name: nr}, map[string]*common.ConfigGroup{name: nw}
		from, r, w = next, nr, nw
	}
	old, known := from.GetValues()[value]
	if !known {
		return nil, fmt.Errorf("the configuration has no value %q in %q", value, path)
	}
	changed, err := change(old.GetValue())
	if err != nil {
		return nil, err
	}
	w.Values = map[string]*common.ConfigValue{value: {Version: old.GetVersion() + 1, ModPolicy: old.GetModPolicy(), Value: changed}}
	return proto.Marshal(&common.ConfigUpdate{ChannelId: channelID, ReadSet: read, WriteSet: write})
}

func signUpdate(id identity.SigningIdentity, mspID, channelID string, update []byte) (*common.Envelope, error) {
	creator, err := proto.Marshal(&msp.SerializedIdentity{Mspid: mspID, IdBytes: id.Credentials()})
	if err != nil {
		return nil, err
	}
	signer, err := proto.Marshal(&common.SignatureHeader{Creator: creator, Nonce: []byte(channelID)})
	if err != nil {
		return nil, err
	}
	signature, err := id.Sign(append(append([]byte(nil), signer...), update...))
	if err != nil {
		return nil, err
	}
	data, err := proto.Marshal(&common.ConfigUpdateEnvelope{
		ConfigUpdate: update, Signatures: []*common.ConfigSignature{{SignatureHeader: signer, Signature: signature}},
	})
	if err != nil {
		return nil, err
	}
	head, err := proto.Marshal(&common.ChannelHeader{Type: int32(common.HeaderType_CONFIG_UPDATE), ChannelId: channelID, Timestamp: timestamppb.Now()})
	if err != nil {
		return nil, err
	}
	payload, err := proto.Marshal(&common.Payload{Header: &common.Header{ChannelHeader: head, SignatureHeader: signer}, Data: data})
	if err != nil {
		return nil, err
	}
	signature, err = id.Sign(payload)
	return &common.Envelope{Payload: payload, Signature: signature}, err
}
