// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/internal/asking"
	"github.com/komsco/trust-platform/gateway/internal/issuing"
	"github.com/komsco/trust-platform/gateway/openid"
)

// Several credentials in one answer, and which of them a verifier may do without.
func TestWalletShowsSeveral(t *testing.T) {
	h := newHiring(t)
	offer := h.offer(issuing.NewOffer{Kind: "record", Claims: object{"record": object{"grade": "A"}}}).Offer
	record, err := h.wallet.Accept(t.Context(), &offer, "", "")
	require.NoError(t, err)
	held := []string{h.held, record.Credential}
	asked := func(id, kind string) object {
		return object{"id": id, "format": "dc+sd-jwt", "meta": object{"vct_values": []any{"https://credentials.example/" + kind}}}
	}
	set := func(required any, options ...[]any) object {
		s := object{"options": options}
		if required != nil {
			s["required"] = required
		}
		return s
	}
	const nothing = "nothing"
	for name, c := range map[string]struct {
		credentials []any
		sets        []any
		shown       string   // ids, optional ones in brackets
		leave       []string // ids that the person leaves out
		refused     bool
	}{
		"two":                     {[]any{asked("d", "diploma"), asked("r", "record")}, nil, "d r", nil, false},
		"one twice":               {[]any{asked("d", "diploma"), asked("e", "diploma")}, nil, "d e", nil, false},
		"two of which one":        {[]any{asked("d", "diploma"), asked("x", "card")}, nil, nothing, nil, false},
		"either":                  {[]any{asked("d", "diploma"), asked("x", "card")}, []any{set(nil, []any{"x"}, []any{"d"})}, "d", nil, false},
		"the better liked":        {[]any{asked("d", "diploma"), asked("r", "record")}, []any{set(true, []any{"r"}, []any{"d"})}, "r", nil, false},
		"both or one":             {[]any{asked("d", "diploma"), asked("r", "record"), asked("x", "card")}, []any{set(nil, []any{"d", "x"}, []any{"d", "r"})}, "d r", nil, false},
		"two sets":                {[]any{asked("d", "diploma"), asked("r", "record")}, []any{set(nil, []any{"d"}), set(nil, []any{"r"}, []any{"d"})}, "d r", nil, false},
		"one that need not be":    {[]any{asked("d", "diploma"), asked("r", "record")}, []any{set(nil, []any{"d"}), set(false, []any{"r"})}, "d (r)", nil, false},
		"left out as it may be":   {[]any{asked("d", "diploma"), asked("r", "record")}, []any{set(nil, []any{"d"}), set(false, []any{"r"})}, "d (r)", []string{"r"}, false},
		"left out as it must not": {[]any{asked("d", "diploma"), asked("r", "record")}, []any{set(nil, []any{"d"}), set(false, []any{"r"})}, "d (r)", []string{"d"}, true},
		"needed and not":          {[]any{asked("d", "diploma")}, []any{set(nil, []any{"d"}), set(false, []any{"d"})}, "d", nil, false},
		"optional and not there":  {[]any{asked("d", "diploma"), asked("x", "card")}, []any{set(nil, []any{"d"}), set(false, []any{"x"})}, "d", nil, false},
		"needed and not there":    {[]any{asked("d", "diploma"), asked("x", "card")}, []any{set(nil, []any{"x"}), set(false, []any{"d"})}, nothing, nil, false},
		"in no set":               {[]any{asked("d", "diploma"), asked("x", "card")}, []any{set(nil, []any{"d"})}, "d", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			body := aRequest()
			body["dcql_query"] = object{"credentials": c.credentials}
			if c.sets != nil {
				body["dcql_query"] = object{"credentials": c.credentials, "credential_sets": c.sets}
			}
			made := h.ask(body)
			r, err := h.wallet.Request(t.Context(), made.Link)
			require.NoError(t, err)
			choices, err := r.Choose(held)
			if c.shown == nothing {
				require.ErrorIs(t, err, openid.NothingToShow)
				return
			}
			require.NoError(t, err)
			var ids []string
			for _, choice := range choices {
				id := choice.ID
				if choice.Optional {
					id = "(" + id + ")"
				}
				ids = append(ids, id)
			}
			require.Equal(t, c.shown, strings.Join(ids, " "))
			choices = slices.DeleteFunc(choices, func(choice openid.Choice) bool { return slices.Contains(c.leave, choice.ID) })
			_, err = h.wallet.Answer(t.Context(), r, choices)
			out := h.outcome(made.ID)
			if c.refused {
				said := (*openid.Error)(nil)
				require.True(t, errors.As(err, &said), "%v", err)
				require.Equal(t, http.StatusBadRequest, said.HTTP)
				require.Contains(t, said.Description, "lacks what is asked for")
				require.Equal(t, asking.Open, out.State)
				return
			}
			require.NoError(t, err)
			require.Equal(t, asking.Answered, out.State)
			require.Len(t, out.Reports, len(choices))
			for id, report := range out.Reports {
				require.True(t, report.Verified, id)
			}
		})
	}
}
