// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package main

import (
	"context"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/receipt"
)

// browser opens the page from disk in a real Chromium, and fails if it asks for
// anything on a network.
func browser(t *testing.T, page string) context.Context {
	t.Helper()
	var program string
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); name != "" && err == nil {
			program = found
			break
		}
	}
	require.NotEmpty(t, program, "no Chromium: the page is tested in a real browser; install one (apt-get install chromium) or name it in CHROMIUM")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.WindowSize(900, 1200), chromedp.Flag("lang", "en-US"), chromedp.UserDataDir(t.TempDir()))
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocated)
	t.Cleanup(cancel)
	ctx, over := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(over)
	chromedp.ListenTarget(ctx, func(event any) {
		if r, ok := event.(*network.EventRequestWillBeSent); ok && !strings.HasPrefix(r.Request.URL, "file:") && !strings.HasPrefix(r.Request.URL, "blob:") {
			t.Errorf("the page asks for %.100s", r.Request.URL)
		}
	})
	require.NoError(t, chromedp.Run(ctx, network.Enable(), chromedp.Navigate("file://"+page),
		chromedp.WaitVisible("#go", chromedp.ByID), chromedp.Poll(`ready`, nil, chromedp.WithPollingTimeout(time.Minute))))
	return ctx
}

// TestPage has the page verify what trustctl's own test verifies, and say the
// same words.
func TestPage(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "verify.html")
	require.NoError(t, write(t.Context(), page))
	archive, err := txtar.ParseFile("../trustctl/testdata/script/verify.txtar")
	require.NoError(t, err)
	files := map[string]string{"diploma.txt": "diploma 6"} // without a line break
	for _, f := range archive.Files {
		files[f.Name] = string(f.Data)
	}
	cose, err := base64.StdEncoding.DecodeString(strings.TrimSpace(files["cose.base64"]))
	require.NoError(t, err)
	files["cose.cbor"] = string(cose)
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	ctx := browser(t, page)
	verify := func(of, file, policy string) (verdict, words, class string) {
		t.Helper()
		set := []chromedp.Action{
			chromedp.SetUploadFiles("#receipt", []string{filepath.Join(dir, of)}, chromedp.ByID),
			chromedp.SetUploadFiles("#policyFile", []string{filepath.Join(dir, policy)}, chromedp.ByID),
			chromedp.Poll(`!document.getElementById("go").disabled && document.getElementById("policy").value.trim().length > 0`, nil),
		}
		if file != "" {
			set = append(set, chromedp.SetUploadFiles("#file", []string{filepath.Join(dir, file)}, chromedp.ByID))
		} else {
			set = append(set, chromedp.Evaluate(`choose("file", null)`, nil))
		}
		set = append(set,
			chromedp.Poll(`document.getElementById("result").hidden`, nil),
			chromedp.Focus("#go", chromedp.ByID), chromedp.KeyEvent("\r"), // with the keyboard alone
			chromedp.Poll(`["good", "bad"].includes(document.getElementById("result").className) && !document.getElementById("result").hidden && document.activeElement.id === "result"`, nil),
			chromedp.TextContent("#verdict", &verdict, chromedp.ByID), chromedp.TextContent("#words", &words, chromedp.ByID),
			chromedp.Evaluate(`document.getElementById("result").className`, &class))
		require.NoError(t, chromedp.Run(ctx, set...))
		return verdict, words, class
	}
	said := func(of, policy string) receipt.Proof {
		p, err := receipt.ParsePolicy([]byte(files[policy]))
		require.NoError(t, err)
		proof, err := receipt.Check([]byte(files[of]), p)
		require.NoError(t, err)
		return proof
	}

	for _, of := range []string{"receipt.txt", "cose.cbor"} {
		verdict, words, class := verify(of, "diploma.txt", "both.policy")
		require.Equal(t, "good", class, words)
		require.Equal(t, "✓ Verified: the file is as it was recorded", verdict)
		require.Equal(t, said(of, "both.policy").Words(), words)
		shoot(t, ctx, "good-en-"+of)
	}
	_, words, class := verify("receipt.txt", "", "both.policy")
	require.Equal(t, "good", class)
	require.Contains(t, words, "No file was compared")
	require.NoError(t, chromedp.Run(ctx, chromedp.Click("#lang", chromedp.ByID), chromedp.TextContent("#words", &words, chromedp.ByID)))
	require.Contains(t, words, said("receipt.txt", "both.policy").WordsKo(), "the same in Korean")
	shoot(t, ctx, "good-ko")
	require.NoError(t, chromedp.Run(ctx, chromedp.Click("#lang", chromedp.ByID)))

	for _, bad := range [][4]string{
		{"receipt.txt", "changed.txt", "both.policy", "the content is another than the one that was anchored"},
		{"alone.txt", "", "both.policy", "its quorum is not reached"},
		{"receipt.txt", "", "other.policy", "not signed by whom the policy trusts"},
		{"diploma.txt", "", "both.policy", "not a receipt"},
		{"receipt.txt", "", "diploma.txt", "policy line 1"},
	} {
		verdict, words, class := verify(bad[0], bad[1], bad[2])
		require.Equal(t, "bad", class, words)
		require.True(t, strings.HasPrefix(verdict, "✗ "), verdict)
		require.Contains(t, words, bad[3])
	}
	shoot(t, ctx, "bad-en")

	// A flipped bit here and there: refused by the page as by trustctl.
	raw := files["receipt.txt"]
	for at := 3; at < len(raw); at += len(raw) / 12 {
		flipped := []byte(raw)
		flipped[at] ^= 4
		require.NoError(t, os.WriteFile(filepath.Join(dir, "flipped.txt"), flipped, 0o600))
		_, words, class := verify("flipped.txt", "", "both.policy")
		require.Equal(t, "bad", class, "byte %d: %s", at, words)
	}
}

// shoot keeps a picture in the folder that SCREENSHOTS names, to be looked at.
func shoot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	var picture []byte
	require.NoError(t, chromedp.Run(ctx, chromedp.FullScreenshot(&picture, 100)))
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600))
}
