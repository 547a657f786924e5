// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/lanes"
	"github.com/komsco/trust-platform/gateway/internal/service"
	"github.com/komsco/trust-platform/gateway/internal/telemetry"
	"github.com/komsco/trust-platform/gateway/openid"
	"github.com/komsco/trust-platform/gateway/signin"
)

// Problem is an error answer (RFC 9457).
type Problem struct {
	Type   string   `json:"type" doc:"Where the code is explained" example:"/v1/errors#INSUFFICIENT_FUNDS"`
	Title  string   `json:"title" doc:"What the code means, always the same" example:"Less is there, or may be used here, than the order asks for."`
	Status int      `json:"status" doc:"HTTP status" example:"422"`
	Detail string   `json:"detail,omitempty" doc:"What it is this time, with the figures" example:"12000 won are asked for, 9500 of 9500 may be used"`
	Code   string   `json:"code" doc:"Stable code, see /v1/errors" example:"INSUFFICIENT_FUNDS"`
	Tx     string   `json:"tx,omitempty" doc:"Transaction that it is about"`
	Order  string   `json:"order,omitempty" doc:"Digest of the order; its status is at /v1/orders/{order}"`
	Errors []string `json:"errors,omitempty" doc:"What is wrong with the request, one by one"`
	retry  int      // seconds
	signIn bool     // a sign-in token is asked for, not a read order
	cause  error    // for the log only
}

// Error implements error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retry > 0 {
		h.Set("Retry-After", fmt.Sprint(p.retry))
	}
	if p.Status == http.StatusUnauthorized && p.signIn {
		h.Set("WWW-Authenticate", `Bearer realm="sign-in token for this gateway"`)
	} else if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Order realm="read order of the holder"`)
	}
	return h
}

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// Code explains a code of the API.
type Code struct {
	Code    string `json:"code"`
	Status  int    `json:"status" doc:"HTTP status it comes with"`
	Meaning string `json:"meaning"`
}

// The gateway's own codes, for what does not reach the contract or does not come
// back from it.
var (
	notAcceptable  = Code{"NOT_ACCEPTABLE", http.StatusNotAcceptable, "The answer cannot be given in a form that the request accepts."}
	notFound       = Code{"NOT_FOUND", http.StatusNotFound, "The API has nothing at this path."}
	wrongMethod    = Code{"METHOD_NOT_ALLOWED", http.StatusMethodNotAllowed, "The path does not take this method."}
	tooLarge       = Code{"BODY_TOO_LARGE", http.StatusRequestEntityTooLarge, "The request's body is larger than the API takes."}
	slowBody       = Code{"BODY_TIMEOUT", http.StatusRequestTimeout, "The request's body did not arrive in time."}
	wrongMedia     = Code{"UNSUPPORTED_MEDIA_TYPE", http.StatusUnsupportedMediaType, "The request's body is not JSON (Content-Type: application/json)."}
	noReadOrder    = Code{"READ_ORDER_MISSING", http.StatusUnauthorized, "Histories are shown for a read order signed by the holder."}
	overloaded     = Code{"OVERLOADED", http.StatusServiceUnavailable, "More orders are waiting, more accounts listen, or more traces are asked for than the gateway takes; nothing was done. Send the same again later."}
	stopping       = Code{"STOPPING", http.StatusServiceUnavailable, "The gateway is stopping; nothing was done. Send the same order again."}
	unavailable    = Code{"LEDGER_UNAVAILABLE", http.StatusServiceUnavailable, "The ledger could not be reached, or not in time; nothing was done. Send the same order again later."}
	unfinished     = Code{"TRACE_UNFINISHED", http.StatusServiceUnavailable, "The blocks to be read for a trace were too many for the time of one answer. What was read is kept: ask again, and it goes on from there."}
	commitTimeout  = Code{"COMMIT_TIMEOUT", http.StatusGatewayTimeout, "It is not known yet whether the order was carried out. Sending the same order again is safe: it is carried out once at most, and the answer is the first result."}
	internalDefect = Code{code.Broken.Name, http.StatusInternalServerError, code.Broken.Meaning}

	ownCodes = []Code{notAcceptable, notFound, actionUnknown, wrongMethod, tooLarge, slowBody, wrongMedia, noReadOrder, overloaded, stopping, unavailable, unfinished, commitTimeout}
)

// Codes lists every code that the API answers with, those of the contracts first.
func Codes() []Code {
	var all []Code
	for _, c := range slices.Concat(currency.Codes.All(), identity.Codes.All(), anchor.Codes.All(), credential.Codes.All(), signin.Codes.All(), openid.Codes.All()) {
		if known := (Code{c.Name, c.Kind.Status(), c.Meaning}); !slices.Contains(all, known) { // some codes are shared
			all = append(all, known)
		}
	}
	return slices.Concat(all, ownCodes, anchorCodes, []Code{noSignIn})
}

func (c Code) problem(detail string) *Problem {
	return &Problem{Type: "/v1/errors#" + c.Code, Title: c.Meaning, Status: c.Status, Detail: detail, Code: c.Code}
}

func coded(c *code.Code, detail string) *Problem {
	return Code{c.Name, c.Kind.Status(), c.Meaning}.problem(detail)
}

// problemOf is the one place where errors become answers.
func problemOf(err error) *Problem {
	var (
		problem *Problem
		ledger  *gateway.Error
		failed  *lanes.Failure
		tracing *gateway.UnfinishedTrace
	)
	refused := code.Of(err)
	switch {
	case errors.As(err, &problem):
		return problem
	case refused != nil:
		return coded(refused.Code, refused.Detail())
	case errors.Is(err, lanes.ErrOverloaded):
		return overloaded.problem(err.Error()).after(1)
	case errors.Is(err, service.ErrCrowded), errors.Is(err, service.ErrAccountCrowded), errors.Is(err, service.ErrNoEvents), errors.Is(err, service.ErrTracing):
		return overloaded.problem(err.Error()).after(5)
	case errors.Is(err, lanes.ErrStopped):
		return stopping.problem(err.Error()).after(2)
	case errors.Is(err, service.ErrNoReadOrder):
		return noReadOrder.problem(err.Error())
	case errors.As(err, &failed) && failed.InDoubt:
		p := commitTimeout.problem("the commit did not show in time; ask for the order's status or send the same order again").after(2).because(err)
		p.Tx = failed.Tx
		return p
	case errors.As(err, &failed):
		return unavailable.problem("the order was not carried out in time; send the same order again").after(2).because(err)
	case errors.As(err, &tracing):
		return unfinished.problem(tracing.Error()).after(1)
	case errors.As(err, &ledger) && ledger.Code != nil:
		return coded(ledger.Code, ledger.Detail)
	case errors.As(err, &ledger) && ledger.InDoubt():
		p := commitTimeout.problem("the commit did not show in time; send the same again").after(2).because(err)
		p.Tx = ledger.TxID
		return p
	case errors.As(err, &ledger) && ledger.Conflict():
		return unavailable.problem("another transaction came first; nothing was done").after(1).because(err)
	case errors.As(err, &ledger) && ledger.Temporary():
		return unavailable.problem("the peer could not answer").after(2).because(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), status.Code(err) == codes.Canceled:
		return unavailable.problem("the request ended before there was an answer").after(2).because(err)
	default:
		return internalDefect.problem("the gateway's log says more; give it the answer's X-Request-Id").because(err)
	}
}

func (p *Problem) bearer() *Problem {
	p.signIn = true
	return p
}

// because keeps what is behind a problem for the log.
func (p *Problem) because(err error) *Problem {
	p.cause = err
	return p
}

// noted has the request's line in the log say why the gateway failed.
func noted(ctx context.Context, p *Problem) *Problem {
	switch {
	case p.Status < http.StatusInternalServerError:
	case p.cause != nil:
		telemetry.Because(ctx, p.cause)
	default:
		telemetry.Because(ctx, p)
	}
	return p
}

func (p *Problem) after(seconds int) *Problem {
	p.retry = seconds
	return p
}

// init has huma's own refusals take the same form as all others.
func init() { //nolint:gochecknoinits // huma's hooks are package variables
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		var p *Problem
		switch status {
		case http.StatusBadRequest, http.StatusUnprocessableEntity:
			p = coded(code.BadRequest, message)
		case http.StatusNotAcceptable:
			p = notAcceptable.problem(message)
		case http.StatusRequestEntityTooLarge:
			p = tooLarge.problem(message)
		case http.StatusRequestTimeout:
			p = slowBody.problem(message)
		case http.StatusUnsupportedMediaType:
			p = wrongMedia.problem(message)
		default:
			p = internalDefect.problem(message).because(errors.Join(errs...))
			p.Status = status
		}
		for _, err := range errs {
			var detail *huma.ErrorDetail
			switch {
			case err == nil:
			case errors.As(err, &detail):
				p.Errors = append(p.Errors, strings.TrimSpace(detail.Location+" "+detail.Message))
			default:
				p.Errors = append(p.Errors, err.Error())
			}
		}
		return p
	}
	huma.DefaultArrayNullable = false
	huma.ValidateStrictCasing = true
}
