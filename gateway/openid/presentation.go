// SPDX-License-Identifier: Apache-2.0

package openid

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/komsco/trust-platform/gateway/credential"
)

// Choose finds among the credentials that the holder has those that answer the request,
// with the places each would show: for the person to agree to, who may leave out what
// is optional. It returns NOTHING_TO_SHOW.
func (r *Request) Choose(held []string) ([]Choice, error) {
	found := map[string]Choice{}
	for _, asked := range r.Query.Credentials {
		for _, sdjwt := range held {
			claims, err := credential.Revealed(sdjwt)
			if err != nil {
				continue // of another format
			}
			places, ok := asked.Match(claims)
			if !ok {
				continue
			}
			available, err := credential.Disclosures(sdjwt)
			if err != nil {
				return nil, err
			}
			found[asked.ID] = Choice{ID: asked.ID, Credential: sdjwt, Disclose: disclose(available, places)}
			break
		}
	}
	ids, optional, missing, ok := r.Query.pick(func(id string) bool { _, there := found[id]; return there })
	if !ok {
		return nil, NothingToShow.Errorf("nothing held answers %.300q", missing.Options)
	}
	var all []Choice
	for _, id := range ids {
		c := found[id]
		c.Optional = optional[id]
		all = append(all, c)
	}
	return all, nil
}

// Choice is a credential to be shown.
type Choice struct {
	ID         string // in the query
	Credential string
	Disclose   []string // paths of what is shown of what could be kept back
	Optional   bool     // the verifier does without
}

// Answer shows what the person agreed to, unless a name in it, such as that of what an
// asked claim lies within, is none that the verifier may see (OVER_ASKING). It returns
// where the person goes on, if the verifier says so, and an [*Error] of the verifier's.
func (w *Wallet) Answer(ctx context.Context, r *Request, choices []Choice) (redirect string, err error) {
	shown := map[string][]string{}
	var names []string
	for _, c := range choices {
		p, err := credential.Presenting{Disclose: c.Disclose, Nonce: r.object.Nonce, Audience: r.object.ClientID, Issued: w.now().Unix()}.Present(c.Credential, w.Holder)
		if err != nil {
			return "", err
		}
		shown[c.ID] = append(shown[c.ID], p)
		paths, err := credential.Disclosures(p)
		if err != nil {
			return "", err
		}
		for _, path := range paths {
			if name := path[strings.LastIndexByte(path, '/')+1:]; strings.Trim(name, "0123456789") != "" { // no element of an array
				names = append(names, name)
			}
		}
	}
	if r.Standing != nil {
		asking := r.Standing.Asking(r.Verifier, r.Query)
		asking.Attributes = append(asking.Attributes, names...)
		slices.Sort(asking.Attributes)
		asking.Attributes = slices.Compact(asking.Attributes)
		if err := asking.Check(ctx, w.Verifier.Ledger); err != nil {
			return "", err
		}
	}
	return w.respond(ctx, r, map[string]any{"vp_token": shown})
}

// Decline tells the verifier that the person does not agree, or has nothing to show: it
// does not learn which.
func (w *Wallet) Decline(ctx context.Context, r *Request) error {
	_, err := w.respond(ctx, r, map[string]any{"error": AccessDenied})
	return err
}

// Refuse tells the verifier why a request is none that may be answered (section 8.5).
// Whether it is told at all, the person decides.
func (w *Wallet) Refuse(ctx context.Context, r *Request, why error) error {
	if r.AnswerTo == "" {
		return BadRequest.Errorf("the request does not say where it is to be answered")
	}
	said := Errorf(InvalidRequest, "%.300s", why)
	if named := (*Error)(nil); errors.As(why, &named) {
		said.Code = named.Code
	}
	_, err := w.respond(ctx, r, map[string]any{"error": said.Code, "error_description": said.Description})
	return err
}

func (w *Wallet) respond(ctx context.Context, r *Request, answer map[string]any) (string, error) {
	if r.object.State != "" {
		answer["state"] = r.object.State
	}
	form, err := r.form(answer)
	if err != nil {
		return "", err
	}
	raw, err := w.do(ctx, http.MethodPost, r.object.ResponseURI, "", mediaForm, []byte(form.Encode()))
	if err != nil {
		return "", err
	}
	var said struct {
		Redirect string `json:"redirect_uri"`
	}
	if err := credential.Decode(raw, &said); err != nil {
		return "", errors.Join(BadAnswer.Errorf("%.160s", r.object.ResponseURI), err)
	}
	return said.Redirect, nil
}

// form is an answer as the request has it: encrypted, or its parts.
func (r *Request) form(answer map[string]any) (url.Values, error) {
	if r.by != nil {
		sealed, err := seal(r.by, answer)
		return url.Values{"response": {sealed}}, err
	}
	form := url.Values{}
	for name, v := range answer {
		text, ok := v.(string)
		if !ok {
			raw, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			text = string(raw)
		}
		form.Set(name, text)
	}
	return form, nil
}

// Response is the form of an authorization response (section 8).
type Response struct {
	Token       string `json:"vp_token,omitempty" doc:"JSON: by the id of each credential asked for, an array of one presentation"`
	State       string `json:"state,omitempty" doc:"That of the request"`
	Error       string `json:"error,omitempty" doc:"Why nothing is shown, such as access_denied"`
	Description string `json:"error_description,omitempty"`
	Encrypted   string `json:"response,omitempty" doc:"All of this as a compact JWE instead, where the request says direct_post.jwt; vp_token is an object in it"`
}

// ReadPresentations reads a vp_token: one presentation for each credential, of those that
// answer a query, in the one format that queries ask for. It returns an [*Error].
func ReadPresentations(token string, q Query) (map[string]string, error) {
	var shown map[string][]string
	if err := credential.Decode([]byte(token), &shown); err != nil {
		return nil, Errorf(InvalidRequest, "vp_token: %s", err)
	}
	out := map[string]string{}
	for _, c := range q.Credentials {
		presentations, there := shown[c.ID]
		if !there {
			continue
		}
		if len(presentations) != 1 {
			return nil, Errorf(InvalidRequest, "vp_token has %d presentations for %s, 1 is asked for", len(presentations), c.ID)
		}
		p := presentations[0]
		if strings.HasPrefix(p, "{") || !strings.Contains(p, "~") {
			return nil, Errorf(InvalidRequest, "vp_token shows for %s what is no %s", c.ID, c.Format)
		}
		out[c.ID] = p
	}
	if len(out) != len(shown) {
		return nil, Errorf(InvalidRequest, "vp_token answers %d credentials, %d of them are asked for", len(shown), len(out))
	}
	if _, _, missing, ok := q.pick(func(id string) bool { _, there := out[id]; return there }); !ok {
		return nil, Errorf(InvalidRequest, "vp_token lacks what is asked for: one of %s", missing.Options)
	}
	return out, nil
}
