// SPDX-License-Identifier: Apache-2.0

package timetoken_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/receipt"
	"github.com/komsco/trust-platform/gateway/receipt/timetoken"
)

var checkpoint = receipt.Checkpoint{Origin: "testnet/trust/anchor/docs", Size: 11, Root: [32]byte{7}, Time: time.Unix(1_750_000_000, 0).UTC(), Tx: "ab"}

const settings = `
[tsa]
default_tsa = tsa1
[tsa1]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
certs = root.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
`

// authority is OpenSSL as a time stamping authority.
func authority(t *testing.T) (dir, url string, roots *x509.CertPool) {
	t.Helper()
	dir = t.TempDir()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "openssl", args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "openssl %s: %s", strings.Join(args, " "), out)
	}
	for name, text := range map[string]string{"ts.cnf": settings, "serial": "01\n", "ext": "extendedKeyUsage=critical,timeStamping\nbasicConstraints=CA:false\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Root of time", "-days", "30")
	run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Time of Korea")
	run("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-out", "tsa.pem", "-days", "20", "-extfile", "ext")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := io.ReadAll(r.Body)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "query"), query, 0o600)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		cmd := exec.CommandContext(r.Context(), "openssl", "ts", "-reply", "-config", "ts.cnf", "-queryfile", "query")
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(out) // the client is gone if this fails
	}))
	t.Cleanup(server.Close)
	pem, err := os.ReadFile(filepath.Join(dir, "root.pem"))
	require.NoError(t, err)
	roots = x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem))
	return dir, server.URL, roots
}

// A token that OpenSSL gave is verified by us and by OpenSSL, and nothing of it may
// change.
func TestToken(t *testing.T) {
	dir, url, roots := authority(t)
	token, err := timetoken.Ask(t.Context(), url, checkpoint)
	require.NoError(t, err)
	stamp, err := timetoken.Verify(token, checkpoint, roots)
	require.NoError(t, err)
	require.Equal(t, "CN=Time of Korea", stamp.Authority)
	require.WithinDuration(t, time.Now(), stamp.Time, time.Minute)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "token"), token, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "text"), []byte(checkpoint.Text()), 0o600))
	cmd := exec.CommandContext(t.Context(), "openssl", "ts", "-verify", "-data", "text", "-in", "token", "-CAfile", "root.pem")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))

	other := checkpoint
	other.Size++
	_, err = timetoken.Verify(token, other, roots)
	require.ErrorIs(t, err, timetoken.ErrRefused)
	_, _, others := authority(t)
	_, err = timetoken.Verify(token, checkpoint, others)
	require.ErrorIs(t, err, timetoken.ErrRefused, "another root")
	for n := 0; n < len(token); n += 11 {
		_, err := timetoken.Verify(token[:n], checkpoint, roots)
		require.ErrorIs(t, err, timetoken.ErrRefused)
	}
	// Some bits stand where nothing depends on them (names in the wrapping, another
	// certificate's copy); those that change what is said have to be noticed.
	for bit := 0; bit < len(token)*8; bit += 7 {
		flipped := append([]byte(nil), token...)
		flipped[bit/8] ^= 1 << (bit % 8)
		if got, err := timetoken.Verify(flipped, checkpoint, roots); err == nil {
			require.Equal(t, stamp, got, "bit %d says something else", bit)
		}
	}
}

// Another authority's word, no word, and no authority.
func TestWrongAuthority(t *testing.T) {
	_, _, roots := authority(t)
	_, url, _ := authority(t)
	token, err := timetoken.Ask(t.Context(), url, checkpoint)
	require.NoError(t, err)
	_, err = timetoken.Verify(token, checkpoint, roots)
	require.ErrorContains(t, err, "signer CN=Time of Korea")
	_, err = timetoken.Verify(nil, checkpoint, roots)
	require.ErrorIs(t, err, timetoken.ErrRefused)
	_, err = timetoken.Ask(t.Context(), "http://127.0.0.1:1/", checkpoint)
	require.Error(t, err)
}

// A root that also certifies for other uses does not make its other holders authorities.
func TestOnlyTimeStampingCounts(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	issue := func(template, parent *x509.Certificate) *x509.Certificate {
		template.NotBefore, template.NotAfter, template.BasicConstraintsValid = time.Now().Add(-time.Hour), time.Now().Add(time.Hour), true
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), key)
		require.NoError(t, err)
		cert, err := x509.ParseCertificate(der)
		require.NoError(t, err)
		return cert
	}
	top := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}
	root := issue(top, top)
	roots := x509.NewCertPool()
	roots.AddCert(root)
	stamping, mail, anything := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 4}, asn1.ObjectIdentifier{2, 5, 29, 37, 0}
	for name, tc := range map[string]struct {
		critical bool
		isCA     bool
		usages   []asn1.ObjectIdentifier
		ok       bool
	}{
		"for time stamping alone":           {true, false, []asn1.ObjectIdentifier{stamping}, true},
		"in an extension to be passed over": {false, false, []asn1.ObjectIdentifier{stamping}, false},
		"for mail too":                      {true, false, []asn1.ObjectIdentifier{stamping, mail}, false},
		"for anything":                      {true, false, []asn1.ObjectIdentifier{anything}, false},
		"for something unknown too":         {true, false, []asn1.ObjectIdentifier{stamping, {1, 2, 3}}, false},
		"for nothing that it says":          {false, false, nil, false},
		"an authority of certificates":      {true, true, []asn1.ObjectIdentifier{stamping}, false},
	} {
		t.Run(name, func(t *testing.T) {
			template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "leaf"}, KeyUsage: x509.KeyUsageDigitalSignature, IsCA: tc.isCA}
			if tc.usages != nil {
				value, err := asn1.Marshal(tc.usages)
				require.NoError(t, err)
				template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: tc.critical, Value: value}}
			}
			sum := sha256.Sum256([]byte(checkpoint.Text()))
			stamp := timestamp.Timestamp{
				HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Time: time.Now(), Policy: asn1.ObjectIdentifier{1, 2, 3}, AddTSACertificate: true,
			}
			token, err := stamp.CreateResponseWithOpts(issue(template, root), key, crypto.SHA256)
			require.NoError(t, err)
			if _, err = timetoken.Verify(token, checkpoint, roots); tc.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, timetoken.ErrRefused)
				require.ErrorContains(t, err, "not for time stamping alone")
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte{0x30, 0x03, 0x02, 0x01, 0x00})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := timetoken.Verify(raw, checkpoint, x509.NewCertPool()); err == nil {
			t.Fatal("without any root nothing is proved")
		}
	})
}
