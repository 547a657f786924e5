// SPDX-License-Identifier: Apache-2.0

// Package publisher serves status lists as the credentials that issuers sign
// (Bitstring Status List 1.0), or as their tokens (Token Status List), from the bits on the
// ledger. It signs with keys that an
// issuer entrusts to its gateway; lists of others are not served signed.
package publisher

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway/credential"
)

// How long a signed list is good, and how long before its end it is signed anew: what
// somebody keeps and shows again later is out of date after that.
const (
	life  = time.Hour
	renew = 30 * time.Minute
)

// maxKept bounds the signed lists that are kept.
const maxKept = 256

// Ledger is where lists are.
type Ledger interface {
	StatusBits(ctx context.Context, owner, list string) (identity.StatusBits, error)
}

// Publisher signs lists.
type Publisher struct {
	Ledger  Ledger
	Signers map[string]credential.Signer // by the DID of the lists' owner
	Now     func() time.Time             // time.Now if nil

	mu   sync.Mutex
	kept map[string]Signed
}

// Signed is a list that its issuer signed.
type Signed struct {
	Body     string
	ETag     string // with its quotes
	Modified int64  // Unix seconds
	until    time.Time
	digest   [sha256.Size]byte // of what was signed
}

// List is the list as it is on the ledger now, in a format: credential.FormatVCJWT,
// credential.FormatStatusToken, or with a Data Integrity proof for any other. The same list is signed once in a while, not for each who asks. It returns
// STATUS_LIST_UNKNOWN, and STATUS_LIST_UNSIGNED for an owner whose key is not here.
func (p *Publisher) List(ctx context.Context, owner, list, url, format string) (Signed, error) {
	signer, ok := p.Signers[owner]
	if !ok {
		return Signed{}, credential.ListUnsigned.Errorf("%s has no key at this gateway", owner)
	}
	bits, err := p.Ledger.StatusBits(ctx, owner, list)
	if err != nil {
		return Signed{}, err
	}
	now := time.Now()
	if p.Now != nil {
		now = p.Now()
	}
	name, digest := strings.Join([]string{format, owner, list, url}, " "), sha256.Sum256(bits.Bits)
	p.mu.Lock()
	defer p.mu.Unlock()
	if have, found := p.kept[name]; found && have.digest == digest && now.Before(have.until.Add(-renew)) {
		return have, nil
	}
	made := Signed{Modified: max(bits.Opened, bits.Changed), until: now.Add(life).Truncate(time.Second), digest: digest}
	if made.Body, err = sign(bits, url, format, now, made.until, signer); err != nil {
		return Signed{}, code.Broken.Errorf("sign %s of %s: %w", list, owner, err)
	}
	sum := sha256.Sum256([]byte(made.Body))
	made.ETag = `"` + hex.EncodeToString(sum[:16]) + `"`
	if len(p.kept) >= maxKept || p.kept == nil {
		p.kept = map[string]Signed{}
	}
	p.kept[name] = made
	return made, nil
}

func sign(bits identity.StatusBits, url, format string, now, until time.Time, signer credential.Signer) (string, error) {
	if format == credential.FormatStatusToken {
		return credential.SignStatusToken(bits, url, now, until, signer)
	}
	unsigned, err := credential.ListCredential(bits, url, until)
	if err != nil {
		return "", err
	}
	if format == credential.FormatVCJWT {
		return credential.SignJWT(unsigned, signer, now)
	}
	return credential.SignIntegrity(unsigned, signer, now)
}
