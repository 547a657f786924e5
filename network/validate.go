// SPDX-License-Identifier: Apache-2.0

package network

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"time"
)

// What ends up in file names, host names and YAML is kept to plain characters.
var (
	shortName   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	mspName     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9.-]{0,63}$`)
	domainName  = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)
	channelName = regexp.MustCompile(`^[a-z][a-z0-9.-]{0,248}$`)
)

var channelPolicies = []string{"Readers", "Writers", "Admins", "Endorsement", "LifecycleEndorsement"}

// Validate reports everything that is wrong with the data, addresses left empty excepted.
func (c *Consortium) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if !shortName.MatchString(c.Network) {
		bad("network: %q must match %s", c.Network, shortName)
	}
	if !channelName.MatchString(c.Channel) {
		bad("channel: %q must match %s", c.Channel, channelName)
	}
	for _, name := range channelPolicies {
		if c.Policies[name] == "" {
			bad("policies: %s is missing", name)
		}
	}
	b := c.Batch
	if b.Timeout <= 0 || b.MaxMessages <= 0 || b.PreferredBytes <= 0 || b.AbsoluteBytes < b.PreferredBytes {
		bad("batch: timeout %s, maxMessages %d and preferredBytes %d must be above zero, absoluteBytes %d not below preferredBytes",
			b.Timeout, b.MaxMessages, b.PreferredBytes, b.AbsoluteBytes)
	}
	if c.ClockBound != 0 && (c.ClockBound < time.Second || c.ClockBound > MaxClockBound) {
		bad("clockBound: %s, 1s to %s, or 0 for that", c.ClockBound, MaxClockBound)
	}
	if len(c.Organisations) == 0 {
		bad("organisations: at least one is needed")
	}
	seen := map[string]bool{}
	for _, o := range append([]Organisation{c.Orderers.Organisation}, c.Organisations...) {
		errs = append(errs, o.validate()...)
		for _, id := range []string{o.Name, o.MSP, o.Domain} {
			if seen[id] {
				bad("organisations: %q is used twice", id)
			}
			seen[id] = true
		}
	}
	errs = append(errs, c.Orderers.validate()...)
	for _, cc := range c.Chaincodes {
		if !shortName.MatchString(cc.Name) || cc.Version == "" {
			bad("chaincodes: %q %q needs a name that matches %s and a version", cc.Name, cc.Version, shortName)
		}
	}
	return errors.Join(errs...)
}

func (o Orderers) validate() []error {
	n := len(o.Organisation.Nodes)
	switch {
	case o.Consensus != Raft && o.Consensus != BFT:
		return []error{fmt.Errorf("orderers: consensus %q must be %q or %q", o.Consensus, Raft, BFT)}
	case o.Consensus == BFT && n < 4:
		return []error{fmt.Errorf("orderers: bft needs at least 4 nodes to survive one, not %d", n)}
	case o.Tick <= 0:
		return []error{fmt.Errorf("orderers: tick %s must be above zero", o.Tick)}
	}
	return nil
}

func (o Organisation) validate() []error {
	var errs []error
	if !shortName.MatchString(o.Name) {
		errs = append(errs, fmt.Errorf("organisation: name %q must match %s", o.Name, shortName))
	}
	if !mspName.MatchString(o.MSP) {
		errs = append(errs, fmt.Errorf("organisation %s: msp %q must match %s", o.Name, o.MSP, mspName))
	}
	if !domainName.MatchString(o.Domain) {
		errs = append(errs, fmt.Errorf("organisation %s: domain %q must match %s", o.Name, o.Domain, domainName))
	}
	if len(o.Nodes) == 0 {
		errs = append(errs, fmt.Errorf("organisation %s: at least one node is needed", o.Name))
	}
	seen := map[string]bool{}
	for _, n := range o.Nodes {
		if !shortName.MatchString(n.Name) || seen[n.Name] {
			errs = append(errs, fmt.Errorf("organisation %s: node %q must match %s and be there once", o.Name, n.Name, shortName))
		}
		seen[n.Name] = true
		for _, address := range []string{n.Address, n.Listen, n.Operations, n.Chaincode, n.Admin} {
			if address == "" {
				continue
			}
			if _, _, err := net.SplitHostPort(address); err != nil {
				errs = append(errs, fmt.Errorf("organisation %s: node %s: %q is no host:port", o.Name, n.Name, address))
			}
		}
	}
	return errs
}
