// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway/internal/service"
)

// readOrder names the security scheme of histories.
const readOrder = "readOrder"

// OwnInput is exported so that huma fills it where it is embedded.
type OwnInput struct {
	Program       string `path:"program" doc:"Programme id"`
	Account       string `path:"account" doc:"Account id: 22 characters of base64url"`
	Authorization string `header:"Authorization" doc:"Order <read order of the holder>"`
}

// order is the read order that the request shows, empty if none.
func (in *OwnInput) order() string {
	scheme, order, _ := strings.Cut(in.Authorization, " ")
	if !strings.EqualFold(scheme, "Order") {
		return ""
	}
	return strings.TrimSpace(order)
}

func (in *OwnInput) query() currency.OwnQuery {
	return currency.OwnQuery{PageQuery: currency.PageQuery{Program: in.Program}, Account: in.Account, Read: in.order()}
}

type pageInput struct {
	OwnInput
	Limit    int    `query:"limit" minimum:"0" maximum:"500" doc:"Records on a page, 1 to 500; 500 if left out"`
	Bookmark string `query:"bookmark" doc:"next of the page before"`
}

func (in *pageInput) query() (currency.OwnQuery, error) {
	q := in.OwnInput.query()
	bookmark, err := base64.RawURLEncoding.DecodeString(in.Bookmark)
	if err != nil {
		return q, code.BadRequest.Errorf("bookmark %.40q is no next of a page", in.Bookmark)
	}
	q.Limit, q.Bookmark = in.Limit, string(bookmark)
	return q, nil
}

// paged asks for a page. A bookmark is the ledger's own key, with characters that
// no URL likes; callers see it in base64url.
func paged[T any](ctx context.Context, in *pageInput, ask func(context.Context, currency.OwnQuery) (call.Page[T], error)) (*output[call.Page[T]], error) {
	q, err := in.query()
	if err != nil {
		return nil, problemOf(err)
	}
	page, err := ask(ctx, q)
	page.Next = base64.RawURLEncoding.EncodeToString([]byte(page.Next))
	return answered(page, err)
}

func (a *API) accounts() {
	operation := func(id, path, summary string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: "/v1/programs/{program}/accounts/{account}" + path,
			Summary: summary, Tags: []string{"accounts"}, Security: []map[string][]string{{readOrder: {}}},
			Errors: problems(400, 401, 403, 404, 422, 500, 503),
		}
	}
	huma.Register(a.huma, operation("purse", "", "What an account holds, and the next order's seq less one"),
		func(ctx context.Context, in *OwnInput) (*output[currency.PurseView], error) {
			return answered(a.service.Purse(ctx, in.query()))
		})
	huma.Register(a.huma, operation("receipts", "/receipts", "Receipts of an account, by sequence number"),
		func(ctx context.Context, in *pageInput) (*output[call.Page[currency.Receipt]], error) {
			return paged(ctx, in, a.service.Receipts)
		})
	huma.Register(a.huma, operation("credits", "/credits", "Credits not claimed yet, of a recovered account for who took over too; the two parts of a key joined by a colon, the number without leading zeros, name a credit"),
		func(ctx context.Context, in *pageInput) (*output[call.Page[currency.Credit]], error) {
			return paged(ctx, in, a.service.Credits)
		})
	post := func(id, path, summary string) huma.Operation {
		o := operation(id, path, summary)
		o.Method, o.Errors = http.MethodPost, problems(400, 401, 403, 404, 409, 422, 500, 503, 504)
		return o
	}
	huma.Register(a.huma, post("forward-credits", "/credits/forward", "Move what waits for a recovered or closed account to the one that took over, for the latter's holder: up to 500 credits, under their old names"),
		func(ctx context.Context, in *OwnInput) (*output[currency.Forwarded], error) {
			return answered(a.service.ForwardCredits(ctx, in.query()))
		})
	huma.Register(a.huma, post("forward-takings", "/receipts/{seq}/waiting-refund/forward", "Give takings that the merchant has not claimed to the payment's refund that waits, for who paid"),
		func(ctx context.Context, in *receiptInput) (*output[currency.TakingsForwarded], error) {
			return answered(a.service.ForwardTakings(ctx, in.query()))
		})
	huma.Register(a.huma, operation("receipt", "/receipts/{seq}", "A receipt, for its holder and, without the kinds of value, for the merchant who was paid"),
		func(ctx context.Context, in *receiptInput) (*output[currency.ReceiptView], error) {
			return answered(a.service.Receipt(ctx, in.query()))
		})
	huma.Register(a.huma, operation("quote", "/quote", "What a payment would draw on, and which terms keep what from being spent"),
		func(ctx context.Context, in *quoteInput) (*output[currency.Quote], error) {
			return answered(a.service.Quote(ctx, in.query()))
		})
	huma.Register(a.huma, operation("hold", "/holds/{seq}", "What a payer set aside, for its payer and, without the kinds of value, the merchant it is for"),
		func(ctx context.Context, in *receiptInput) (*output[currency.Hold], error) {
			return answered(a.service.Hold(ctx, in.query()))
		})
	huma.Register(a.huma, post("release-hold", "/holds/{seq}/release", "Give a hold back to its payer that nobody captured in time: what the payer then claims"), func(ctx context.Context, in *receiptInput) (*output[service.Released], error) {
		return answered(a.service.Release(ctx, in.query()))
	})
	huma.Register(a.huma, operation("waiting-refunds", "/waiting-refunds", "Refunds that a merchant owes, by the payer's account and the payment's sequence number; they wait for its next takings"),
		func(ctx context.Context, in *pageInput) (*output[call.Page[currency.Due]], error) {
			return paged(ctx, in, a.service.WaitingRefunds)
		})
	huma.Register(a.huma, operation("cases", "/cases", "Cases of officers about an account: why, on which receipts, what is held of it and what became of that"),
		func(ctx context.Context, in *pageInput) (*output[call.Page[currency.Case]], error) {
			return paged(ctx, in, a.service.Cases)
		})
	huma.Register(a.huma, operation("request-parts", "/requests/{id}/parts", "Which parts of a merchant's bill were paid or authorised, and by which order"),
		func(ctx context.Context, in *struct {
			OwnInput
			ID       string `path:"id" doc:"The request's id"`
			Limit    int    `query:"limit" minimum:"0" maximum:"500" doc:"Records on a page, 1 to 500; 500 if left out"`
			Bookmark string `query:"bookmark" doc:"next of the page before"`
		},
		) (*output[currency.RequestParts], error) {
			return paged(ctx, &pageInput{in.OwnInput, in.Limit, in.Bookmark}, func(ctx context.Context, q currency.OwnQuery) (currency.RequestParts, error) {
				return a.service.RequestParts(ctx, currency.RequestQuery{OwnQuery: q, ID: in.ID})
			})
		})
	huma.Register(a.huma, operation("redemption", "/redemptions/{seq}", "What a merchant claimed from the bank, and the bank's reference once it is paid"),
		func(ctx context.Context, in *receiptInput) (*output[currency.Redemption], error) {
			return answered(a.service.Redemption(ctx, in.query()))
		})
	huma.Register(a.huma, operation("purchase", "/purchases/{seq}", "What an account ordered to buy: what is due until when, and the credit once the bank confirmed the deposit"),
		func(ctx context.Context, in *receiptInput) (*output[currency.Purchase], error) {
			return answered(a.service.Purchase(ctx, in.query()))
		})
}

type quoteInput struct {
	OwnInput
	To     string `query:"to" required:"true" doc:"Merchant id"`
	Amount int64  `query:"amount" required:"true" minimum:"1" doc:"Won"`
	Bill   int64  `query:"bill" minimum:"0" doc:"Whole amount of the bill that ref names, won; where a share of it counts"`
	Ref    string `query:"ref" doc:"The caller's reference, e.g. of a bill"`
}

func (in *quoteInput) query() currency.QuoteQuery {
	return currency.QuoteQuery{
		Program: in.Program, Account: in.Account, To: in.To, Amount: in.Amount, Bill: in.Bill, Ref: in.Ref, Read: in.order(),
	}
}

type receiptInput struct {
	OwnInput
	Seq int64 `path:"seq" minimum:"1" doc:"Sequence number of the order"`
}

func (in *receiptInput) query() currency.ReceiptQuery {
	return currency.ReceiptQuery{Program: in.Program, Account: in.Account, Seq: in.Seq, Read: in.order()}
}

// answered puts a result, or what went wrong, into an answer.
func answered[T any](result T, err error) (*output[T], error) {
	if err != nil {
		return nil, problemOf(err)
	}
	return &output[T]{Body: result}, nil
}
