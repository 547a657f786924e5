// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/chaincode/currency"
)

type keySyncInput struct {
	Program string `path:"program" doc:"Programme id"`
	Body    struct {
		Accounts []string `json:"accounts" minItems:"1" maxItems:"100" doc:"Account ids, 22 characters of base64url each"`
	}
}

// syncedBody is where accounts stand after a key sync.
type syncedBody struct {
	Accounts []currency.Synced `json:"accounts"`
}

// keySync registers the key sync, which anybody may ask for: a holder who rotated a
// key and does not want to wait, or somebody who saw a DID suspended.
func (a *API) keySync() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "sync-keys", Method: http.MethodPost, Path: "/v1/programs/{program}/key-syncs", Tags: []string{"identity"},
		Summary: "Bring accounts in line with their DIDs' documents",
		Description: "Anybody may ask. From the block that it lands in, a rotated, suspended or deactivated key moves no money. Where nothing " +
			"has changed nothing is written, so asking again is free. The gateway also does it by itself whenever a DID changes.",
		MaxBodyBytes: 64 << 10, Errors: problems(400, 401, 404, 413, 415, 500, 503, 504),
	}, func(ctx context.Context, in *keySyncInput) (*output[syncedBody], error) {
		all, err := a.service.SyncKeys(ctx, currency.SyncKeys{Program: in.Program, Accounts: in.Body.Accounts})
		return answered(syncedBody{all}, err)
	})
}
