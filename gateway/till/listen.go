// SPDX-License-Identifier: Apache-2.0

package till

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"
)

// Options say whom to listen to.
type Options struct {
	URL     string // of the gateway, e.g. https://gateway.example
	Program string
	Account string
	// Read signs a read order of the account's holder; it is asked for a new one each
	// time the line is opened.
	Read func() (string, error)
	// After is the last event that was dealt with; nil starts with what happens from now on.
	After *Position
	HTTP  *http.Client  // nil is one without a timeout
	Pause time.Duration // before the line is opened again, growing to thirty times that; 0 is a quarter of a second
}

// silence is how long nothing may come before the line counts as dead; the gateway
// sends something every 15 seconds.
const silence = 45 * time.Second

// RefusedError is why the gateway does not let the account listen.
type RefusedError struct {
	Status int
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("listening was refused with status %d: %s: %s", e.Status, e.Code, e.Detail)
}

// Listen yields the account's events in order, each once, until ctx ends or the
// gateway refuses ([*RefusedError]); a broken line is opened again behind the last
// event. Keep an event's ID once it is dealt with, and start with it After a restart:
// nothing is lost then, and what was not kept comes again.
func Listen(ctx context.Context, o Options) iter.Seq2[Event, error] {
	if o.HTTP == nil {
		o.HTTP = &http.Client{}
	}
	if o.Pause <= 0 {
		o.Pause = time.Second / 4
	}
	return func(yield func(Event, error) bool) {
		pause := o.Pause
		for ctx.Err() == nil {
			more, moved, err := o.once(ctx, yield)
			if !more {
				return
			}
			if err != nil {
				yield(Event{}, err)
				return
			}
			if moved {
				pause = o.Pause
			}
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			pause = min(2*pause, 30*o.Pause)
		}
		yield(Event{}, ctx.Err())
	}
}

// once reads one line to its end. more is false once the caller wants no more; the
// error is one that opening again will not mend.
func (o *Options) once(ctx context.Context, yield func(Event, error) bool) (more, moved bool, err error) {
	ctx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	alive := time.AfterFunc(silence, hangUp)
	defer alive.Stop()
	body, err := o.open(ctx)
	if err != nil || body == nil {
		return true, false, err
	}
	defer body.Close()
	in := bufio.NewScanner(body)
	in.Buffer(nil, 1<<20)
	var id, data string
	for in.Scan() {
		alive.Reset(silence)
		name, value, _ := strings.Cut(in.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case name == "id":
			id = value
		case name == "data":
			data += value
		case in.Text() == "":
			at, err := ParsePosition(id)
			if err != nil { // a comment alone
				data = ""
				continue
			}
			fresh := o.After == nil || at.Compare(*o.After) > 0
			if fresh {
				o.After, moved = &at, true
			}
			if data == "" || !fresh {
				data = ""
				continue
			}
			var e Event
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				return true, moved, fmt.Errorf("event %s: %w", id, err)
			}
			if data = ""; !yield(e, nil) {
				return false, moved, nil
			}
		}
	}
	return true, moved, nil
}

// open opens the line; nil without an error is to be tried again.
func (o *Options) open(ctx context.Context) (io.ReadCloser, error) {
	order, err := o.Read()
	if err != nil {
		return nil, fmt.Errorf("sign a read order: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet,
		strings.TrimSuffix(o.URL, "/")+"/v1/programs/"+o.Program+"/accounts/"+o.Account+"/events", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Order "+order)
	req.Header.Set("Accept", "text/event-stream")
	if o.After != nil {
		req.Header.Set("Last-Event-ID", o.After.String())
	}
	answer, err := o.HTTP.Do(req)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // the line is down: the caller tries again
	}
	if answer.StatusCode == http.StatusOK {
		return answer.Body, nil
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusInternalServerError || answer.StatusCode == http.StatusTooManyRequests {
		return nil, nil //nolint:nilnil // likewise
	}
	refused := &RefusedError{Status: answer.StatusCode}
	raw, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	if err == nil {
		_ = json.Unmarshal(raw, refused) // a status alone says enough
	}
	return nil, refused
}
