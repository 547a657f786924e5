// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600))
	}
	return dir
}

func TestDetect(t *testing.T) {
	require.NoError(t, run("detect", []string{"src", folder(t, map[string]string{"metadata.json": `{"type":"ccaas","label":"a"}`})}))
	require.ErrorContains(t, run("detect", []string{"src", folder(t, map[string]string{"metadata.json": `{"type":"golang"}`})}), "not ours")
	require.Error(t, run("detect", []string{"src", folder(t, map[string]string{"metadata.json": `{`})}))
	require.Error(t, run("detect", []string{"src", t.TempDir()}))
}

func TestBuildAndRelease(t *testing.T) {
	source := folder(t, map[string]string{"connection.json": `{"address":"127.0.0.1:9999","tls_required":true,"client_auth_required":true}`})
	built, released := t.TempDir(), t.TempDir()
	require.NoError(t, run("build", []string{source, t.TempDir(), built}))

	require.ErrorContains(t, run("release", []string{built, released}), "wants to know its callers")
	peer := folder(t, map[string]string{"cert": "CERT", "key": "KEY"})
	t.Setenv("CCAAS_CLIENT_CERT", filepath.Join(peer, "cert"))
	t.Setenv("CCAAS_CLIENT_KEY", filepath.Join(peer, "key"))
	require.NoError(t, run("release", []string{built, released}))

	data, err := os.ReadFile(filepath.Join(released, "chaincode", "server", "connection.json"))
	require.NoError(t, err)
	var connection map[string]any
	require.NoError(t, json.Unmarshal(data, &connection))
	require.Equal(t, map[string]any{
		"address": "127.0.0.1:9999", "tls_required": true, "client_auth_required": true, "client_cert": "CERT", "client_key": "KEY",
	}, connection)
}

func TestBadPackages(t *testing.T) {
	for name, connection := range map[string]string{"no address": `{}`, "no JSON": `address`} {
		t.Run(name, func(t *testing.T) {
			require.Error(t, run("build", []string{folder(t, map[string]string{"connection.json": connection}), "", t.TempDir()}))
		})
	}
	require.Error(t, run("build", []string{t.TempDir(), "", t.TempDir()}))
	require.ErrorContains(t, run("ccaas-builder", nil), "a peer calls this as detect, build or release")
	require.Error(t, run("release", nil))
}
