// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/config"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
	"github.com/komsco/trust-platform/gateway/internal/witness"
)

// openSealer takes up sealing where it was left, nil where the configuration
// names no folder for it.
func openSealer(c config.Config, client *gateway.Client, r prometheus.Registerer, log *slog.Logger) (*sealer.Sealer, error) {
	if c.Anchor.Dir == "" {
		return nil, nil
	}
	file := c.Anchor.Key
	if file == "" {
		file = filepath.Join(c.Anchor.Dir, "sealer.pem")
		if err := makeKey(file); err != nil {
			return nil, fmt.Errorf("sealer's key: %w", err)
		}
	}
	key, err := readKey(file)
	if err != nil {
		return nil, fmt.Errorf("sealer's key: %w", err)
	}
	var logKeys []ed25519.PrivateKey
	for _, file := range c.Anchor.LogKeys {
		logKey, err := readKey(file)
		if err != nil {
			return nil, fmt.Errorf("log's key: %w", err)
		}
		logKeys = append(logKeys, logKey)
	}
	var witnesses []sealer.Witness
	for _, w := range c.Anchor.Witnesses {
		witnesses = append(witnesses, sealer.Witness{URL: w.URL, Key: w.Key})
	}
	s, err := sealer.Open(sealer.Options{
		Witnesses: witnesses, LogKeys: logKeys,
		Dir: c.Anchor.Dir, Place: anchor.Place{Network: c.Network, Channel: c.Channel, Chaincode: c.Anchor.Chaincode}, Key: key,
		Interval: c.Anchor.Interval, MaxBatch: c.Anchor.MaxBatch, MaxQueue: c.Anchor.MaxQueue, Lanes: c.Anchor.Lanes, Log: log, Metrics: sealer.NewMetrics(r),
	}, sealer.Fabric{Client: client, Channel: c.Channel, Anchor: client.Anchor(c.Channel, c.Anchor.Chaincode)})
	if err == nil {
		log.Info("sealing", "did", s.DID, "folder", c.Anchor.Dir)
	}
	return s, err
}

// openWitness is this organisation's witness, nil where the configuration names
// none.
func openWitness(c config.Config, client *gateway.Client, log *slog.Logger) (*witness.Witness, error) {
	if c.Witness.Dir == "" {
		return nil, nil
	}
	file := filepath.Join(c.Witness.Dir, "witness.pem")
	if err := makeKey(file); err != nil {
		return nil, fmt.Errorf("witness's key: %w", err)
	}
	key, err := readKey(file)
	if err != nil {
		return nil, fmt.Errorf("witness's key: %w", err)
	}
	place := anchor.Place{Network: c.Network, Channel: c.Channel, Chaincode: c.Anchor.Chaincode}
	w, err := witness.New(c.Witness.Name, key, c.Witness.Dir, place, client.Anchor(c.Channel, c.Anchor.Chaincode).Own())
	if err == nil {
		log.Info("witnessing", "key", w.Key())
	}
	return w, err
}

// readPKCS8 reads a private key of any type.
func readPKCS8(file string) (any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s is not PEM", file)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return parsed, nil
}

func readKey(file string) (ed25519.PrivateKey, error) {
	parsed, err := readPKCS8(file)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds a %T, an Ed25519 key is needed: openssl genpkey -algorithm ed25519", file, parsed)
	}
	return key, nil
}

// makeKey draws a key unless the file is there. It is whole on disk or not there
// at all: sources grant their logs to it.
func makeKey(file string) error {
	return makeKeyOf(file, func() (any, error) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	})
}

func makeKeyOf(file string, draw func() (any, error)) error {
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return err
	}
	key, err := draw()
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
