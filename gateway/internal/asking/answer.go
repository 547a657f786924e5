// SPDX-License-Identifier: Apache-2.0

package asking

import (
	"context"
	"maps"
	"slices"

	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/shelf"
	"github.com/komsco/trust-platform/gateway/openid"
)

// maxChecking bounds the answers to one request that are verified at a time.
const maxChecking = 4

// Answer takes a wallet's answer to a request (OpenID4VP 1.0 section 8.2). One that
// verifies, or declines, closes it; one that does not verify leaves it open, so that
// nobody can close it for the holder by sending rubbish. Errors are NOT_OFFERED, an
// [*openid.Error], or that the ledger did not answer.
func (a *Asker) Answer(ctx context.Context, id, form string) error {
	q, err := openid.ReadForm(form)
	if err != nil {
		return err
	}
	r, err := a.begin(id)
	if err != nil {
		return err
	}
	defer a.done(id)
	said, err := openid.ReadResponse(q, r.Key)
	switch {
	case err != nil:
		return a.end(id, err, nil)
	case said.State != r.Secret:
		return openid.Errorf(openid.InvalidRequest, "state is not that of the request")
	case said.Error != "" && said.Token != "":
		return a.end(id, openid.Errorf(openid.InvalidRequest, "vp_token and error, one is needed"), nil)
	case said.Error != "":
		return a.change(id, func(r *request) {
			r.State, r.Reports, r.Key = Declined, nil, nil
			r.Reason = openid.Errorf(openid.AccessDenied, "%.300s", said.Error+" "+said.Description).Description
		})
	}
	shown, err := openid.ReadPresentations(said.Token, r.query)
	if err != nil {
		return a.end(id, err, nil)
	}
	reports, err := a.verify(ctx, r, shown)
	if reports == nil { // no verdict
		return err
	}
	return a.end(id, err, reports)
}

// begin takes a place among those who answer a request.
func (a *Asker) begin(id string) (request, error) {
	r, err := a.request(id)
	switch {
	case err != nil:
		return r, err
	case a.state(r) != Open:
		return r, openid.NotOffered.Errorf("no open request %.40q", id)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.checking[id] >= maxChecking {
		return r, openid.Errorf(openid.InvalidRequest, "%d answers to this request are being verified", maxChecking)
	}
	a.checking[id]++
	return r, nil
}

func (a *Asker) done(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.checking[id]--; a.checking[id] == 0 {
		delete(a.checking, id)
	}
}

// change notes what came of an answer, while the request is open.
func (a *Asker) change(id string, how func(*request)) error {
	return a.Shelf.Do(func(tx *shelf.Tx) error {
		r, err := load(tx, id)
		if err != nil {
			return err
		}
		if a.state(r) != Open {
			return openid.NotOffered.Errorf("the request was answered meanwhile, or is over")
		}
		how(&r)
		return tx.Put(kindRequest, id, r.until(), r)
	})
}

// end notes that an answer verified, or why it did not, which it returns then. Of two
// that verify at a time, the first counts.
func (a *Asker) end(id string, refused error, reports map[string]credential.Report) error {
	err := a.change(id, func(r *request) {
		if refused == nil {
			r.State, r.Reports, r.Reason, r.Key = Answered, reports, "", nil
			return
		}
		r.Refused++
		r.Reason = refused.Error()
		if reports != nil {
			r.Reports = map[string]credential.Report{}
			for id, report := range reports { // what it says is not for who may not see it, nor for use
				report.Claims = nil
				r.Reports[id] = report
			}
		}
	})
	if err != nil {
		return err
	}
	return refused
}

// verify verifies every presentation, and that it shows what was asked for of its
// credential. There are no reports where the ledger did not answer.
func (a *Asker) verify(ctx context.Context, r request, shown map[string]string) (map[string]credential.Report, error) {
	reports := map[string]credential.Report{}
	var failed error
	for _, asked := range r.query.Credentials {
		if _, there := shown[asked.ID]; !there {
			continue // it need not be
		}
		report, err := a.Verifier.Presentation(ctx, shown[asked.ID], credential.Demand{
			Challenge: r.Nonce, Domain: r.ID, Types: asked.Meta.Types, Root: r.Ask.IssuerRoot, Region: r.Ask.IssuerRegion,
			Unlock: r.Ask.Unlock, Asking: r.Ask.Asking(a.ID(), openid.Query{Credentials: []openid.CredentialQuery{asked}}),
		})
		if credential.Refused(err) {
			failed = openid.Errorf(openid.InvalidRequest, "%s: %s", asked.ID, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		reports[asked.ID] = report
		if err := report.Err(); err != nil {
			failed = openid.Errorf(openid.InvalidRequest, "%s: %s", asked.ID, err)
		} else if _, ok := asked.Match(report.Claims); !ok {
			failed = openid.Errorf(openid.InvalidRequest, "%s does not show what is asked for: it shows %v", asked.ID, slices.Sorted(maps.Keys(report.Claims)))
		}
	}
	return reports, failed
}
