// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"bytes"
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/chaincode/currency/trace"
)

const (
	mediaSVG  = "image/svg+xml"
	mediaJSON = "application/json"
)

// TracePicture is exported so that huma fills it where it is embedded.
type TracePicture struct {
	Accept string `header:"Accept" doc:"image/svg+xml for a picture, else application/json"`
}

type tracedOutput struct {
	Type string `header:"Content-Type"`
	Vary string `header:"Vary"`
	Body []byte
}

// traces registers where money went and came from, for who gave or moved it.
func (a *API) traces() {
	operation := func(id, path, summary string) huma.Operation {
		schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(trace.Graph{}), true, "")
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: "/v1/programs/{program}/accounts/{account}" + path,
			Summary: summary, Tags: []string{"accounts"}, Security: []map[string][]string{{readOrder: {}}},
			Description: "A graph in which at every node entered + in = out + held; other accounts are cut to six characters. " +
				"As JSON or, with Accept: image/svg+xml, as a picture. The gateway reads the blocks that are new since the last trace; where that takes longer than a minute, the answer is TRACE_UNFINISHED and says how far it came: ask again.",
			Responses: map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
				mediaJSON: {Schema: schema}, mediaSVG: {Schema: &huma.Schema{Type: "string"}},
			}}},
			Errors: problems(400, 401, 403, 404, 422, 500, 503),
		}
	}
	huma.Register(a.huma, operation("trace-receipt", "/receipts/{seq}/trace", "Where the money went that an order of the account's holder moved"),
		func(ctx context.Context, in *struct {
			OwnInput
			TracePicture
			Seq int64 `path:"seq" minimum:"1" doc:"Sequence number of the order"`
		},
		) (*tracedOutput, error) {
			g, err := a.service.TraceReceipt(ctx, (&receiptInput{in.OwnInput, in.Seq}).query(), false)
			return in.answer(g, err)
		})
	huma.Register(a.huma, operation("receipt-origins", "/receipts/{seq}/origins", "Where the money came from that an order of the account's holder moved"),
		func(ctx context.Context, in *struct {
			OwnInput
			TracePicture
			Seq int64 `path:"seq" minimum:"1" doc:"Sequence number of the order"`
		},
		) (*tracedOutput, error) {
			g, err := a.service.TraceReceipt(ctx, (&receiptInput{in.OwnInput, in.Seq}).query(), true)
			return in.answer(g, err)
		})
	huma.Register(a.huma, operation("trace-donation", "/donations/{ref}/trace", "Where a donation went, for its donor: the account that the bank named as it confirmed the deposit"),
		func(ctx context.Context, in *struct {
			OwnInput
			TracePicture
			Ref string `path:"ref" doc:"The bank's reference of the deposit"`
		},
		) (*tracedOutput, error) {
			g, err := a.service.TraceDonation(ctx, in.query(), in.Ref)
			return in.answer(g, err)
		})
}

func (in *TracePicture) answer(g trace.Graph, err error) (*tracedOutput, error) {
	if err != nil {
		return nil, problemOf(err)
	}
	if strings.Contains(in.Accept, mediaSVG) {
		return &tracedOutput{Type: mediaSVG, Vary: "Accept", Body: g.SVG()}, nil
	}
	var b bytes.Buffer
	if err := marshal(&b, g); err != nil {
		return nil, problemOf(err)
	}
	return &tracedOutput{Type: mediaJSON, Vary: "Accept", Body: b.Bytes()}, nil
}
