// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/komsco/trust-platform/gateway"
)

// settings say which peer is used, as whom, and on what.
type settings struct {
	Peer      string `yaml:"peer,omitempty" json:"peer"`
	PeerName  string `yaml:"peer-name,omitempty" json:"peer-name,omitempty"`
	TLSCert   string `yaml:"tls-cert,omitempty" json:"tls-cert"`
	MSP       string `yaml:"msp,omitempty" json:"msp"`
	Cert      string `yaml:"cert,omitempty" json:"cert"`
	Key       string `yaml:"key,omitempty" json:"key"`
	Channel   string `yaml:"channel,omitempty" json:"channel"`
	Chaincode string `yaml:"chaincode,omitempty" json:"chaincode"`
	Program   string `yaml:"program,omitempty" json:"program,omitempty"`
}

// setting is one of them: flag, profile key and, in upper case, variable have
// one name.
type setting struct {
	flag, usage string
	of          func(*settings) *string
	path        bool   // names a file, in a profile relative to it
	identity    bool   // peer or person: one and the same for a whole command
	needed      bool   // has no default
	peerCLI     string // the peer program's variable of the same meaning
}

func (s setting) env() string {
	return "TRUSTCTL_" + strings.ToUpper(strings.ReplaceAll(s.flag, "-", "_"))
}

var settingList = []setting{
	{flag: "peer", usage: "host:port of your organisation's peer", of: func(s *settings) *string { return &s.Peer }, identity: true, needed: true, peerCLI: "CORE_PEER_ADDRESS"},
	{flag: "peer-name", usage: "the peer's `name` in its TLS certificate, if not its host", of: func(s *settings) *string { return &s.PeerName }, identity: true, peerCLI: "CORE_PEER_TLS_SERVERHOSTOVERRIDE"},
	{flag: "tls-cert", usage: "`file` with the CA certificate behind the peer's TLS certificate", of: func(s *settings) *string { return &s.TLSCert }, path: true, identity: true, needed: true, peerCLI: "CORE_PEER_TLS_ROOTCERT_FILE"},
	{flag: "msp", usage: "MSP `id` of your organisation", of: func(s *settings) *string { return &s.MSP }, identity: true, needed: true, peerCLI: "CORE_PEER_LOCALMSPID"},
	{flag: "cert", usage: "`file` of your certificate, or the folder with only it", of: func(s *settings) *string { return &s.Cert }, path: true, identity: true, needed: true},
	{flag: "key", usage: "`file` of your private key, or the folder with only it", of: func(s *settings) *string { return &s.Key }, path: true, identity: true, needed: true},
	{flag: "channel", usage: "`name` of the channel, default trust", of: func(s *settings) *string { return &s.Channel }},
	{flag: "chaincode", usage: "`name` the contract is deployed under, default currency", of: func(s *settings) *string { return &s.Chaincode }},
	{flag: "program", usage: "`id` of the programme", of: func(s *settings) *string { return &s.Program }},
}

// resolve finds the settings of each peer to be used: flag before variable
// before profile. Where none of these names peer or person, the peer program's
// own variables count.
func (a *app) resolve() ([]settings, error) {
	files, err := a.profileFiles()
	if err != nil {
		return nil, err
	}
	if len(files) > 1 && len(a.peers) > 0 {
		return nil, usage("several profiles name a peer each; leave --peer out")
	}
	all := []settings{}
	for _, file := range files {
		s, err := readProfile(file)
		if err != nil {
			return nil, err
		}
		a.override(&s, len(files) > 1)
		all = append(all, s)
	}
	if len(files) == 0 {
		var s settings
		a.override(&s, false)
		all = append(all, s)
	}
	if len(a.peers) > 1 {
		one := all[0]
		all = all[:0]
		for _, peer := range a.peers {
			one.Peer = peer
			all = append(all, one)
		}
	}
	for i := range all {
		all[i].defaults()
	}
	return all, nil
}

// override lets flags and variables win. Where several profiles are compared,
// each keeps its own peer and person.
func (a *app) override(s *settings, several bool) {
	for _, t := range settingList {
		if several && t.identity {
			continue
		}
		given := *t.of(&a.flags)
		if t.flag == "peer" && len(a.peers) > 0 {
			given = a.peers[0]
		}
		if given == "" {
			given = os.Getenv(t.env())
		}
		if given != "" {
			*t.of(s) = given
		}
	}
}

func (s *settings) defaults() {
	anyone := false
	for _, t := range settingList {
		anyone = anyone || t.identity && *t.of(s) != ""
	}
	if !anyone {
		for _, t := range settingList {
			if t.peerCLI != "" {
				*t.of(s) = os.Getenv(t.peerCLI)
			}
		}
		if msp := os.Getenv("CORE_PEER_MSPCONFIGPATH"); msp != "" {
			s.Cert, s.Key = filepath.Join(msp, "signcerts"), filepath.Join(msp, "keystore")
		}
	}
	if s.Channel == "" {
		s.Channel = "trust"
	}
	if s.Chaincode == "" {
		s.Chaincode = "currency"
	}
}

// profileFiles are the profiles that were asked for, else the default one if it
// is there.
func (a *app) profileFiles() ([]string, error) {
	names := a.profiles
	if len(names) == 0 && os.Getenv("TRUSTCTL_PROFILE") != "" {
		names = []string{os.Getenv("TRUSTCTL_PROFILE")}
	}
	files := make([]string, 0, len(names))
	for _, name := range names {
		if filepath.Base(name) == name && filepath.Ext(name) == "" {
			dir, err := profileFolder()
			if err != nil {
				return nil, err
			}
			name = filepath.Join(dir, name+".yaml")
		}
		files = append(files, name)
	}
	if len(names) > 0 {
		return files, nil
	}
	dir, err := profileFolder()
	if err != nil {
		return nil, nil //nolint:nilerr // no home folder, so no default profile either
	}
	file := filepath.Join(dir, "profile.yaml")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return []string{file}, nil
}

func profileFolder() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", usage("where profiles are kept: %w; give --profile a path", err)
	}
	return filepath.Join(dir, "trustctl"), nil
}

func readProfile(file string) (settings, error) {
	var s settings
	raw, err := os.ReadFile(file)
	if err != nil {
		return s, usage("profile: %w; see trustctl profile --help for what to write into it", err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&s); err != nil && !errors.Is(err, io.EOF) {
		return s, usage("profile %s: %s", file, strings.ReplaceAll(err.Error(), "\n", ""))
	}
	for _, t := range settingList {
		if p := t.of(&s); t.path && *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(filepath.Dir(file), *p)
		}
	}
	return s, nil
}

// check says what is missing before anything is connected to.
func (s settings) check() error {
	for _, t := range settingList {
		if t.needed && *t.of(&s) == "" {
			return usage("%s is not known: give --%s, set %s or write %q into a profile (trustctl profile --help)", t.flag, t.flag, t.env(), t.flag)
		}
	}
	return nil
}

// one is the settings where a command speaks to one peer.
func (a *app) one() (settings, error) {
	all, err := a.resolve()
	if err != nil {
		return settings{}, err
	}
	if len(all) != 1 {
		return settings{}, usage("several peers are for audit only")
	}
	return all[0], nil
}

// currency connects to the contract of the settings.
func (a *app) currency(ctx context.Context) (*gateway.Currency, error) {
	s, err := a.one()
	if err != nil {
		return nil, err
	}
	c, err := a.connect(ctx, s)
	if err != nil {
		return nil, err
	}
	return c.Currency(s.Channel, s.Chaincode), nil
}

func (a *app) connect(ctx context.Context, s settings) (*gateway.Client, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	for _, path := range []*string{&s.Cert, &s.Key} {
		if err := only(path); err != nil {
			return nil, err
		}
	}
	c, err := gateway.Connect(ctx, gateway.Options{
		PeerEndpoint: s.Peer, PeerName: s.PeerName, TLSRootCert: s.TLSCert, MSPID: s.MSP, Cert: s.Cert, Key: s.Key,
	})
	if err != nil {
		return nil, usage("%w", err)
	}
	a.clients = append(a.clients, c)
	return c, nil
}

// only replaces a folder, such as an MSP's keystore, by the one file in it.
func only(path *string) error {
	info, err := os.Stat(*path)
	if err != nil {
		return usage("%w", err)
	}
	if !info.IsDir() {
		return nil
	}
	entries, err := os.ReadDir(*path)
	if err != nil {
		return usage("%w", err)
	}
	if len(entries) != 1 {
		return usage("%s holds %d files; name the one to use", *path, len(entries))
	}
	*path = filepath.Join(*path, entries[0].Name())
	return nil
}

// needProgram is the programme of the settings, as far as one is given.
func (a *app) needProgram() (string, error) {
	s, err := a.one()
	if err == nil && s.Program == "" {
		err = usage("program is not known: give --program, set TRUSTCTL_PROGRAM or write \"program\" into a profile")
	}
	return s.Program, err
}

// inProgram connects to the contract of the settings, for a command about a programme.
func (a *app) inProgram(ctx context.Context) (*gateway.Currency, string, error) {
	program, err := a.needProgram()
	if err != nil {
		return nil, "", err
	}
	c, err := a.currency(ctx)
	return c, program, err
}

func (a *app) profileCommand() *cobra.Command {
	return &cobra.Command{
		Use: "profile", Short: "Show which peer and identity would be used", Args: arguments(),
		Long: `Show which peer and identity would be used.

A profile is a YAML file, written once:

  peer: peer0.city.example:7051
  tls-cert: tls/ca.pem          # paths are relative to the profile
  msp: CityMSP
  cert: treasurer/cert.pem      # or the folder with only it, e.g. msp/signcerts
  key: treasurer/key.pem        # likewise, e.g. msp/keystore
  program: nowon                # optional, as are peer-name, channel, chaincode

--profile takes a path, or a name NAME that stands for NAME.yaml in the trustctl
folder of your configuration (on Linux ~/.config/trustctl); profile.yaml there is
used by itself. Each setting is also a flag and a variable, TRUSTCTL_PEER,
TRUSTCTL_TLS_CERT and so on: flags win over variables, variables over profiles.
Where none of them names a peer or an identity, the variables of Fabric's peer
program (CORE_PEER_ADDRESS and so on) are used.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := a.resolve()
			if err != nil {
				return err
			}
			for _, s := range all {
				if err := a.print(cmd, s); err != nil {
					return err
				}
			}
			for _, s := range all {
				if err := s.check(); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// usage is an error in what was asked: exit code 2.
func usage(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }
