// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// API talks to the gateway over HTTP, as a phone or a till does.
type API struct {
	URL  string
	HTTP *http.Client
}

// NewAPI is an HTTP client that keeps as many connections as it needs.
func NewAPI(url string) *API {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 512
	return &API{URL: url, HTTP: &http.Client{Transport: transport, Timeout: 90 * time.Second}}
}

// Problem is the gateway's refusal (RFC 9457).
type Problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

func (p *Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// IsCode reports whether err is the gateway's refusal with this code.
func IsCode(err error, code string) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == code
}

// Final reports whether err is the platform's last word on an order: a coded
// refusal that sending it again would not change.
func Final(err error) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code != "" && p.Status < 500 && p.Status != http.StatusTooManyRequests
}

// Order posts a signed order and decodes the answer into out, which may be nil.
func (a *API) Order(ctx context.Context, path, jws string, out any) error {
	body, err := json.Marshal(map[string]string{"order": jws})
	if err != nil {
		return err
	}
	return a.do(ctx, http.MethodPost, path, body, "", out)
}

// Orders posts signed orders, 200 at a time, and returns the first refusal. What the
// gateway has no room for just now is sent again.
func (a *API) Orders(ctx context.Context, orders []string) error {
	for some := range slices.Chunk(orders, 200) {
		for len(some) > 0 {
			body, err := json.Marshal(map[string][]string{"orders": some})
			if err != nil {
				return err
			}
			var answer struct {
				Items []struct{ Problem *Problem }
			}
			if err := a.do(ctx, http.MethodPost, "/v1/orders:batch", body, "", &answer); err != nil {
				return err
			}
			var again []string
			for i, item := range answer.Items {
				switch {
				case item.Problem == nil:
				case item.Problem.Status == http.StatusServiceUnavailable:
					again = append(again, some[i])
				default:
					return fmt.Errorf("order %d: %w", i, item.Problem)
				}
			}
			some = again
		}
	}
	return nil
}

// Post sends JSON and decodes the answer into out, which may be nil.
func (a *API) Post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return a.do(ctx, http.MethodPost, path, body, "", out)
}

// Get reads what anyone may, or what read, a read order, gives access to.
func (a *API) Get(ctx context.Context, path, read string, out any) error {
	return a.do(ctx, http.MethodGet, path, nil, read, out)
}

func (a *API) do(ctx context.Context, method, path string, body []byte, read string, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, a.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if read != "" {
		req.Header.Set("Authorization", "Order "+read)
	}
	resp, err := a.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		p := &Problem{Status: resp.StatusCode}
		if json.Unmarshal(raw, p) != nil {
			p.Detail = string(raw)
		}
		return fmt.Errorf("%s %s: %w", method, path, p)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(raw, out)
}
