// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// ServeHTTP answers POST add-checkpoint (C2SP tlog-witness).
func (w *Witness) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(out, r.Body, MaxRequest))
	if err != nil {
		http.Error(out, "the request did not arrive whole, or has more than 64 KiB", http.StatusBadRequest)
		return
	}
	lines, err := w.Add(r.Context(), body)
	var conflict *ConflictError
	status := http.StatusServiceUnavailable // the peer could not be asked
	switch {
	case err == nil:
		out.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = out.Write(lines) // the client is gone if this fails
		return
	case errors.As(err, &conflict):
		out.Header().Set("Content-Type", "text/x.tlog.size")
		out.WriteHeader(http.StatusConflict)
		fmt.Fprintf(out, "%d\n", conflict.Size)
		return
	case errors.Is(err, ErrMalformed):
		status = http.StatusBadRequest
	case errors.Is(err, ErrUnknownLog):
		status = http.StatusNotFound
	case errors.Is(err, ErrNotSigned), errors.Is(err, ErrNotHeld):
		status = http.StatusForbidden
	case errors.Is(err, ErrInconsistent):
		status = http.StatusUnprocessableEntity
	}
	if status == http.StatusServiceUnavailable {
		out.Header().Set("Retry-After", "1")
	}
	http.Error(out, err.Error(), status)
}
