// SPDX-License-Identifier: Apache-2.0

// Package config is the gateway service's configuration: defaults, a file,
// environment variables, flags, each going before the one it is named after.
package config

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/lanes"
)

// EnvPrefix begins the names of environment variables: peer.endpoint is
// TRUST_GATEWAY_PEER_ENDPOINT.
const EnvPrefix = "TRUST_GATEWAY"

// Config is the whole configuration.
type Config struct {
	Listen     string    `mapstructure:"listen" yaml:"listen"`
	Pprof      string    `mapstructure:"pprof" yaml:"pprof"` // empty: no profiles
	Peer       Peer      `mapstructure:"peer" yaml:"peer"`
	OtherPeers []Peer    `mapstructure:"otherPeers" yaml:"otherPeers"` // in a file only; taken while those before are gone
	Identity   Identity  `mapstructure:"identity" yaml:"identity"`
	Network    string    `mapstructure:"network" yaml:"network"` // of the default route, with channel and chaincode
	Channel    string    `mapstructure:"channel" yaml:"channel"`
	Chaincode  string    `mapstructure:"chaincode" yaml:"chaincode"`
	Routes     []Route   `mapstructure:"routes" yaml:"routes"` // others, in a file only
	DIDs       string    `mapstructure:"dids" yaml:"dids"`     // name of the identity contract on the default channel; none if empty
	KeySync    KeySync   `mapstructure:"keySync" yaml:"keySync"`
	PublicURL  string    `mapstructure:"publicURL" yaml:"publicURL"` // of this gateway, as others reach it
	ListKeys   []ListKey `mapstructure:"listKeys" yaml:"listKeys"`   // in a file only
	SignIn     SignIn    `mapstructure:"signIn" yaml:"signIn"`
	Issuing    Issuing   `mapstructure:"issuing" yaml:"issuing"` // in a file only
	Asking     Asking    `mapstructure:"asking" yaml:"asking"`   // in a file only
	Schemas    []Schema  `mapstructure:"schemas" yaml:"schemas"` // in a file only
	Wallets    Wallets   `mapstructure:"wallets" yaml:"wallets"`
	VCAPI      VCAPI     `mapstructure:"vcAPI" yaml:"vcAPI"` // in a file only
	Anchor     Anchor    `mapstructure:"anchor" yaml:"anchor"`
	Witness    Witness   `mapstructure:"witness" yaml:"witness"`
	Fraud      Fraud     `mapstructure:"fraud" yaml:"fraud"`
	VerifyPage string    `mapstructure:"verifyPage" yaml:"verifyPage"` // empty: none
	Lanes      Lanes     `mapstructure:"lanes" yaml:"lanes"`
	Timeouts   Timeouts  `mapstructure:"timeouts" yaml:"timeouts"`
	Log        Log       `mapstructure:"log" yaml:"log"`
}

// Peer is a peer whose gateway service is used.
type Peer struct {
	Endpoint string `mapstructure:"endpoint" yaml:"endpoint"`
	Name     string `mapstructure:"name" yaml:"name"`
	TLSRoot  string `mapstructure:"tlsRoot" yaml:"tlsRoot"`
}

// Identity is the gateway's Fabric certificate. It needs no role.
type Identity struct {
	MSP  string `mapstructure:"msp" yaml:"msp"`
	Cert string `mapstructure:"cert" yaml:"cert"`
	Key  string `mapstructure:"key" yaml:"key"`
}

// Route is a contract besides the default one, and the programmes at home there.
type Route struct {
	Network   string   `mapstructure:"network" yaml:"network"`
	Channel   string   `mapstructure:"channel" yaml:"channel"`
	Chaincode string   `mapstructure:"chaincode" yaml:"chaincode"`
	Programs  []string `mapstructure:"programs" yaml:"programs"`
}

// Lanes size the lanes of each route.
type Lanes struct {
	Count    int           `mapstructure:"count" yaml:"count"`
	InFlight int           `mapstructure:"inFlight" yaml:"inFlight"`
	MaxBatch int           `mapstructure:"maxBatch" yaml:"maxBatch"`
	Queue    int           `mapstructure:"queue" yaml:"queue"`
	MaxWait  time.Duration `mapstructure:"maxWait" yaml:"maxWait"`
}

// Anchor says what the gateway seals, on the default route's channel.
type Anchor struct {
	Dir       string        `mapstructure:"dir" yaml:"dir"`
	Chaincode string        `mapstructure:"chaincode" yaml:"chaincode"`
	Key       string        `mapstructure:"key" yaml:"key"`
	Interval  time.Duration `mapstructure:"interval" yaml:"interval"`
	MaxBatch  int           `mapstructure:"maxBatch" yaml:"maxBatch"`
	MaxQueue  int           `mapstructure:"maxQueue" yaml:"maxQueue"`
	Lanes     int           `mapstructure:"lanes" yaml:"lanes"`
	Witnesses []Cosigner    `mapstructure:"witnesses" yaml:"witnesses"` // in a file only
	LogKeys   []string      `mapstructure:"logKeys" yaml:"logKeys"`     // in a file only: files of keys that sign checkpoints, the newest first; key alone if empty
}

// KeySync says how accounts are kept in line with their DIDs' documents.
type KeySync struct {
	Off  bool   `mapstructure:"off" yaml:"off"`
	File string `mapstructure:"file" yaml:"file"`
}

// SignIn says that the gateway gives out sign-in tokens.
type SignIn struct {
	Key    string `mapstructure:"key" yaml:"key"`
	Issuer string `mapstructure:"issuer" yaml:"issuer"`
}

// ListKey is a key that an issuer entrusts to the gateway, which signs its status lists
// with it and nothing else.
type ListKey struct {
	Kid string `mapstructure:"kid" yaml:"kid"` // DID URL, for assertionMethod in the issuer's document
	Key string `mapstructure:"key" yaml:"key"` // file, PKCS #8 PEM: P-256 or Ed25519
}

// Issuing has the gateway issue credentials to wallets (OpenID4VCI) with a key that an
// issuer entrusts to it. Needs publicURL and signIn.
type Issuing struct {
	Kid     string   `mapstructure:"kid" yaml:"kid"`         // DID URL, for assertionMethod in the issuer's document; none are issued if empty
	Key     string   `mapstructure:"key" yaml:"key"`         // file, PKCS #8 PEM: P-256 or Ed25519
	Clients []string `mapstructure:"clients" yaml:"clients"` // DIDs that may have offers made, besides the issuer's
	Kinds   []Kind   `mapstructure:"kinds" yaml:"kinds"`
}

// Asking has the gateway ask holders for credentials (OpenID4VP) in the name of a verifier
// that entrusts its key to it. Needs publicURL and signIn.
type Asking struct {
	Kid     string   `mapstructure:"kid" yaml:"kid"`         // DID URL, for authentication in the verifier's document; nobody is asked if empty
	Key     string   `mapstructure:"key" yaml:"key"`         // file, PKCS #8 PEM: P-256 or Ed25519
	Clients []string `mapstructure:"clients" yaml:"clients"` // DIDs that may ask in its name, besides its own
}

// Schema is the content of a JSON Schema. What credentials say is checked against those that
// they name, and nothing is fetched: one that is not here fails.
type Schema struct {
	URL  string `mapstructure:"url" yaml:"url"` // as credentials name it
	File string `mapstructure:"file" yaml:"file"`
}

// Wallets says where the gateway keeps what it gave out to wallets.
type Wallets struct {
	Dir string `mapstructure:"dir" yaml:"dir"`
}

// VCAPI has the gateway serve the VC API, by which conformance suites drive it.
type VCAPI struct {
	On     bool    `mapstructure:"on" yaml:"on"`
	Keys   []VCKey `mapstructure:"keys" yaml:"keys"`     // of issuers in whose name it signs whatever they ask for
	Anyone bool    `mapstructure:"anyone" yaml:"anyone"` // may have it sign, not only issuers who signed in: for keys that serve tests alone
}

// VCKey is a key of an issuer for the VC API.
type VCKey struct {
	ListKey `mapstructure:",squash" yaml:",inline"`
	Lists   []string `mapstructure:"lists" yaml:"lists"` // status lists that the issuer opened for this gateway alone: credentials get an entry of each
}

// Kind is a kind of credential that is issued.
type Kind struct {
	ID          string        `mapstructure:"id" yaml:"id"`
	Type        string        `mapstructure:"type" yaml:"type"` // vct
	Name        string        `mapstructure:"name" yaml:"name"`
	Disclosable []string      `mapstructure:"disclosable" yaml:"disclosable"` // paths of claims that holders may keep back
	Life        time.Duration `mapstructure:"life" yaml:"life"`               // of a credential; for ever if 0
}

// Cosigner is another organisation's witness.
type Cosigner struct {
	URL string `mapstructure:"url" yaml:"url"` // behind which add-checkpoint stands
	Key string `mapstructure:"key" yaml:"key"` // verifier key of its cosignatures
}

// Witness says that this gateway cosigns other gateways' checkpoints, for its
// organisation.
type Witness struct {
	Dir  string `mapstructure:"dir" yaml:"dir"`
	Name string `mapstructure:"name" yaml:"name"`
}

// Fraud says how the gateway watches over the fraud thresholds of policies.
type Fraud struct {
	Every time.Duration `mapstructure:"every" yaml:"every"`
	Back  time.Duration `mapstructure:"back" yaml:"back"`
}

// Timeouts bound the steps.
type Timeouts struct {
	Order        time.Duration `mapstructure:"order" yaml:"order"`
	Evaluate     time.Duration `mapstructure:"evaluate" yaml:"evaluate"`
	Endorse      time.Duration `mapstructure:"endorse" yaml:"endorse"`
	Submit       time.Duration `mapstructure:"submit" yaml:"submit"`
	CommitStatus time.Duration `mapstructure:"commitStatus" yaml:"commitStatus"`
	Stop         time.Duration `mapstructure:"stop" yaml:"stop"`
}

// Log says how to log, to standard error.
type Log struct {
	Format string `mapstructure:"format" yaml:"format"`
	Level  string `mapstructure:"level" yaml:"level"`
}

// setting is a value with a default, a flag and an environment variable.
type setting struct {
	key       string
	otherwise any
	usage     string
}

var settings = []setting{
	{"listen", "127.0.0.1:8080", "host:port to serve HTTP on"},
	{"pprof", "", "host:port to serve profiles on, best of 127.0.0.1; none if empty"},
	{"peer.endpoint", "127.0.0.1:7051", "host:port of the peer whose gateway service is used"},
	{"peer.name", "", "name in the peer's TLS certificate, where that is not its host"},
	{"peer.tlsRoot", "", "file of the CA certificate behind the peer's TLS certificate"},
	{"identity.msp", "", "MSP id of the gateway's organisation"},
	{"identity.cert", "", "file of the gateway's certificate; it needs no role"},
	{"identity.key", "", "file of its private key"},
	{"network", "trust", "network id that orders are bound to"},
	{"channel", "trust", "channel of the default route"},
	{"chaincode", "currency", "name of the currency contract there"},
	{"dids", "identity", "name of the identity contract there, by which DIDs are resolved and registered; empty for none"},
	{"keySync.off", false, "leave it to other gateways to bring accounts in line with their DIDs' documents"},
	{"keySync.file", "", "file that notes up to which event this was done; all events are gone through again at each start if empty"},
	{"signIn.key", "", "file of the P-256 key (PKCS #8 PEM) that signs sign-in tokens, made if it is not there; none are given out if empty"},
	{"signIn.issuer", "", "URL under which the gateway is known, the iss of its tokens; http:// and the address it listens on if empty"},
	{"publicURL", "", "URL by which others reach this gateway, which signed status lists name; as each request has it if empty"},
	{"wallets.dir", "", "folder for which status entries credentials have, and for offers and requests that wallets have still to answer; in memory, so lost at a restart, if empty"},
	{"anchor.dir", "", "folder for logs of anchored records; the gateway seals none if empty"},
	{"anchor.chaincode", "anchor", "name of the anchor contract on the channel"},
	{"anchor.key", "", "file of the sealer's Ed25519 key (PKCS #8 PEM), which sources grant their logs to; sealer.pem in the folder if empty, made if it is not there"},
	{"anchor.interval", 250 * time.Millisecond, "that a record waits for others to be sealed with"},
	{"anchor.maxBatch", 40000, "records in a seal, 1 to 50000"},
	{"anchor.maxQueue", 400000, "records that may wait; above it submissions are answered 503"},
	{"anchor.lanes", 2, "lanes in which sources are sealed, 1 to 16, each with one seal in flight; a source always maps to the same"},
	{"verifyPage", "", "file of the page that verifies receipts in a browser (go run ./gateway/cmd/verify-page), served at /verify; none if empty"},
	{"witness.dir", "", "folder for what this gateway cosigned as its organisation's witness, and witness.pem, its key; it is none if empty"},
	{"witness.name", "", "name of the witness, such as the organisation's domain; for good, it is part of its key"},
	{"fraud.every", time.Duration(0), "how often to look for what reaches the policies' fraud thresholds, for the alarm trust_fraud_flags; never if 0. The first look reads all blocks"},
	{"fraud.back", 31 * 24 * time.Hour, "how long the alarm goes on after the last payment, where no case is opened"},
	{"lanes.count", lanes.Default.Lanes, "lanes; a payer always maps to the same"},
	{"lanes.inFlight", lanes.Default.InFlight, "transactions of a lane on their way at a time, 1 to 8, each of other payers"},
	{"lanes.maxBatch", lanes.Default.MaxBatch, "orders in a transaction, 1 to 1000"},
	{"lanes.queue", lanes.Default.Queue, "orders that may wait in a lane, and as many in its siding"},
	{"lanes.maxWait", 2 * time.Second, "that an order may have to wait for its turn, by the lane's pace of late; who would wait longer is told to come again (503)"},
	{"timeouts.order", 30 * time.Second, "within which an order is settled"},
	{"timeouts.evaluate", 10 * time.Second, "for a query"},
	{"timeouts.endorse", 15 * time.Second, "for an endorsement"},
	{"timeouts.submit", 5 * time.Second, "for handing a transaction to the orderer, before the same is sent again"},
	{"timeouts.commitStatus", 10 * time.Second, "for a commit to show, before the same transaction is sent again"},
	{"timeouts.stop", 35 * time.Second, "for settling what was taken, when told to stop"},
	{"log.format", "text", "text or json"},
	{"log.level", "info", "debug, info, warn or error"},
}

// flagName is a key as a flag: peer.tlsRoot is --peer-tls-root.
func flagName(key string) string {
	var b strings.Builder
	for _, c := range key {
		if c == '.' || unicode.IsUpper(c) {
			b.WriteByte('-')
		}
		if c != '.' {
			b.WriteRune(unicode.ToLower(c))
		}
	}
	return b.String()
}

// Flags adds a flag for each setting.
func Flags(flags *pflag.FlagSet) {
	for _, s := range settings {
		switch v := s.otherwise.(type) {
		case string:
			flags.String(flagName(s.key), v, s.usage)
		case bool:
			flags.Bool(flagName(s.key), v, s.usage)
		case int:
			flags.Int(flagName(s.key), v, s.usage)
		case time.Duration:
			flags.Duration(flagName(s.key), v, s.usage)
		}
	}
}

// Load reads file, if one is named, the environment and the flags. Unknown names
// in the file are an error.
func Load(file string, flags *pflag.FlagSet) (Config, error) {
	v := viper.New()
	v.SetEnvPrefix(EnvPrefix)
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	v.AutomaticEnv()
	for _, s := range settings {
		v.SetDefault(s.key, s.otherwise)
		if err := v.BindPFlag(s.key, flags.Lookup(flagName(s.key))); err != nil {
			return Config{}, err
		}
	}
	if file != "" {
		v.SetConfigFile(file)
		if err := v.ReadInConfig(); err != nil {
			return Config{}, fmt.Errorf("configuration file: %w", err)
		}
	}
	var c Config
	if err := v.Unmarshal(&c, func(d *mapstructure.DecoderConfig) { d.ErrorUnused = true }); err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	return c, nil
}

// Validate says all that is missing or wrong.
func (c Config) Validate() error {
	var errs []error
	missing := func(key, value string) {
		if value == "" {
			errs = append(errs, fmt.Errorf("%s is not set: --%s, %s_%s or the file", key, flagName(key),
				EnvPrefix, strings.ToUpper(strings.ReplaceAll(key, ".", "_"))))
		}
	}
	missing("peer.endpoint", c.Peer.Endpoint)
	missing("peer.tlsRoot", c.Peer.TLSRoot)
	missing("identity.msp", c.Identity.MSP)
	missing("identity.cert", c.Identity.Cert)
	missing("identity.key", c.Identity.Key)
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		errs = append(errs, fmt.Errorf("listen: %w", err))
	}
	for i, r := range append([]Route{{Network: c.Network, Channel: c.Channel, Chaincode: c.Chaincode}}, c.Routes...) {
		if r.Network == "" || r.Channel == "" || r.Chaincode == "" {
			errs = append(errs, fmt.Errorf("route %d (0 is the default): network %q, channel %q, chaincode %q: all three are needed", i, r.Network, r.Channel, r.Chaincode))
		}
	}
	at := map[string]int{}
	for i, r := range c.Routes {
		for _, program := range r.Programs {
			if other, known := at[program]; known && other != i {
				errs = append(errs, fmt.Errorf("routes: programme %q is in two of them, it has one home", program))
			}
			at[program] = i
		}
	}
	if l := c.Lanes; l.Count < 1 || l.Count > 1024 || l.InFlight < 1 || l.InFlight > 8 || l.MaxBatch < 1 || l.MaxBatch > 1000 || l.Queue < 1 {
		errs = append(errs, fmt.Errorf("lanes: count %d (1 to 1024), inFlight %d (1 to 8), maxBatch %d (1 to 1000), queue %d (at least 1)", l.Count, l.InFlight, l.MaxBatch, l.Queue))
	}
	for _, t := range []time.Duration{c.Lanes.MaxWait, c.Timeouts.Order, c.Timeouts.Evaluate, c.Timeouts.Endorse, c.Timeouts.Submit, c.Timeouts.CommitStatus, c.Timeouts.Stop} {
		if t <= 0 {
			errs = append(errs, fmt.Errorf("timeouts: %s is not above zero", t))
		}
	}
	if a := c.Anchor; a.Dir != "" && (a.Chaincode == "" || a.MaxBatch < 1 || a.MaxBatch > 50_000 || a.MaxQueue < 1 || a.Lanes < 1 || a.Lanes > 16 || a.Interval <= 0) {
		errs = append(errs, fmt.Errorf("anchor: chaincode %q, maxBatch %d (1 to 50000), maxQueue %d (at least 1), lanes %d (1 to 16), interval %s (above 0)",
			a.Chaincode, a.MaxBatch, a.MaxQueue, a.Lanes, a.Interval))
	}
	if f := c.Fraud; f.Every < 0 || f.Back <= 0 {
		errs = append(errs, fmt.Errorf("fraud: every %s (0 or above), back %s (above 0)", f.Every, f.Back))
	}
	if w := c.Witness; (w.Dir == "") != (w.Name == "") {
		errs = append(errs, fmt.Errorf("witness: dir %q and name %q, both are needed or none", w.Dir, w.Name))
	}
	if c.DIDs == "" && (c.SignIn.Key != "" || len(c.ListKeys) > 0) {
		errs = append(errs, errors.New("signIn.key and listKeys need dids, by which those who sign in and issuers are known"))
	}
	if (c.Issuing.Kid != "" || c.Asking.Kid != "") && (c.PublicURL == "" || c.SignIn.Key == "" || c.DIDs == "") {
		errs = append(errs, errors.New("issuing and asking need publicURL, by which wallets reach the gateway, signIn.key, by which clients are known, and dids"))
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		errs = append(errs, fmt.Errorf("log.format is %q: text or json", c.Log.Format))
	}
	return errors.Join(errs...)
}

// hidden stands in the place of secrets.
const hidden = "(hidden)"

// YAML is the configuration as a file; where private keys are stays hidden.
func (c Config) YAML() ([]byte, error) {
	if c.Identity.Key != "" {
		c.Identity.Key = hidden
	}
	if c.Anchor.Key != "" {
		c.Anchor.Key = hidden
	}
	c.Anchor.LogKeys = slices.Repeat([]string{hidden}, len(c.Anchor.LogKeys))
	if c.SignIn.Key != "" {
		c.SignIn.Key = hidden
	}
	c.ListKeys = slices.Clone(c.ListKeys) // they are the caller's
	for i := range c.ListKeys {
		c.ListKeys[i].Key = hidden
	}
	c.VCAPI.Keys = slices.Clone(c.VCAPI.Keys)
	for i := range c.VCAPI.Keys {
		c.VCAPI.Keys[i].Key = hidden
	}
	if c.Issuing.Key != "" {
		c.Issuing.Key = hidden
	}
	if c.Asking.Key != "" {
		c.Asking.Key = hidden
	}
	return yaml.Marshal(c)
}

// Connect are the options of the connection.
func (c Config) Connect() gateway.Options {
	o := gateway.Options{
		PeerEndpoint: c.Peer.Endpoint, PeerName: c.Peer.Name, TLSRootCert: c.Peer.TLSRoot,
		MSPID: c.Identity.MSP, Cert: c.Identity.Cert, Key: c.Identity.Key,
		EvaluateTimeout: c.Timeouts.Evaluate, EndorseTimeout: c.Timeouts.Endorse,
		SubmitTimeout: c.Timeouts.Submit, CommitStatusTimeout: c.Timeouts.CommitStatus,
	}
	for _, p := range c.OtherPeers {
		o.OtherPeers = append(o.OtherPeers, gateway.Peer{Endpoint: p.Endpoint, Name: p.Name, TLSRoot: p.TLSRoot})
	}
	return o
}

// Places are the routes, the default first.
func (c Config) Places() []Home {
	all := []Home{{Place: currency.Place{Network: c.Network, Channel: c.Channel, Chaincode: c.Chaincode}}}
	for _, r := range c.Routes {
		all = append(all, Home{Place: currency.Place{Network: r.Network, Channel: r.Channel, Chaincode: r.Chaincode}, Programs: r.Programs})
	}
	return all
}

// Home is a contract and the programmes that live there.
type Home struct {
	Place    currency.Place
	Programs []string
}
