// SPDX-License-Identifier: Apache-2.0

package main

import (
	"regexp"
	"strings"
	"testing"
)

// The page is one file that asks the network for nothing: the browser is told to
// refuse it, and nothing in the page would ask.
func TestPageStandsAlone(t *testing.T) {
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]+)"`).FindStringSubmatch(page)
	if policy == nil || !strings.HasPrefix(policy[1], "default-src 'none'") || strings.Contains(policy[1], "connect-src") || strings.Contains(policy[1], "http") {
		t.Errorf("content security policy %q", policy)
	}
	for _, outside := range []string{`\bsrc\s*=`, `\bhref\s*=\s*["']?https?:`, `<link\b`, `<iframe\b`, `<form[^>]*\baction`, `@import`, `url\(`, `\bfetch\(`, `XMLHttpRequest`, `WebSocket`, `EventSource`, `sendBeacon`, `\bimport\(`, `localStorage`, `document\.cookie`} {
		if at := regexp.MustCompile(outside).FindStringIndex(page); at != nil {
			t.Errorf("the page has %q", page[at[0]:min(len(page), at[1]+40)])
		}
	}
	for _, part := range []string{"PROGRAM", "RUNTIME"} { // what write puts in
		if strings.Count(page, part) != 1 {
			t.Errorf("%s stands %d times", part, strings.Count(page, part))
		}
	}
}
