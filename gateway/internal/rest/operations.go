// SPDX-License-Identifier: Apache-2.0

package rest

import (
	_ "embed"
	"net"
	"net/http"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsPage []byte

// operations registers what is there for people and machines that run a gateway.
// It is not part of the API's document.
func (a *API) operations() {
	a.mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { plain(w, "ok") })
	a.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := a.service.Ready(r.Context()); err != nil {
			// Readiness is asked from inside; the cause helps there.
			writeProblem(w, r, unavailable.problem(err.Error()).after(1))
			return
		}
		plain(w, "ready: the channel's policy endorses")
	})
	a.mux.HandleFunc("GET /docs", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(docsPage) // the client is gone if this fails
	})
	a.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/docs", http.StatusSeeOther) })
}

func plain(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text + "\n")) // the client is gone if this fails
}

// response describes an answer besides the operation's main one.
func (a *API) response(description string, body any) *huma.Response {
	return &huma.Response{
		Description: description,
		Content: map[string]*huma.MediaType{
			"application/json": {Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(body), true, "")},
		},
	}
}

// schemaName names a type in the document: of a generic type, its own name and
// that of its argument.
//
// Types of the packages for wallets have short names that others may want too.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	switch path.Base(t.PkgPath()) {
	case "openid":
		return "OpenID" + name
	case "issuing", "asking", "credential":
		return "Wallet" + name
	}
	return strings.ReplaceAll(name, "Currency", "")
}

func host(address string) string {
	if h, _, err := net.SplitHostPort(address); err == nil {
		return h
	}
	return address
}
