// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/network"
)

// channelEndorsement is the policy of chaincodes that name none.
const channelEndorsement = "/Channel/Application/Endorsement"

var (
	chaincodeName    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	chaincodeVersion = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.+-]{0,31}$`)
)

// Deploy brings a chaincode to the channel: its process started, its package installed and approved by every organisation,
// its definition committed. What is done already is not done again. A changed program alone restarts the process; a new
// version or policy upgrades.
func (n *Network) Deploy(ctx context.Context, cc Chaincode) error {
	if cc.Version == "" {
		cc.Version = "1.0"
	}
	if err := cc.validate(); err != nil {
		return err
	}
	return n.locked(func() error {
		if err := n.deploy(ctx, cc); err != nil {
			return fmt.Errorf("deploy %s: %w", cc.Name, explain(err))
		}
		return nil
	})
}

// Chaincode finds a contract of the consortium's list, ready to be deployed.
func (n *Network) Chaincode(name string) (Chaincode, error) {
	listed := n.state.Consortium.Chaincodes
	if !n.state.Choices.Own {
		listed = network.Default().Chaincodes // may have grown since the network was made
	}
	var known []string
	for _, cc := range listed {
		if cc.Name == name {
			return Chaincode{Name: cc.Name, Version: cc.Version, Package: cc.Program, Policy: cc.Policy}, nil
		}
		known = append(known, cc.Name)
	}
	return Chaincode{}, fmt.Errorf("the consortium lists no chaincode %q (there are %q): name its Go package or its program", name, known)
}

func (cc Chaincode) validate() error {
	switch {
	case !chaincodeName.MatchString(cc.Name):
		return fmt.Errorf("chaincode %q: a name must match %s", cc.Name, chaincodeName)
	case !chaincodeVersion.MatchString(cc.Version):
		return fmt.Errorf("chaincode %s: version %q must match %s", cc.Name, cc.Version, chaincodeVersion)
	case (cc.Package == "") == (cc.Program == ""):
		return fmt.Errorf("chaincode %s: name either its Go package or its program", cc.Name)
	case cc.Sequence < 0:
		return fmt.Errorf("chaincode %s: sequence %d is below zero", cc.Name, cc.Sequence)
	}
	return nil
}

func (n *Network) deploy(ctx context.Context, cc Chaincode) error {
	policy, err := applicationPolicy(cc.Policy)
	if err != nil {
		return err
	}
	if err := n.provideProgram(ctx, &cc); err != nil {
		return err
	}
	committed, err := n.committed(ctx, cc.Name)
	if err != nil {
		return err
	}
	unchanged := committed != nil && committed.version == cc.Version && proto.Equal(committed.policy, policy)
	if cc.Sequence, err = nextSequence(cc, committed, unchanged); err != nil {
		return err
	}

	d := deployed{Chaincode: cc}
	if d.Instances, err = n.instances(cc); err != nil {
		return err
	}
	// The old version's processes run until the new one is committed.
	before := n.state.Chaincodes
	old := n.replace(d)
	if err := n.saveState(); err != nil {
		return err
	}
	if _, err := n.startAll(ctx, n.instanceProcesses(d)); err != nil {
		return errors.Join(err, n.withdraw(ctx, d, before))
	}
	definition := chaincode.Definition{
		ChannelName: n.state.Consortium.Channel, Name: cc.Name, Version: cc.Version,
		Sequence: int64(cc.Sequence), ApplicationPolicy: policy,
	}
	err = n.eachOrganisation(func(o network.Organisation, s *session) error {
		i := d.instanceOf(o)
		if err := n.install(ctx, o, i); err != nil {
			return err
		}
		mine := definition
		mine.PackageID = i.PackageID
		return n.approve(ctx, s, &mine)
	})
	if err != nil {
		return err
	}
	if err := n.level(ctx); err != nil {
		return err
	}
	if !unchanged {
		n.say("Committing %s %s, sequence %d", cc.Name, cc.Version, cc.Sequence)
		err := n.asAdmin(n.state.Consortium.Organisations[0], func(s *session) error {
			return chaincode.NewGateway(s.conn, s.id).Commit(ctx, &definition)
		})
		if err != nil {
			return err
		}
	}
	if err := n.awaitCommitted(ctx, cc); err != nil {
		return err
	}
	if err := n.checkChaincode(ctx, cc.Name); err != nil {
		return err
	}
	return n.retire(ctx, old)
}

// provideProgram builds the package, or checks the program.
func (n *Network) provideProgram(ctx context.Context, cc *Chaincode) error {
	if err := os.MkdirAll(n.chaincodeDir(*cc), 0o700); err != nil {
		return err
	}
	if cc.Package == "" {
		program, err := filepath.Abs(cc.Program)
		if err != nil {
			return err
		}
		cc.Program = program
		_, err = os.Stat(program)
		return err
	}
	n.say("Building %s %s", cc.Name, cc.Version)
	cc.Program = filepath.Join(n.chaincodeDir(*cc), cc.Name)
	return n.goBuild(ctx, n.packagePath(cc.Package), cc.Program)
}

// replace records d and returns the processes that it makes superfluous.
func (n *Network) replace(d deployed) []string {
	var old []string
	kept := n.state.Chaincodes[:0:0]
	for _, have := range n.state.Chaincodes {
		if have.Name != d.Name || have.Version != d.Version {
			kept = append(kept, have)
		}
		if have.Name != d.Name {
			continue
		}
		for _, i := range have.Instances {
			if !slices.ContainsFunc(d.Instances, func(now instance) bool { return now.Process == i.Process }) {
				old = append(old, i.Process)
			}
		}
	}
	n.state.Chaincodes = append(kept, d)
	return old
}

// withdraw forgets a version that did not even start, so that it does not stand in the way of the next Up.
func (n *Network) withdraw(ctx context.Context, d deployed, before []deployed) error {
	ctx = context.WithoutCancel(ctx) // an interrupt may be why
	n.state.Chaincodes = before
	for _, p := range n.instanceProcesses(d) {
		if err := n.stop(ctx, p.Name); err != nil {
			return err
		}
	}
	return n.saveState()
}

// retire stops the processes of an earlier version and forgets them.
func (n *Network) retire(ctx context.Context, old []string) error {
	if len(old) == 0 {
		return nil
	}
	n.state.Chaincodes = slices.DeleteFunc(n.state.Chaincodes, func(d deployed) bool {
		return slices.ContainsFunc(d.Instances, func(i instance) bool { return slices.Contains(old, i.Process) })
	})
	if err := n.saveState(); err != nil {
		return err
	}
	for _, name := range old {
		n.say("Stopping %s", name)
		if err := n.stop(ctx, name); err != nil {
			return err
		}
		if err := os.Remove(n.recordPath(name)); err != nil {
			return err
		}
	}
	return nil
}

func (d deployed) instanceOf(o network.Organisation) instance {
	for _, i := range d.Instances {
		if i.Org == o.MSP {
			return i
		}
	}
	return d.Instances[0]
}

// definition is what the channel knows of a chaincode.
type definition struct {
	version  string
	sequence int
	policy   *peer.ApplicationPolicy
}

// committed returns nil without an error if the channel has no such chaincode.
func (n *Network) committed(ctx context.Context, name string) (*definition, error) {
	var d *definition
	err := n.asAdmin(n.state.Consortium.Organisations[0], func(s *session) error {
		var err error
		d, err = committedAt(ctx, s, n.state.Consortium.Channel, name)
		return err
	})
	return d, err
}

func committedAt(ctx context.Context, s *session, channelName, name string) (*definition, error) {
	all, err := chaincode.NewGateway(s.conn, s.id).QueryCommitted(ctx, channelName)
	if err != nil {
		return nil, err
	}
	for _, d := range all.GetChaincodeDefinitions() {
		if d.GetName() != name {
			continue
		}
		policy := new(peer.ApplicationPolicy)
		if err := proto.Unmarshal(d.GetValidationParameter(), policy); err != nil {
			return nil, err
		}
		return &definition{version: d.GetVersion(), sequence: int(d.GetSequence()), policy: policy}, nil
	}
	return nil, nil //nolint:nilnil // absence is an answer
}

func nextSequence(cc Chaincode, committed *definition, unchanged bool) (int, error) {
	next := 1
	if committed != nil {
		next = committed.sequence + 1
	}
	if unchanged {
		next = committed.sequence
	}
	if cc.Sequence != 0 && cc.Sequence != next {
		return 0, fmt.Errorf("sequence %d of version %s does not fit: the channel expects %d", cc.Sequence, cc.Version, next)
	}
	return next, nil
}

// awaitCommitted waits until every organisation's peer has the definition.
func (n *Network) awaitCommitted(ctx context.Context, cc Chaincode) error {
	return n.eachOrganisation(func(_ network.Organisation, s *session) error {
		return n.retry(ctx, "the definition of "+cc.Name, func(ctx context.Context) error {
			d, err := committedAt(ctx, s, n.state.Consortium.Channel, cc.Name)
			if err == nil && (d == nil || d.sequence < cc.Sequence) {
				err = errors.New("it is not committed yet")
			}
			return err
		})
	})
}

// install puts an organisation's package on all its peers.
func (n *Network) install(ctx context.Context, o network.Organisation, i instance) error {
	for _, node := range o.Nodes {
		if err := n.installOn(ctx, o, node, i); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) installOn(ctx context.Context, o network.Organisation, node network.Node, i instance) error {
	s, err := n.connect(o, node, adminName)
	if err != nil {
		return err
	}
	defer s.Close()
	p := chaincode.NewPeer(s.conn, s.id)
	installed, err := p.QueryInstalled(ctx)
	if err != nil {
		return err
	}
	for _, have := range installed.GetInstalledChaincodes() {
		if have.GetPackageId() == i.PackageID {
			return nil
		}
	}
	n.say("Installing %s on %s", i.PackageID, peerName(o, node))
	data, err := os.ReadFile(i.Package)
	if err != nil {
		return err
	}
	_, err = p.Install(ctx, bytes.NewReader(data))
	return err
}

// approve gives an organisation's consent, unless it has given just this one before.
func (n *Network) approve(ctx context.Context, s *session, d *chaincode.Definition) error {
	gw := chaincode.NewGateway(s.conn, s.id)
	have, err := gw.QueryApproved(ctx, d.ChannelName, d.Name, d.Sequence)
	if err != nil && status.Code(err) != codes.Unknown {
		return err
	}
	if err == nil && have.GetVersion() == d.Version && have.GetSource().GetLocalPackage().GetPackageId() == d.PackageID {
		policy := new(peer.ApplicationPolicy)
		if err := proto.Unmarshal(have.GetValidationParameter(), policy); err != nil {
			return err
		}
		if proto.Equal(policy, d.ApplicationPolicy) {
			return nil
		}
	}
	return gw.Approve(ctx, d)
}

func applicationPolicy(policy string) (*peer.ApplicationPolicy, error) {
	if policy == "" {
		return &peer.ApplicationPolicy{Type: &peer.ApplicationPolicy_ChannelConfigPolicyReference{
			ChannelConfigPolicyReference: channelEndorsement,
		}}, nil
	}
	p, err := chaincode.NewApplicationPolicy(policy, "")
	if err != nil {
		return nil, fmt.Errorf("policy %q: %w", policy, err)
	}
	return p, nil
}
