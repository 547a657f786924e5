// SPDX-License-Identifier: Apache-2.0

package asking_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/internal/asking"
	"github.com/komsco/trust-platform/gateway/openid"
)

// Whatever a wallet answers with the right state: it verifies where it shows what was
// asked for, else the request stays open, or is declined where it says so.
func FuzzAnswer(f *testing.F) {
	c := newCounter(quiet{f})
	a, stop := c.asker()
	f.Cleanup(stop)
	var id, state, good string
	fresh := func(t require.TestingT) {
		made, err := a.Ask(c.t.Context(), c.company.DID, aRequest())
		require.NoError(t, err)
		form, err := url.ParseQuery(c.answer(a, made.ID, "name"))
		require.NoError(t, err)
		id, state, good = made.ID, form.Get("state"), form.Get("vp_token")
	}
	fresh(f)
	f.Add(good, "")
	f.Add("", "access_denied")
	f.Add(`{"c":["a.b.c~d.e.f"]}`, "")
	f.Add(`{"c":[]}`, "x")
	f.Add(good[:len(good)/2]+good[len(good)/2+1:], "")
	f.Fuzz(func(t *testing.T, token, said string) {
		form := url.Values{"state": {state}, "vp_token": {token}, "error": {said}}
		err := a.Answer(t.Context(), id, form.Encode())
		out, seen := a.Outcome(c.company.DID, id)
		require.NoError(t, seen)
		switch {
		case err == nil && said != "":
			require.Empty(t, token)
			require.Equal(t, asking.Declined, out.State)
			fresh(t)
		case err == nil:
			require.Equal(t, good, token)
			require.Equal(t, asking.Answered, out.State)
			fresh(t)
		default:
			require.ErrorAs(t, err, new(*openid.Error))
			require.Equal(t, asking.Open, out.State)
		}
	})
}
