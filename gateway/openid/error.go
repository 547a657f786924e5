// SPDX-License-Identifier: Apache-2.0

package openid

import (
	"fmt"
	"net/url"
)

// Error is an error answer of OAuth 2.0 (RFC 6749 section 5.2), OpenID4VCI 1.0 section
// 8.3.1 or OpenID4VP 1.0 section 8.5.
type Error struct {
	Code        string `json:"error" doc:"As the standard names it" example:"invalid_proof"`
	Description string `json:"error_description,omitempty" doc:"What it is this time"`
	HTTP        int    `json:"-"` // status
}

// The codes that are used.
const (
	InvalidRequest       = "invalid_request"
	InvalidGrant         = "invalid_grant"
	UnsupportedGrantType = "unsupported_grant_type"
	InvalidToken         = "invalid_token" // RFC 6750

	InvalidCredentialRequest = "invalid_credential_request" //nolint:gosec // a code
	UnknownConfiguration     = "unknown_credential_configuration"
	UnknownIdentifier        = "unknown_credential_identifier"
	InvalidProof             = "invalid_proof"
	InvalidNonce             = "invalid_nonce"
	InvalidEncryption        = "invalid_encryption_parameters"
	RequestDenied            = "credential_request_denied"

	AccessDenied           = "access_denied"
	InvalidTransactionData = "invalid_transaction_data"
)

// Errorf makes an error answer. Descriptions are of ASCII without quotes, as RFC 6749
// has it.
func Errorf(code, format string, args ...any) *Error {
	plain := []byte(fmt.Sprintf(format, args...))
	for i, c := range plain {
		switch {
		case c == '"' || c == '\\':
			plain[i] = '\''
		case c < ' ' || c > '~':
			plain[i] = '?'
		}
	}
	status := 400
	if code == InvalidToken {
		status = 401
	}
	return &Error{Code: code, Description: string(plain), HTTP: status}
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Description }

// Is has errors.Is find an error by its code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// ReadForm reads a form, each parameter once (RFC 6749 section 3.2).
func ReadForm(form string) (map[string]string, error) {
	parsed, err := url.ParseQuery(form)
	if err != nil {
		return nil, Errorf(InvalidRequest, "not application/x-www-form-urlencoded")
	}
	q := make(map[string]string, len(parsed))
	for name, values := range parsed {
		if len(values) != 1 {
			return nil, Errorf(InvalidRequest, "%.40s is there %d times", name, len(values))
		}
		q[name] = values[0]
	}
	return q, nil
}
