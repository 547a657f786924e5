// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/komsco/trust-platform/test-network/demo"
)

// caller sends payments to the gateway's API, each on a connection of its own. It
// shares the cores with what is measured, so it takes as little of them as it can.
type caller struct {
	client fasthttp.HostClient
	uri    string
}

// answerWithin is how long a caller waits.
const answerWithin = time.Minute

func newCaller(base string) (*caller, error) {
	at, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("the gateway's URL: %w", err)
	}
	return &caller{
		client: fasthttp.HostClient{
			Addr: at.Host, MaxConns: 1 << 16, ReadTimeout: answerWithin, WriteTimeout: answerWithin,
			MaxIdleConnDuration: answerWithin, NoDefaultUserAgentHeader: true, DisablePathNormalizing: true,
		},
		uri: base + "/v1/payments",
	}, nil
}

// pay sends an order and waits for its commit. An error is a *demo.Problem, or the
// order's fate is unknown.
func (c *caller) pay(_ context.Context, order string) error {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.Header.SetMethod(http.MethodPost)
	req.Header.SetContentType("application/json")
	req.SetRequestURI(c.uri)
	req.AppendBodyString(`{"order":"`) // a compact JWS needs no escapes
	req.AppendBodyString(order)
	req.AppendBodyString(`"}`)
	if err := c.client.Do(req, resp); err != nil {
		return fmt.Errorf("POST /v1/payments: %w", err)
	}
	if resp.StatusCode() < http.StatusMultipleChoices {
		return nil
	}
	p := &demo.Problem{Status: resp.StatusCode()}
	if json.Unmarshal(resp.Body(), p) != nil {
		p.Detail = string(resp.Body())
	}
	return fmt.Errorf("POST /v1/payments: %w", p)
}
