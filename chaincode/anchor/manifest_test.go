// SPDX-License-Identifier: Apache-2.0

package anchor_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

func TestManifest(t *testing.T) {
	files := []anchor.File{{Digest: hash(1), Path: "a", Size: 0}, {Digest: hash(2), Path: "b/한글 <x>.pdf", Size: 7}, {Digest: hash(3), Path: "b0", Size: 1}}
	raw, err := anchor.FormatManifest(files)
	if err != nil {
		t.Fatal(err)
	}
	back, err := anchor.ParseManifest(raw)
	if err != nil || !reflect.DeepEqual(back, files) {
		t.Fatalf("%+v, %v", back, err)
	}
	root, err := anchor.ManifestRoot(files)
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		changed := append([]anchor.File(nil), files...)
		changed[i].Size++
		other, err := anchor.ManifestRoot(changed)
		if err != nil || bytes.Equal(root, other) {
			t.Errorf("file %d does not count: %v", i, err)
		}
	}
	for name, bad := range map[string][]anchor.File{
		"out of order":  {files[1], files[0]},
		"a file twice":  {files[0], files[0]},
		"out of it":     {{Digest: hash(1), Path: "../a"}},
		"absolute":      {{Digest: hash(1), Path: "/a"}},
		"two spellings": {{Digest: hash(1), Path: "a//b"}},
		"no digest":     {{Path: "a"}},
		"no size":       {{Digest: hash(1), Path: "a", Size: -1}},
	} {
		_, err := anchor.FormatManifest(bad)
		if err == nil {
			t.Errorf("%s passes", name)
		}
	}
	for _, bad := range []string{"", "{}\n", string(raw[:len(raw)-1]), string(raw) + "\n", string(raw) + "{\"digest\": 1}\n"} {
		_, err := anchor.ParseManifest([]byte(bad))
		refused(t, err, anchor.InvalidRecord)
	}
}

func FuzzParseManifest(f *testing.F) {
	raw, err := anchor.FormatManifest([]anchor.File{{Digest: hash(1), Path: "a", Size: 3}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		files, err := anchor.ParseManifest(raw)
		if err != nil {
			return
		}
		if again, err := anchor.FormatManifest(files); err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("two spellings: %v", err)
		}
	})
}
