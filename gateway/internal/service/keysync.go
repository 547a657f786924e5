// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Keys brings accounts in line with their DIDs' documents. *gateway.Currency is one.
type Keys interface {
	SyncKeys(ctx context.Context, r currency.SyncKeys) ([]currency.Synced, error)
}

// SyncKeys brings accounts in line with their DIDs' documents, for whoever asks: what
// counts is what the documents say. It returns DID_UNRESOLVED where the programme, or
// this gateway for it, follows no documents.
func (s *Service) SyncKeys(ctx context.Context, r currency.SyncKeys) ([]currency.Synced, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	home := s.home(r.Program)
	if home.Keys == nil {
		return nil, currency.DIDUnresolved.Errorf("this gateway syncs no keys of programme %s", r.Program)
	}
	return home.Keys.SyncKeys(ctx, r)
}
