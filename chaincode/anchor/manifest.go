// SPDX-License-Identifier: Apache-2.0

package anchor

import (
	"bytes"
	"crypto/sha256"
	"strings"

	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// manifestHead is the first line of a manifest.
const manifestHead = `{"algorithm":"sha-256","manifest":1}`

// File is a file of a manifest.
type File struct {
	Digest string `json:"digest"` // SHA-256, hex
	Path   string `json:"path"`   // within the folder, parts joined by slashes
	Size   int64  `json:"size"`   // bytes
}

func (f File) validate() error {
	if err := CheckDigest("digest", f.Digest); err != nil {
		return err
	}
	parts := strings.Split(f.Path, "/")
	for _, p := range parts {
		if p == "" || p == "." || p == ".." {
			return InvalidRecord.Errorf("path %.200q leads out of the folder or has two spellings", f.Path)
		}
	}
	if f.Size < 0 || f.Size > 1<<53 {
		return InvalidRecord.Errorf("size of %.200q is %d", f.Path, f.Size)
	}
	return nil
}

// FormatManifest writes a manifest: its head, and each file's canonical JSON on a
// line. Files have to stand in ascending order of their paths.
func FormatManifest(files []File) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(manifestHead + "\n")
	for i, f := range files {
		if err := f.validate(); err != nil {
			return nil, err
		}
		if i > 0 && files[i-1].Path >= f.Path {
			return nil, InvalidRecord.Errorf("%.200q does not stand behind %.200q", f.Path, files[i-1].Path)
		}
		line, err := jws.Canonical(f)
		if err != nil {
			return nil, err
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

// ParseManifest reads a manifest. It returns INVALID_RECORD for everything that
// FormatManifest would not write.
func ParseManifest(raw []byte) ([]File, error) {
	lines := bytes.Split(raw, []byte("\n"))
	if len(lines) < 2 || string(lines[0]) != manifestHead || len(lines[len(lines)-1]) > 0 {
		return nil, InvalidRecord.Errorf("not a manifest: its first line is %s, and it ends with a line break", manifestHead)
	}
	files := make([]File, 0, len(lines)-2)
	for i, line := range lines[1 : len(lines)-1] {
		var f File
		if err := jws.DecodeCanonical(line, &f); err != nil {
			return nil, InvalidRecord.Errorf("manifest line %d %w", i+2, err)
		}
		files = append(files, f)
	}
	again, err := FormatManifest(files)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, raw) {
		return nil, InvalidRecord.Errorf("the manifest is spelled in another way than its one")
	}
	return files, nil
}

// ManifestRoot is the digest that a manifest is anchored under: the root of the
// tree (RFC 9162) whose entries are its files' lines.
func ManifestRoot(files []File) ([]byte, error) {
	if len(files) == 0 {
		return EmptyRoot(), nil
	}
	leaves := make([][sha256.Size]byte, len(files))
	for i, f := range files {
		line, err := jws.Canonical(f)
		if err != nil {
			return nil, err
		}
		leaves[i] = LeafHash(line)
	}
	log, err := NewLog().Append(leaves, nil)
	return log.Root, err
}
