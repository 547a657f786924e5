// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway/internal/feed"
	"github.com/komsco/trust-platform/gateway/internal/service"
	"github.com/komsco/trust-platform/gateway/internal/telemetry"
	"github.com/komsco/trust-platform/gateway/till"
)

const (
	mediaEvents = "text/event-stream"
	heartbeat   = 15 * time.Second // something is sent at least that often
	slowest     = 30 * time.Second // a listener that takes nothing for so long is let go
)

// events registers the stream of what happens to an account.
func (a *API) events() {
	event := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(till.Event{}), true, "")
	huma.Register(a.huma, huma.Operation{
		OperationID: "events", Method: http.MethodGet, Path: "/v1/programs/{program}/accounts/{account}/events",
		Summary: "What happens to an account, as it happens", Tags: []string{"accounts"}, Security: []map[string][]string{{readOrder: {}}},
		Description: "Server-sent events (text/event-stream): a shop's till hears a payment as soon as it is on the ledger. " +
			"`event` is paid (the account's shop was paid, or value set aside for it), received (a credit that is no payment) or order (one of its own was carried out); `data` is JSON, " +
			"`id` its place on the ledger, block.tx.n. Ids only grow, each event comes at least once and in order: send the last id as `Last-Event-ID` and nothing is lost, " +
			"whatever broke and whichever gateway of the consortium answers. Without it the stream starts with what happens from now on. " +
			"An id alone, without data, comes every 15 seconds. The stream ends with the read order: open it again with a new one.",
		Responses: map[string]*huma.Response{"200": {Description: "The stream; each event's data has this form", Content: map[string]*huma.MediaType{mediaEvents: {Schema: event}}}},
		Errors:    problems(400, 401, 403, 404, 422, 500, 503),
	}, func(ctx context.Context, in *struct {
		OwnInput
		Last string `header:"Last-Event-ID" doc:"id of the last event that was dealt with"`
	},
	) (*huma.StreamResponse, error) {
		var after *till.Position
		if in.Last != "" {
			p, err := till.ParsePosition(in.Last)
			if err != nil {
				return nil, problemOf(code.BadRequest.Errorf("Last-Event-ID: %w", err))
			}
			after = &p
		}
		line, err := a.service.Listen(context.WithoutCancel(ctx), in.query(), after)
		if err != nil {
			return nil, problemOf(err)
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			defer line.Close()
			c.SetHeader("Content-Type", mediaEvents)
			c.SetHeader("Cache-Control", "no-store")
			c.SetHeader("X-Accel-Buffering", "no") // proxies pass it on at once
			serveEvents(c.Context(), c.BodyWriter(), line)
		}}, nil
	})
}

// serveEvents writes until the line or the listener ends. The events come from a
// goroutine that waits until each is taken, so that a heartbeat can go out between.
func serveEvents(ctx context.Context, w io.Writer, line service.Line) {
	answer, ok := w.(http.ResponseWriter)
	if !ok {
		return
	}
	control := http.NewResponseController(answer)
	send := func(text string) bool {
		_ = control.SetWriteDeadline(time.Now().Add(slowest)) // recorders of tests have none
		_, err := io.WriteString(answer, text)
		return errors.Join(err, control.Flush()) == nil
	}
	if !send(fmt.Sprintf("retry: 1000\nid: %s\n\n", line.From)) {
		return
	}
	var broken error // to be read once heard is closed
	heard, stop := make(chan feed.Heard), make(chan struct{})
	defer close(stop)
	go func() {
		defer close(heard)
		for h, err := range line.Events {
			if err != nil {
				broken = err // the listener opens a new line
				return
			}
			select {
			case heard <- h:
			case <-stop:
				return
			}
		}
	}()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	at := line.From
	for {
		select {
		case h, open := <-heard:
			if !open {
				if broken != nil {
					telemetry.Because(ctx, fmt.Errorf("the line broke behind %s: %w", at, broken))
				}
				return
			}
			for _, e := range h.Events {
				data, err := json.Marshal(e)
				if err != nil || !send(fmt.Sprintf("id: %s\nevent: %s\ndata: %s\n\n", e.ID, e.Type, data)) {
					return
				}
			}
			at = h.At
		case <-beat.C:
			if !send(fmt.Sprintf("id: %s\n\n", at)) {
				return
			}
		case <-ctx.Done():
			line.Close()
			return
		}
	}
}
