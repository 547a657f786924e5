// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/gateway/internal/service"
)

type codeInput struct {
	Body service.NewCode
}

type readCodeInput struct {
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"2048" doc:"What was scanned"`
	}
}

type imageInput struct {
	Text string `query:"text" required:"true" minLength:"1" maxLength:"2048" doc:"What the code says"`
	As   string `query:"as" enum:"svg,png" doc:"svg (default) or png"`
}

type imageOutput struct {
	Type string `header:"Content-Type"`
	Body []byte
}

// paymentCodes registers what makes and reads QR codes. Nothing is kept of them.
func (a *API) paymentCodes() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "make-code", Method: http.MethodPost, Path: "/v1/codes", Tags: []string{"codes"},
		Summary:     "The text of a QR code: of a shop, of a shop's signed request, or of a payer's token",
		Description: "Give a request (payment-request+jws), a token (payment-token+jws), or programme and merchant, with an amount or without.",
		Errors:      problems(400, 403, 404, 408, 413, 415, 422, 500, 503),
	}, func(ctx context.Context, in *codeInput) (*output[service.PaymentCode], error) {
		return answered(a.service.MakeCode(ctx, in.Body))
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "read-code", Method: http.MethodPost, Path: "/v1/codes:read", Tags: []string{"codes"},
		Summary: "What a scanned QR code says; the request or token in it as it was signed, for an order to carry",
		Errors:  problems(400, 403, 404, 408, 413, 415, 422, 500, 503),
	}, func(ctx context.Context, in *readCodeInput) (*output[service.PaymentCode], error) {
		return answered(a.service.ReadCode(ctx, in.Body.Text))
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "draw-code", Method: http.MethodGet, Path: "/v1/codes/image", Tags: []string{"codes"},
		Summary: "The picture of a code",
		Responses: map[string]*huma.Response{"200": {Description: "The picture", Content: map[string]*huma.MediaType{
			"image/svg+xml": {Schema: &huma.Schema{Type: "string"}}, "image/png": {Schema: &huma.Schema{Type: "string", Format: "binary"}},
		}}},
		Errors: problems(400, 422, 500),
	}, func(_ context.Context, in *imageInput) (*imageOutput, error) {
		image, mime, err := service.DrawCode(in.Text, in.As)
		if err != nil {
			return nil, problemOf(err)
		}
		return &imageOutput{Type: mime, Body: image}, nil
	})
}
