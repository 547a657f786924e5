// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"net/url"
	"regexp"
)

// MaxServices bounds the services of a document, and maxEndpoint an endpoint's
// bytes.
const (
	MaxServices = 16
	maxEndpoint = 512
)

// Service is a way to reach the subject (DID Core section 5.4). What it says is
// public for ever: nothing in it may tell who a resident is.
type Service struct {
	Endpoint string `json:"endpoint"` // an absolute URI
	ID       string `json:"id"`       // the fragment of its DID URL
	Type     string `json:"type"`
}

var (
	// Shorter than any key's id, so no service is taken for a key.
	serviceID   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	serviceType = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,63}$`)
	uri         = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+$`)
)

// Validate returns INVALID_SERVICE or TOO_LARGE unless the service is well-formed.
func (s Service) Validate() error {
	if !serviceID.MatchString(s.ID) {
		return InvalidService.Errorf("id %.40q: a-z 0-9 -, a letter first, at most 32", s.ID)
	}
	if !serviceType.MatchString(s.Type) {
		return InvalidService.Errorf("type %.80q: letters and digits, at most 64", s.Type)
	}
	if len(s.Endpoint) > maxEndpoint {
		return TooLarge.Errorf("the endpoint of service %s has %d bytes, at most %d", s.ID, len(s.Endpoint), maxEndpoint)
	}
	if _, err := url.Parse(s.Endpoint); err != nil || !uri.MatchString(s.Endpoint) {
		return InvalidService.Errorf("endpoint %.80q is not an absolute URI (RFC 3986)", s.Endpoint)
	}
	return nil
}
