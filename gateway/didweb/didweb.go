// SPDX-License-Identifier: Apache-2.0

// Package didweb fetches the documents of did:web DIDs, for a [credential.Verifier] that
// is to take issuers of that method. Whoever shows a credential chooses the DID in it,
// and so the host that is asked: what is fetched comes over TLS from public addresses
// only, without redirects, proxies or cookies, in bounded size and time.
//
// The gateway's service fetches nothing; this is for verifiers' own software.
package didweb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/komsco/trust-platform/gateway/credential"
)

// Bounds of what is fetched.
const (
	maxDocument = 64 << 10 // bytes
	timeout     = 5 * time.Second
)

// Fetcher fetches documents. The zero value is ready; its methods may be called by
// several goroutines at once. Nothing is kept: a document may change at any time.
type Fetcher struct {
	// Transport is for tests and for hosts that a verifier vouches for; what it dials is
	// not looked at. If nil, only public addresses are.
	Transport http.RoundTripper
}

var (
	host    = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)
	port    = regexp.MustCompile(`^[1-9][0-9]{0,4}$`)
	segment = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)
)

// URL is where the document of a did:web DID is: at its host or, with a path, below it
// (did:web method specification section 3.2). It returns DID_NOT_RESOLVABLE, also for
// hosts that are no names in lower case: addresses and localhost are not for strangers
// to choose.
func URL(did string) (string, error) {
	refused := func(why string) (string, error) {
		return "", credential.NotResolvable.Errorf("%.160q is no did:web that is fetched: %s", did, why)
	}
	rest, ok := strings.CutPrefix(did, "did:web:")
	if !ok || len(did) > 512 {
		return refused("of another method, or beyond 512 characters")
	}
	parts := strings.Split(rest, ":")
	name, number, hasPort := strings.Cut(parts[0], "%3A")
	if !host.MatchString(name) || len(name) > 253 {
		return refused("the host is no name of a public host in lower case")
	}
	if hasPort && !port.MatchString(number) {
		return refused("the port is none")
	}
	at := "https://" + name
	if hasPort {
		at += ":" + number
	}
	if len(parts) == 1 {
		return at + "/.well-known/did.json", nil
	}
	for _, s := range parts[1:] {
		if !segment.MatchString(s) {
			return refused("the path has a part other than letters, digits, . _ -")
		}
	}
	return at + "/" + strings.Join(parts[1:], "/") + "/did.json", nil
}

// Fetch is the document of a DID as it is now; it can be the Web function of a
// [credential.Verifier]. It returns DID_NOT_RESOLVABLE for whatever stands in the way,
// and ctx's own error where that has ended.
func (f *Fetcher) Fetch(ctx context.Context, did string) (json.RawMessage, error) {
	at, err := URL(did)
	if err != nil {
		return nil, err
	}
	raw, err := f.get(ctx, at)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, credential.NotResolvable.Errorf("%.160s: %w", did, err)
	}
	var d struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(raw, &d); err != nil || d.ID != did {
		return nil, credential.NotResolvable.Errorf("%.160s: what is at %s is not its document", did, at)
	}
	return raw, nil
}

var media = []string{"application/did", "application/did+json", "application/did+ld+json", "application/json", "application/ld+json"}

func (f *Fetcher) get(ctx context.Context, at string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", strings.Join(media, ", "))
	transport := f.Transport
	if transport == nil {
		transport = public
	}
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err // the URL is told anyway
		}
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %d; redirects are not followed", at, res.StatusCode)
	}
	kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(media, kind) {
		return nil, fmt.Errorf("%s answers %.80q, a document is JSON", at, res.Header.Get("Content-Type"))
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxDocument+1))
	if err == nil && len(raw) > maxDocument {
		err = fmt.Errorf("%s has more than %d bytes", at, maxDocument)
	}
	return raw, err
}

// public dials public addresses only. It looks at the address that a connection is
// about to be made to, not at a name that may have another address a moment later.
var public = &http.Transport{
	DialContext: (&net.Dialer{Timeout: timeout, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if !isPublic(at.Addr()) {
			return fmt.Errorf("%s is no public address", at.Addr())
		}
		return nil
	}}).DialContext,
	DisableKeepAlives: true, TLSHandshakeTimeout: timeout, ResponseHeaderTimeout: timeout, MaxResponseHeaderBytes: 16 << 10,
}

// special are networks beyond those that netip tells of: shared, reserved, for
// documentation and benchmarks, and those that hold IPv4 addresses within IPv6's
// (IANA's registries of special-purpose addresses).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("3fff::/20"),
	netip.MustParsePrefix("fec0::/10"),
}

func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a.IsGlobalUnicast() && !a.IsPrivate() && !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}
