// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"sync/atomic"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway"
)

// Callers of the identity workloads, and the documents that are resolved.
const (
	didCallers = 64
	documents  = 200
)

// didOps registers DIDs, one a transaction, as many callers as the floor's middle:
// compare with the floor. Each operation is signed when it is sent.
func didOps(ctx context.Context, s *stage) (*Measure, error) {
	register := s.registering()
	m, err := s.measure(ctx, "identity", countValid, repeat(didCallers, func(ctx context.Context, _ int) error {
		_, err := register(ctx)
		return err
	}))
	if err == nil {
		m.Note = fmt.Sprintf("%d callers", didCallers)
	}
	return m, err
}

// resolve resolves the current versions of documents over HTTP. What is counted is
// answers, not blocks.
func resolve(ctx context.Context, s *stage) (*Measure, error) {
	register := s.registering()
	known := make([]string, documents)
	err := parallel(len(known), func(i int) (err error) {
		known[i], err = register(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("register %d documents: %w", len(known), err)
	}
	var next atomic.Uint64
	m, err := s.measure(ctx, "identity", countValid, repeat(didCallers, func(ctx context.Context, _ int) error {
		return s.api.Get(ctx, "/1.0/identifiers/"+known[next.Add(1)%documents], "", nil)
	}))
	if err != nil {
		return nil, err
	}
	m.Items, m.Seconds = m.Answers[answerOK], s.Window.Seconds()
	m.PerSecond = float64(m.Items) / m.Seconds
	m.CPU = nil // for each item of blocks, of which there are none
	m.Note = fmt.Sprintf("%d callers, %d documents", didCallers, documents)
	return m, nil
}

// registering registers a document with one P-256 key and returns its DID.
func (s *stage) registering() func(context.Context) (string, error) {
	at := s.Consortium()
	registry := s.client.Identity(at.Channel, "identity")
	return func(ctx context.Context) (string, error) {
		key, err := gateway.NewKey()
		if err != nil {
			return "", err
		}
		jwk := did.Key{Alg: "ES256", P256: &key.PublicKey}.JWK()
		entropy := make([]byte, 16)
		if _, err := rand.Read(entropy); err != nil {
			return "", err
		}
		o := identity.Operation{
			Type: identity.Create, DID: identity.Placeholder, Number: 1, Entropy: base64.RawURLEncoding.EncodeToString(entropy),
			AddKeys: []identity.Key{{
				JWK: &jwk, Unlock: identity.UnlockPIN,
				Purposes: []identity.Purpose{identity.AssertionMethod, identity.Authentication, identity.CapabilityInvocation},
			}},
		}.At(identity.Place{Network: at.Network, Channel: at.Channel, Chaincode: "identity"})
		subject, err := o.Subject()
		if err != nil {
			return "", err
		}
		signatures, err := o.Sign(jws.Signer{Key: key, Kid: subject + "#" + o.AddKeys[0].ID()})
		if err != nil {
			return "", err
		}
		_, err = registry.Operate(ctx, signatures...)
		return subject, err
	}
}
