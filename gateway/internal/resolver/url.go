// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// Request is what is asked for: a DID URL taken apart (DID Core section 3.2).
type Request struct {
	DID          string
	Path         string
	Fragment     string
	Service      string // parameter service
	ServiceType  string // parameter serviceType
	Relative     string // parameter relativeRef
	Relationship string // option verificationRelationship: what the key of the fragment has to serve
	Version      int64  // parameter versionId, from 1; 0 if it was not given
	Time         int64  // parameter versionTime, Unix seconds; 0 if it was not given
}

// Dereferences reports whether a part of a document or a service is asked for,
// rather than a document.
func (r Request) Dereferences() bool { return r.Fragment != "" || r.selects() || r.Path != "" }

// selects reports whether services are asked for.
func (r Request) selects() bool { return r.Service != "" || r.ServiceType != "" }

// ParseRequest reads a DID URL. options are further parameters, as they stand in
// the query of a request over HTTP. The error is an [*Error].
func ParseRequest(didURL string, options url.Values) (Request, error) {
	var r Request
	rest, fragment, hasFragment := strings.Cut(didURL, "#")
	rest, query, _ := strings.Cut(rest, "?")
	if slash := strings.IndexByte(rest, '/'); slash >= 0 {
		rest, r.Path = rest[:slash], rest[slash:]
	}
	r.DID, r.Fragment = rest, fragment
	if err := did.Validate(r.DID); err != nil {
		return r, invalidDID.because("%v", err)
	}
	if hasFragment && fragment == "" {
		return r, invalidURL.because("the fragment is empty")
	}
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return r, invalidURL.because("the query cannot be read: %v", err)
	}
	for name, values := range options {
		parameters[name] = append(parameters[name], values...)
	}
	return r, r.take(parameters)
}

func (r *Request) take(parameters url.Values) error {
	for name, values := range parameters {
		if len(values) != 1 {
			return invalidOptions.because("%.40s is given %d times", name, len(values))
		}
		value := values[0]
		// A relative reference may name a file in any script (RFC 3987); nothing else here has other characters.
		if name != "relativeRef" && strings.ContainsFunc(value, func(c rune) bool { return c > unicode.MaxASCII }) {
			return invalidOptions.because("%.40s %.40q is not ASCII", name, value)
		}
		if value == "" && (name == "service" || name == "serviceType" || name == "verificationRelationship") {
			return invalidOptions.because("%s is empty", name)
		}
		switch name {
		case "service":
			r.Service = value
		case "serviceType":
			r.ServiceType = value
		case "verificationRelationship":
			r.Relationship = value
		case "relativeRef":
			if ref, err := url.Parse(value); err != nil || ref.IsAbs() || ref.Host != "" {
				return invalidURL.because("relativeRef %.80q is not a relative reference", value)
			}
			r.Relative = value
		case "versionId":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil || n < 1 || n > 1<<40 || strconv.FormatInt(n, 10) != value {
				return invalidOptions.because("versionId %.40q is not a whole number from 1", value)
			}
			r.Version = n
		case "versionTime":
			// In UTC, of whole seconds (section 3.1).
			at, err := time.Parse(time.RFC3339, value)
			if err != nil || at.Unix() < 1 || at.Unix() > 1<<40 || stamp(at.Unix()) != value {
				return invalidOptions.because("versionTime %.40q is not a time in UTC of whole seconds, such as 2026-03-02T00:00:00Z", value)
			}
			r.Time = at.Unix()
		case "expandRelativeUrls":
			// Documents of the methods resolved here hold no relative URLs.
			if value != "true" && value != "false" {
				return invalidOptions.because("expandRelativeUrls is %.10q: true or false", value)
			}
		default:
			return notSupported.because("parameter %.40q", name)
		}
	}
	if r.Version > 0 && r.Time > 0 {
		return invalidOptions.because("versionId and versionTime: one of them")
	}
	if r.Relative != "" && !r.selects() {
		return invalidURL.because("relativeRef needs a service")
	}
	if r.Relationship != "" && r.Fragment == "" {
		return invalidOptions.because("verificationRelationship needs a fragment that names a key")
	}
	return nil
}
