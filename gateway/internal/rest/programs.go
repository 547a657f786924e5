// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/chaincode/currency"
)

type errorsBody struct {
	Errors []Code `json:"errors"`
}

func (a *API) programs() {
	a.keySync()
	operation := func(id, path, summary string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"programmes"},
			Errors: problems(400, 404, 500, 503),
		}
	}
	huma.Register(a.huma, operation("program", "/v1/programs/{program}", "A programme"),
		func(ctx context.Context, in *struct {
			Program string `path:"program" doc:"Programme id"`
		},
		) (*output[currency.Program], error) {
			return answered(a.service.Program(ctx, in.Program))
		})
	huma.Register(a.huma, operation("policy", "/v1/programs/{program}/policy", "The rules of a programme: a version, or those in force"),
		func(ctx context.Context, in *struct {
			Program string `path:"program" doc:"Programme id"`
			Version int    `query:"version" minimum:"0" maximum:"9999" doc:"The version in force if left out"`
		},
		) (*output[currency.Policy], error) {
			return answered(a.service.Policy(ctx, in.Program, in.Version))
		})
	huma.Register(a.huma, operation("merchant", "/v1/programs/{program}/merchants/{merchant}", "A merchant; its owner, business and sales are for officers"),
		func(ctx context.Context, in *struct {
			Program  string `path:"program" doc:"Programme id"`
			Merchant string `path:"merchant" doc:"Merchant id"`
		},
		) (*output[currency.Merchant], error) {
			return answered(a.service.Merchant(ctx, in.Program, in.Merchant))
		})
	huma.Register(a.huma, huma.Operation{
		OperationID: "errors", Method: http.MethodGet, Path: "/v1/errors", Summary: "Every code that the API answers with",
		Tags: []string{"programmes"},
	}, func(context.Context, *struct{}) (*output[errorsBody], error) {
		return &output[errorsBody]{Body: errorsBody{Errors: Codes()}}, nil
	})
}
