// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package main

import (
	"strconv"
	"testing"

	"github.com/komsco/trust-platform/test-network/networktest"
)

// TestNetworkScripts plays testdata/e2e: the command on a real network. $PORT is a free base port.
func TestNetworkScripts(t *testing.T) {
	play(t, "testdata/e2e", map[string]string{"PORT": strconv.Itoa(networktest.FreeBasePort(t))})
}
