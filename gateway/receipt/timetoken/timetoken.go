// SPDX-License-Identifier: Apache-2.0

// Package timetoken asks a time stamping authority (RFC 3161) for a token over a
// checkpoint, and verifies it: somebody outside the consortium says that the log
// had this tree by then. What is stamped is the checkpoint's text, so that
// openssl ts -verify -data CHECKPOINT does the same.
package timetoken

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"

	"github.com/komsco/trust-platform/gateway/receipt"
)

// MaxLength bounds a token, in bytes.
const MaxLength = 64 << 10

// ErrRefused is in the tree of every error about a token that proves nothing.
var ErrRefused = errors.New("the time token does not hold")

// Request is the TimeStampReq for a checkpoint, with the authority's certificate
// asked for. The caller need not keep it.
func Request(c receipt.Checkpoint) ([]byte, error) {
	return timestamp.CreateRequest(bytes.NewReader([]byte(c.Text())), &timestamp.RequestOptions{Hash: crypto.SHA256, Certificates: true})
}

// Ask has an authority stamp a checkpoint. It answers the TimeStampResp, which is
// not verified yet.
func Ask(ctx context.Context, url string, c receipt.Checkpoint) ([]byte, error) {
	request, err := Request(c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/timestamp-query")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, MaxLength+1))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s: %.300s", url, res.Status, raw)
	}
	return raw, err
}

// Stamp is what a token proves.
type Stamp struct {
	Time      time.Time // by which the authority had seen the checkpoint
	Authority string    // subject of the certificate that signed
	Serial    string    // of the token, in hex
}

// Verify checks a TimeStampResp over a checkpoint: that it is of its text, that a
// certificate for time stamping signed it, and that this leads to one of the roots
// as of the token's own time. It returns ErrRefused.
func Verify(response []byte, c receipt.Checkpoint, roots *x509.CertPool) (stamp Stamp, err error) {
	defer func() { // the parser of PKCS #7 is not ours
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: it cannot be read: %v", ErrRefused, r)
		}
	}()
	if len(response) > MaxLength {
		return stamp, fmt.Errorf("%w: it has %d bytes, at most %d are read", ErrRefused, len(response), MaxLength)
	}
	token, err := timestamp.ParseResponse(response)
	if err != nil {
		return stamp, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	sum := sha256.Sum256([]byte(c.Text()))
	if token.HashAlgorithm != crypto.SHA256 || !bytes.Equal(token.HashedMessage, sum[:]) {
		return stamp, fmt.Errorf("%w: it is of something else than this checkpoint", ErrRefused)
	}
	signed, err := pkcs7.Parse(token.RawToken)
	if err != nil {
		return stamp, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err := signed.Verify(); err != nil {
		return stamp, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	signer := signed.GetOnlySigner()
	if signer == nil {
		return stamp, fmt.Errorf("%w: it needs one signer, whose certificate is in it", ErrRefused)
	}
	if !stamps(signer) {
		return stamp, fmt.Errorf("%w: the certificate of its signer %s is not for time stamping alone", ErrRefused, signer.Subject)
	}
	between := x509.NewCertPool()
	for _, one := range signed.Certificates {
		between.AddCert(one)
	}
	_, err = signer.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: token.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	})
	if err != nil {
		return stamp, fmt.Errorf("%w: its signer %s: %w", ErrRefused, signer.Subject, err)
	}
	return Stamp{Time: token.Time.UTC(), Authority: signer.Subject.String(), Serial: fmt.Sprintf("%x", token.SerialNumber)}, nil
}

// stamps reports whether a certificate is for time stamping and for nothing else, in
// an extension that nobody may pass over (RFC 3161 section 2.3). For Go one that says
// nothing is for everything.
func stamps(c *x509.Certificate) bool {
	critical := slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Critical && e.Id.Equal(extendedKeyUsage) })
	return critical && !c.IsCA && len(c.UnknownExtKeyUsage) == 0 && slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping})
}

var extendedKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}
