// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway/internal/service"
)

const (
	maxOrderBody = jws.MaxLength + 1<<10
	maxBatch     = 1000
	maxBatchBody = 8 << 20
)

// orderInputBody is what an order is sent in.
type orderInputBody struct {
	Order string `json:"order" minLength:"1" doc:"The order: a compact JWS, signed by the holder" example:"eyJhbGciOiJFUzI1NiIs….eyJhbW91bnQiOjMwMDAs….c2lnbmF0dXJl…"`
}

type orderInput struct {
	Wait   string `query:"wait" enum:"commit,accepted" doc:"commit (default): answer when the order is carried out for good. accepted: answer at once with a status URL"`
	Prefer string `header:"Prefer" doc:"respond-async asks for the same as wait=accepted (RFC 7240)"`
	Body   orderInputBody
	client string
}

// Resolve notes where the request came from.
func (in *orderInput) Resolve(ctx huma.Context) []error {
	in.client = host(ctx.RemoteAddr())
	return nil
}

func (in *orderInput) async() bool {
	for _, preference := range strings.Split(in.Prefer, ",") {
		name, _, _ := strings.Cut(preference, ";")
		if strings.EqualFold(strings.TrimSpace(name), "respond-async") {
			return true
		}
	}
	return in.Wait == "accepted"
}

type orderOutput struct {
	Status   int
	Location string `header:"Location" doc:"Where the order's status is told"`
	Applied  string `header:"Preference-Applied" doc:"respond-async, where the answer did not wait"`
	Hit      string `header:"Idempotency-Hit" doc:"true, where the order had been carried out before"`
	Body     service.Result
}

// orders registers what takes orders.
func (a *API) orders() {
	for _, op := range []struct {
		id, path, summary string
		types             []string
	}{
		{"send-order", "/v1/orders", "Carry out an order of any type", currency.Orders},
		{"open-account", "/v1/accounts", "Open an account (open-order+jws)", []string{currency.TypOpen}},
		{"pay", "/v1/payments", "Pay a merchant (payment-order+jws)", []string{currency.TypPayment}},
		{"give", "/v1/gifts", "Give to another resident (gift-order+jws)", []string{currency.TypGift}},
		{"claim", "/v1/claims", "Claim credits into the purse (claim-order+jws)", []string{currency.TypClaim}},
		{"redeem", "/v1/redemptions", "Have the bank pay a merchant out (redeem-order+jws)", []string{currency.TypRedeem}},
		{"buy", "/v1/purchases", "Order value that a deposit at the bank is to pay for (purchase-order+jws)", []string{currency.TypBuy}},
		{"present-ticket", "/v1/tickets", "Present a single-use ticket of an issuer for what it is worth (ticket-order+jws)", []string{currency.TypTicket}},
		{"refund", "/v1/refunds", "Give a payment back, whole or in part (refund-order+jws)", []string{currency.TypRefund}},
		{"complete-refund", "/v1/refund-completions", "Give back, out of later takings, what a merchant still owes of a refund (complete-refund-order+jws)", []string{currency.TypComplete}},
		{"charge", "/v1/charges", "Take a payment from a payer who showed a token (charge-order+jws, signed by the merchant)", []string{currency.TypCharge}},
		{"authorise", "/v1/holds", "Set value aside for a merchant until a deadline (authorise-order+jws)", []string{currency.TypAuthorise}},
		{"capture", "/v1/captures", "Take held value, whole or in part (capture-order+jws)", []string{currency.TypCapture}},
		{"void", "/v1/voids", "Give what is still held back to its payer (void-order+jws)", []string{currency.TypVoid}},
		{"cash-out", "/v1/cash-refunds", "Turn what is left of bought value into cash, as its terms allow (cash-refund-order+jws)", []string{currency.TypCashOut}},
		{"exchange", "/v1/exchanges", "Exchange value into another programme, as both name it (exchange-order+jws)", []string{currency.TypExchange}},
		{"pay-together", "/v1/joint-payments", "Pay in several programmes at once, all of it or nothing (joint-payment-order+jws)", []string{currency.TypTogether}},
		{"earn", "/v1/earnings", "Show an attestation and be credited what it earns (earn-order+jws)", []string{currency.TypEarn}},
		{"cashback", "/v1/cashbacks", "Ask for the cashback of payments (cashback-order+jws)", []string{currency.TypCashback}},
		{"set-share", "/v1/shares", "Say what part of a bill a shop takes (share-order+jws)", []string{currency.TypShare}},
		{"close-account", "/v1/closures", "Close an account that holds nothing, for good (close-order+jws)", []string{currency.TypClose}},
	} {
		a.carries[op.path] = true
		huma.Register(a.huma, huma.Operation{
			OperationID: op.id, Method: http.MethodPost, Path: op.path, Summary: op.summary, Tags: []string{"orders"},
			Description: "201 when it was carried out now, 200 when it had been before, 202 when the answer did not wait. " +
				"After 503, 504 or no answer at all send the same order again.",
			DefaultStatus: http.StatusCreated, MaxBodyBytes: maxOrderBody,
			Responses: map[string]*huma.Response{
				"200": a.response("It had been carried out before: the first result", service.Result{}),
				"202": a.response("Taken; Location tells where its status is", service.Result{}),
			},
			Errors: problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 500, 503, 504),
		}, func(ctx context.Context, in *orderInput) (*orderOutput, error) { return a.order(ctx, in, op.types) })
	}
	const batch = "/v1/orders:batch"
	a.carries[batch] = true
	huma.Register(a.huma, huma.Operation{
		OperationID: "send-orders", Method: http.MethodPost, Path: batch, Tags: []string{"orders"},
		Summary: "Carry out up to 1000 orders of any types",
		Description: "Each stands or falls alone and has its outcome at its place; orders of one holder are carried out as they stand. " +
			"Answers when all are settled.",
		MaxBodyBytes: maxBatchBody, Errors: problems(400, 408, 413, 415, 500, 503),
	}, a.batch)
	huma.Register(a.huma, huma.Operation{
		OperationID: "order-status", Method: http.MethodGet, Path: "/v1/orders/{order}", Tags: []string{"orders"},
		Summary: "Where an order stands",
		Description: "Told by the order's digest, from what this gateway has seen lately. unknown means that it cannot tell: " +
			"look for the receipt, or send the order again.",
		Errors: problems(400, 500),
	}, func(_ context.Context, in *struct {
		Order string `path:"order" pattern:"^[0-9a-f]{64}$" doc:"Digest of the order: SHA-256 of its signing input, hex"`
	},
	) (*output[service.Result], error) {
		return &output[service.Result]{Body: a.service.Order(in.Order)}, nil
	})
}

func (a *API) order(ctx context.Context, in *orderInput, types []string) (*orderOutput, error) {
	pending, err := a.service.Submit(in.client, in.Body.Order, types...)
	if err != nil {
		return nil, problemOf(err)
	}
	out := &orderOutput{Location: "/v1/orders/" + pending.Digest}
	if in.async() {
		out.Status, out.Applied, out.Body = http.StatusAccepted, "respond-async", a.service.Order(pending.Digest)
		return out, nil
	}
	result, err := pending.Wait(ctx)
	if err != nil {
		p := problemOf(err)
		p.Order = pending.Digest
		return nil, p
	}
	out.Status, out.Body = http.StatusCreated, result
	if result.Replayed {
		out.Status, out.Hit = http.StatusOK, "true"
	}
	return out, nil
}

type batchInput struct {
	Body struct {
		Orders []string `json:"orders" minItems:"1" maxItems:"1000" doc:"Orders: compact JWS, signed by their holders"`
	}
	client string
}

// Resolve notes where the request came from.
func (in *batchInput) Resolve(ctx huma.Context) []error {
	in.client = host(ctx.RemoteAddr())
	return nil
}

// BatchItem is the outcome of one order of a batch.
type BatchItem struct {
	Result  *service.Result `json:"result,omitempty" doc:"Where it was carried out"`
	Problem *Problem        `json:"problem,omitempty" doc:"Where it was not"`
}

type batchBody struct {
	Items []BatchItem `json:"items" doc:"One for each order, in their order"`
}

func (a *API) batch(ctx context.Context, in *batchInput) (*output[batchBody], error) {
	items := make([]BatchItem, len(in.Body.Orders))
	pending := make([]*service.Pending, len(items))
	for i, order := range in.Body.Orders {
		var err error
		if pending[i], err = a.service.Submit(in.client, order, currency.Orders...); err != nil {
			items[i].Problem = noted(ctx, problemOf(err))
		}
	}
	for i, p := range pending {
		if p == nil {
			continue
		}
		result, err := p.Wait(ctx)
		if err != nil {
			items[i].Problem = noted(ctx, problemOf(err))
			items[i].Problem.Order = p.Digest
			continue
		}
		items[i].Result = &result
	}
	return &output[batchBody]{Body: batchBody{Items: items}}, nil
}

type output[T any] struct{ Body T }

// problems lists statuses for the document, sorted and each once.
func problems(statuses ...int) []int {
	slices.Sort(statuses)
	return slices.Compact(statuses)
}
