// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"context"
	"strings"
)

// Credential verifies a credential by itself, in whichever format it is. The error is
// CREDENTIAL_MALFORMED or CREDENTIAL_UNSUPPORTED for what is no credential, or says
// that the ledger could not be asked; all else is in the report.
func (v *Verifier) Credential(ctx context.Context, credential string, d Demand) (Report, error) {
	switch {
	case strings.HasPrefix(credential, "{"):
		o, err := decodeObject([]byte(credential))
		if err != nil {
			return Report{}, err
		}
		return v.integrity(ctx, o, d, false, "")
	case strings.Contains(credential, "~"):
		return v.sdjwt(ctx, credential, d, false)
	default:
		return v.vcjwt(ctx, credential, d, false, "")
	}
}

// Presentation verifies what a holder shows: the credentials in it and that they are
// shown by whom they are bound to. Errors are those of Credential.
func (v *Verifier) Presentation(ctx context.Context, presentation string, d Demand) (Report, error) {
	switch {
	case strings.HasPrefix(presentation, "{"):
		o, err := decodeObject([]byte(presentation))
		if err != nil {
			return Report{}, err
		}
		return v.integrityVP(ctx, o, d)
	case strings.Contains(presentation, "~"):
		return v.sdjwt(ctx, presentation, d, true)
	default:
		return v.vpjwt(ctx, presentation, d)
	}
}
