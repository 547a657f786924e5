// SPDX-License-Identifier: Apache-2.0

package registrar_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway/internal/registrar"
)

// A job is the client's own text: what is answered for each of its keys holds the
// whole operation, so neither may be larger than any that is given out here.
func TestJobsAreBounded(t *testing.T) {
	job := func(keys, removed int) string {
		o := identity.Operation{
			Network: place.Network, Channel: place.Channel, Chaincode: place.Chaincode, V: 1,
			Type: identity.Update, DID: someone, Number: 2, Previous: strings.Repeat("ab", 32), RemoveKeys: []string{strings.Repeat("k", removed)},
		}
		all := map[string]string{}
		for i := range keys {
			all[fmt.Sprint(i)] = ""
		}
		raw, err := json.Marshal(map[string]any{"operation": o, "keys": all})
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	signed := func(n int) (q registrar.Request) {
		q.JobID, q.Secret.SigningResponse = job(512, 43), map[string]registrar.Signature{}
		for i := range n {
			q.Secret.SigningResponse[fmt.Sprint(i)] = registrar.Signature{Signature: "AA"}
		}
		return q
	}
	for name, c := range map[string]struct {
		q    registrar.Request
		want *code.Code
	}{
		"as large as any":          {registrar.Request{JobID: job(512, 43)}, nil},
		"a long one for many keys": {registrar.Request{JobID: job(48, 20<<10)}, nil},
		"for too many":             {registrar.Request{JobID: job(64, 20<<10)}, identity.TooLarge},
		"a key too many":           {registrar.Request{JobID: job(513, 43)}, code.BadRequest},
		"an operation too long":    {registrar.Request{JobID: job(1, 24<<10)}, code.BadRequest},
		"both":                     {registrar.Request{JobID: job(10_000, 96_000)}, code.BadRequest},
		"a signature too many":     {signed(41), identity.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := (&registrar.Registrar{Place: place, Ledger: empty{t}}).Update(t.Context(), c.q)
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, c.want)
		})
	}
}
