// SPDX-License-Identifier: Apache-2.0

package follow

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

// HTTP is the log as a gateway's API serves it.
type HTTP struct {
	URL    string // of the gateway
	Client *http.Client
}

const (
	callWithin = 30 * time.Second
	maxAnswer  = 4 << 20
)

// State implements Log.
func (h HTTP) State(ctx context.Context, source string) (anchor.Source, *anchor.ChainTip, error) {
	var body struct {
		Source *anchor.Source   `json:"source"`
		Chain  *anchor.ChainTip `json:"chain"`
	}
	if err := h.call(ctx, http.MethodGet, "/v1/sources/"+source, nil, &body); err != nil {
		return anchor.Source{}, nil, err
	}
	if body.Source == nil {
		return anchor.Source{}, nil, anchor.SourceUnknown.Errorf("%s", source)
	}
	return *body.Source, body.Chain, nil
}

// Submit implements Log.
func (h HTTP) Submit(ctx context.Context, source string, r anchor.Record) error {
	block := map[string]string{"format": string(anchor.FabricChain), "header": base64.StdEncoding.EncodeToString(r.Body[1:])}
	if len(r.Data) > 0 {
		block["data"] = base64.StdEncoding.EncodeToString(r.Data)
	}
	body, err := json.Marshal(map[string]any{"block": block, "submitter": r.Submitter})
	if err != nil {
		return err
	}
	return h.call(ctx, http.MethodPost, "/v1/sources/"+source+"/records?wait=accepted", body, nil)
}

// Outcome implements Log.
func (h HTTP) Outcome(ctx context.Context, source string, r anchor.Record) (sealed bool, refused, err error) {
	var body struct{ Status, Code, Detail string }
	path := fmt.Sprintf("/v1/sources/%s/digests/%s/%s", source, r.Algorithm, hex.EncodeToString(r.Digest))
	if err := h.call(ctx, http.MethodGet, path, nil, &body); err != nil {
		return false, nil, err
	}
	if body.Status == "refused" {
		refused = coded(body.Code, body.Detail)
	}
	return body.Status == "sealed", refused, nil
}

func coded(name, detail string) error {
	if c := anchor.Codes.Lookup(name); c != nil {
		return c.Errorf("%s", detail)
	}
	return fmt.Errorf("%s: %s", name, detail)
}

func (h HTTP) call(ctx context.Context, method, path string, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(h.URL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	client := h.Client
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		var problem struct{ Code, Detail string }
		if json.Unmarshal(raw, &problem) == nil && problem.Code != "" {
			return coded(problem.Code, problem.Detail)
		}
		return fmt.Errorf("%s %s: %s: %.300s", method, path, res.Status, raw)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(raw, into)
}
