// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"log/slog"

	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/config"
	"github.com/komsco/trust-platform/gateway/internal/doorkeeper"
)

// openDoor is what gives out sign-in tokens, nil where the configuration names no
// key for it.
func openDoor(c config.Config, client *gateway.Client, log *slog.Logger) (*doorkeeper.Doorkeeper, error) {
	if c.SignIn.Key == "" {
		return nil, nil
	}
	if err := makeKeyOf(c.SignIn.Key, func() (any, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }); err != nil {
		return nil, fmt.Errorf("key of sign-in tokens: %w", err)
	}
	key, err := readP256(c.SignIn.Key)
	if err != nil {
		return nil, fmt.Errorf("key of sign-in tokens: %w", err)
	}
	issuer := c.SignIn.Issuer
	if issuer == "" {
		issuer = "http://" + c.Listen
	}
	d, err := doorkeeper.New(issuer, key, client.Identity(c.Channel, c.DIDs))
	if err == nil {
		log.Info("giving out sign-in tokens", "issuer", issuer)
	}
	return d, err
}

func readP256(file string) (*ecdsa.PrivateKey, error) {
	parsed, err := readPKCS8(file)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%s holds a %T, a P-256 key is needed", file, parsed)
	}
	return key, nil
}
