// SPDX-License-Identifier: Apache-2.0

package issuing

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/party"
	"github.com/komsco/trust-platform/gateway/internal/shelf"
	"github.com/komsco/trust-platform/gateway/openid"
)

// child names the variable that makes this test's program an issuer's process.
const child = "TEST_ISSUER_FILE"

func TestMain(m *testing.M) {
	if file := os.Getenv(child); file != "" {
		serve(file)
		return
	}
	os.Exit(m.Run())
}

// serve answers wallets until it is killed. Each line on standard input is an offer to
// be made; each answer a line on standard output.
func serve(file string) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	kept, err := shelf.Open(file, nil)
	must(err)
	signer, err := credential.NewSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	must(err)
	i, err := New(Options{
		Party: party.Party{URL: "http://" + os.Getenv("TEST_ISSUER_AT"), Signer: signer, Verifier: &credential.Verifier{}, Shelf: kept},
		Kinds: []Kind{{ID: "card", Type: "https://c.example/card"}},
	})
	must(err)
	mux := http.NewServeMux()
	answer := func(path string, say func(r *http.Request, body []byte) (any, error)) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			body := make([]byte, r.ContentLength)
			_, _ = r.Body.Read(body)
			v, err := say(r, body)
			w.Header().Set("Content-Type", "application/json")
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				v = map[string]string{"error": err.Error()}
			}
			_ = json.NewEncoder(w).Encode(v)
		})
	}
	answer("/.well-known/openid-credential-issuer", func(*http.Request, []byte) (any, error) { return i.Metadata(), nil })
	answer("/.well-known/oauth-authorization-server", func(*http.Request, []byte) (any, error) { return i.Server(), nil })
	answer(PathOffers+"{offer}", func(r *http.Request, _ []byte) (any, error) { return i.Offered(r.PathValue("offer")) })
	answer(PathToken, func(_ *http.Request, body []byte) (any, error) { return i.Token(string(body)) })
	answer(PathNonce, func(*http.Request, []byte) (any, error) { return i.Nonce(), nil })
	answer(PathCredential, func(r *http.Request, body []byte) (any, error) {
		return i.Credential(r.Context(), r.Header.Get("Authorization"), body)
	})
	listener, err := net.Listen("tcp", os.Getenv("TEST_ISSUER_AT"))
	must(err)
	go func() { must(http.Serve(listener, mux)) }()
	out := json.NewEncoder(os.Stdout)
	must(out.Encode("ready"))
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var n NewOffer
		must(json.Unmarshal(lines.Bytes(), &n))
		made, err := i.Offer(context.Background(), i.ID(), n)
		must(err)
		must(out.Encode(made))
	}
}

// process is an issuer's process.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	in  *json.Encoder
	out *json.Decoder
}

func start(t *testing.T, file, at string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), child+"="+file, "TEST_ISSUER_AT="+at)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p := &process{t, cmd, json.NewEncoder(in), json.NewDecoder(out)}
	t.Cleanup(p.kill)
	var ready string
	require.NoError(t, p.out.Decode(&ready))
	return p
}

// kill is SIGKILL: nothing is closed in order.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func (p *process) offer(n NewOffer) (made Made) {
	p.t.Helper()
	require.NoError(p.t, p.in.Encode(n))
	require.NoError(p.t, p.out.Decode(&made))
	return made
}

// An offer that was handed out is good after the issuer's process was killed; one that
// served is not good again; wrong second codes are still counted.
func TestOffersOutliveAKill(t *testing.T) {
	file, at := filepath.Join(t.TempDir(), "shelf.db"), freeAddress(t)
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	holder, err := credential.NewSigner(key)
	require.NoError(t, err)
	// The connections of a killed process are gone: none is used again.
	w := openid.Wallet{HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, Verifier: &credential.Verifier{}, Holder: holder}
	p := start(t, file, at)
	card := NewOffer{Kind: "card", Claims: map[string]any{"name": "Minji", "number": 9007199254740991}}
	first, second := p.offer(card), p.offer(card)
	guessed := card
	guessed.TxCode = true
	third := p.offer(guessed)
	wrong := "000000"
	if third.TxCode == wrong {
		wrong = "000001"
	}
	for range maxTries - 1 {
		_, err := w.Accept(t.Context(), &third.Offer, "", wrong)
		require.ErrorContains(t, err, "wrong tx_code")
	}
	access := func(code string) (token string) {
		form := "grant_type=" + openid.GrantPreAuthorized + "&pre-authorized_code=" + code
		res, err := w.HTTP.Post("http://"+at+PathToken, "application/x-www-form-urlencoded", strings.NewReader(form)) //nolint:noctx // a test
		require.NoError(t, err)
		defer res.Body.Close()
		var a openid.Access
		require.NoError(t, json.NewDecoder(res.Body).Decode(&a))
		return a.Token
	}
	token := access(second.Offer.Grants.PreAuthorized.Code)
	require.NotEmpty(t, token)
	p.kill()

	p = start(t, file, at)
	offer, err := w.Offer(t.Context(), first.Link)
	require.NoError(t, err)
	got, err := w.Accept(t.Context(), offer, "", "")
	require.NoError(t, err)
	require.Equal(t, "Minji", got.Report.Claims["name"])
	require.Equal(t, json.Number("9007199254740991"), got.Report.Claims["number"])
	_, err = w.Accept(t.Context(), &third.Offer, "", wrong)
	require.ErrorContains(t, err, "void")
	_, err = w.Accept(t.Context(), &third.Offer, "", third.TxCode)
	require.ErrorContains(t, err, openid.InvalidGrant)
	require.Empty(t, access(second.Offer.Grants.PreAuthorized.Code), "exchanged before")
	p.kill()

	start(t, file, at)
	_, err = w.Offer(t.Context(), first.Link)
	require.Error(t, err)
	_, err = w.Accept(t.Context(), offer, "", "")
	require.ErrorContains(t, err, openid.InvalidGrant)
	// The access token that was given out before both kills still serves, once.
	for n := range 2 {
		status := spend(t, &w, at, token)
		require.Equal(t, n == 0, status == http.StatusOK, "%d", status)
	}
}

// spend has a token serve.
func spend(t *testing.T, w *openid.Wallet, at, token string) int {
	t.Helper()
	post := func(path, body string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+at+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		return w.HTTP.Do(r)
	}
	res, err := post(PathNonce, "")
	require.NoError(t, err)
	var nonce openid.Nonce
	require.NoError(t, json.NewDecoder(res.Body).Decode(&nonce))
	require.NoError(t, res.Body.Close())
	proof, err := credential.SignToken(openid.TypProof, map[string]any{"aud": "http://" + at, "iat": time.Now().Unix(), "nonce": nonce.Nonce}, w.Holder, true)
	require.NoError(t, err)
	res, err = post(PathCredential, `{"credential_configuration_id":"card","proofs":{"jwt":["`+proof+`"]}}`)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}

func freeAddress(t *testing.T) string {
	t.Helper()
	for {
		// Below what the system hands out by itself, so that nobody is given it between two lives of a process.
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", 15_000+rand.IntN(4_000)))
		if err == nil {
			require.NoError(t, l.Close())
			return l.Addr().String()
		}
	}
}
