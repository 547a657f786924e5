// SPDX-License-Identifier: Apache-2.0

package timetoken_test

import (
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

func FuzzVerify(f *testing.F) {
	f.Add([]byte{0x30, 0x03, 0x02, 0x01, 0x00})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := timetoken.Verify(raw, checkpoint, x509.NewCertPool()); err == nil {
			t.Fatal("without any root nothing is proved")
		}
	})
}
