// SPDX-License-Identifier: Apache-2.0

package ledger_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger"
)

func TestServeSaysWhatIsMissing(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "no.pem")
	if err := os.WriteFile(file, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	absent := filepath.Join(t.TempDir(), "absent.pem")
	address := taken.Addr().String()

	for _, tc := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"nothing", nil, "CHAINCODE_SERVER_ADDRESS is not set"},
		{"no id", map[string]string{"CHAINCODE_SERVER_ADDRESS": address}, "CHAINCODE_ID is not set"},
		{"a port in use", map[string]string{"CHAINCODE_SERVER_ADDRESS": address, "CHAINCODE_ID": "lab:1"}, address + ": bind: address already in use"},
		{"no port", map[string]string{"CHAINCODE_SERVER_ADDRESS": "127.0.0.1", "CHAINCODE_ID": "lab:1"}, "missing port"},
		{"a key without its certificate", map[string]string{"CHAINCODE_TLS_KEY": file}, `CHAINCODE_TLS_CERT ("")`},
		{"a certificate without its key", map[string]string{"CHAINCODE_TLS_CERT": file}, `CHAINCODE_TLS_KEY ("")`},
		{"clients' CA alone", map[string]string{"CHAINCODE_TLS_CLIENT_CA": file}, "needs both"},
		{"a file that is not there", map[string]string{"CHAINCODE_TLS_KEY": file, "CHAINCODE_TLS_CERT": absent}, absent},
		{"a CA that is not there", map[string]string{"CHAINCODE_TLS_KEY": file, "CHAINCODE_TLS_CERT": file, "CHAINCODE_TLS_CLIENT_CA": absent}, absent},
		{"files that are no PEM", map[string]string{"CHAINCODE_TLS_KEY": file, "CHAINCODE_TLS_CERT": file}, "tls:"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, name := range []string{
				"CHAINCODE_SERVER_ADDRESS", "CHAINCODE_ID", "CHAINCODE_TLS_KEY", "CHAINCODE_TLS_CERT", "CHAINCODE_TLS_CLIENT_CA", "CORE_CHAINCODE_ID_NAME",
			} {
				t.Setenv(name, tc.env[name])
			}
			for name := range tc.env {
				if strings.HasPrefix(name, "CHAINCODE_TLS") {
					t.Setenv("CHAINCODE_SERVER_ADDRESS", address)
					t.Setenv("CHAINCODE_ID", "lab:1")
				}
			}
			if err := ledger.Serve(newLab(t)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want it to say %q", err, tc.want)
			}
		})
	}
}

func TestConfigFromEnv(t *testing.T) {
	t.Setenv("CHAINCODE_NAME", "")
	t.Setenv("CHAINCODE_NETWORK", "")
	if got := ledger.ConfigFromEnv("currency"); got != (ledger.Config{Name: "currency", Network: "trust", ClockBound: 15 * time.Minute}) {
		t.Errorf("default %+v", got)
	}
	t.Setenv("CHAINCODE_NAME", "city-currency")
	t.Setenv("CHAINCODE_NETWORK", "seoul")
	for said, want := range map[string]time.Duration{"30s": 30 * time.Second, "soon": 15 * time.Minute} {
		t.Setenv("CHAINCODE_CLOCK_BOUND", said)
		if got := ledger.ConfigFromEnv("currency"); got != (ledger.Config{Name: "city-currency", Network: "seoul", ClockBound: want}) {
			t.Errorf("set %+v", got)
		}
	}
}
