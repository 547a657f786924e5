// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"encoding/json"
	"net/http"
	"net/url"
)

// resolutionBody is a DID resolution result (DID Resolution section 9).
type resolutionBody struct {
	Context            string         `json:"@context,omitempty"`
	Document           any            `json:"didDocument"`
	ResolutionMetadata map[string]any `json:"didResolutionMetadata"`
	DocumentMetadata   Metadata       `json:"didDocumentMetadata"`
}

// dereferencingBody is a DID URL dereferencing result (section 10).
type dereferencingBody struct {
	Content               any            `json:"content"`
	DereferencingMetadata map[string]any `json:"dereferencingMetadata"`
	ContentMetadata       Metadata       `json:"contentMetadata"`
}

// Serve answers GET /1.0/identifiers/{identifier} (DID Resolution section 12.1).
// identifier is the path's last part, decoded.
func (r *Resolver) Serve(w http.ResponseWriter, req *http.Request, identifier string) {
	f, out := r.answer(w, req, identifier)
	if out.err != nil && r.Log != nil {
		r.Log.Error("resolve", "identifier", identifier, "error", out.err)
	}
	write(w, f, out)
}

func (r *Resolver) answer(w http.ResponseWriter, req *http.Request, identifier string) (form, reply) {
	options, queryErr := url.ParseQuery(req.URL.RawQuery)
	q, err := ParseRequest(identifier, options)
	if err == nil && queryErr != nil {
		err = invalidURL.because("the query cannot be read: %v", queryErr)
	}
	f, acceptable := negotiate(req.Header.Get("Accept"), q.Dereferences())
	w.Header().Set("Vary", "Accept")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case !acceptable:
		f = forms["application/did-resolution"]
		return f, failure(f, notAcceptable.because("accepted are application/did-resolution, application/did-url-dereferencing, "+
			"application/did, application/did+json, application/did+ld+json and, of services, text/uri-list"))
	case err != nil:
		return f, failure(f, err)
	case q.Dereferences() || f.shape == dereferenced || f.shape == redirect:
		part, err := r.Dereference(req.Context(), q)
		if err == nil && f.shape == redirect && len(part.URLs) == 0 && !part.Metadata.Deactivated {
			if err = part.astray; err == nil {
				err = notAcceptable.because("text/uri-list is for services")
			}
		}
		if err != nil {
			return f, failure(f, err)
		}
		return f, ofPart(f, part)
	default:
		found, err := r.Resolve(req.Context(), q)
		if err != nil {
			return f, failure(f, err)
		}
		return f, ofResolution(f, found)
	}
}

// reply is an answer on its way out.
type reply struct {
	status   int
	media    string // where it is not the form's
	location string
	cache    string
	body     any
	err      error // for the log
}

func ofResolution(f form, found Resolution) reply {
	out := reply{status: http.StatusOK, cache: caching(found.Metadata)}
	if found.Metadata.Deactivated {
		out.status = http.StatusGone
	}
	out.body = found.Document
	if f.shape == result {
		body := resolutionBody{Document: found.Document, ResolutionMetadata: map[string]any{"contentType": f.content}, DocumentMetadata: found.Metadata}
		if f.dialect == core {
			body.Context = profile + "/v1"
		}
		out.body = body
	}
	return out
}

func ofPart(f form, part Part) reply {
	out := reply{status: http.StatusOK, cache: caching(part.Metadata)}
	if part.Metadata.Deactivated {
		out.status = http.StatusGone
	}
	switch {
	case f.shape == redirect && len(part.URLs) > 0:
		out.status, out.location = http.StatusSeeOther, part.URLs[0]
	case f.shape == bare:
		out.body = part.Content
	default:
		out.media = "application/did-url-dereferencing"
		out.body = dereferencingBody{Content: part.Content, DereferencingMetadata: map[string]any{"contentType": f.content}, ContentMetadata: part.Metadata}
	}
	return out
}

// failure answers with a whole result, whatever form was asked for: a bare
// document has no place for an error.
func failure(f form, err error) reply {
	e := asError(err)
	metadata := map[string]any{"error": e.in(f.dialect)}
	if f.dialect == core && e.detail != "" {
		metadata["errorMessage"] = e.detail
	}
	out := reply{status: e.Status(), cache: "no-store"}
	if e.kind == internalTrouble {
		out.err = e
	}
	if f.shape == dereferenced || f.shape == redirect {
		out.body = dereferencingBody{DereferencingMetadata: metadata}
		return out
	}
	if f.shape == bare {
		out.media = "application/did-resolution"
		if f.dialect == core {
			out.media = forms["profile"].media
		}
	}
	out.body = resolutionBody{ResolutionMetadata: metadata}
	return out
}

// caching lets versions that have a successor be kept for good; what is current
// has to be asked for each time.
func caching(m Metadata) string {
	if m.NextVersionID != "" {
		return "public, max-age=3600"
	}
	return "no-cache"
}

func write(w http.ResponseWriter, f form, out reply) {
	media := f.media
	if out.media != "" {
		media = out.media
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", out.cache)
	if out.location != "" {
		w.Header().Set("Location", out.location)
		w.Header().Set("Content-Type", "text/uri-list")
		w.WriteHeader(out.status) // with nothing in the body (section 12.1)
		return
	}
	w.WriteHeader(out.status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(out.body) // the client is gone if this fails
}
