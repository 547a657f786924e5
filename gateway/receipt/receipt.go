// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// header is the first line of a C2SP tlog-proof.
const header = "c2sp.org/tlog-proof@v1"

// MaxLength bounds a receipt, in bytes.
const MaxLength = 1 << 20

// Receipt is a C2SP tlog-proof whose extra data is the entry that the leaf is the
// hash of.
type Receipt struct {
	Entry []byte           // see anchor.ParseEntry
	Index uint64           // of the leaf
	Path  [][HashSize]byte // inclusion proof (RFC 9162 section 2.1.3)
	Note  []byte           // signed checkpoint
}

// Marshal writes the receipt.
func (r Receipt) Marshal() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nextra %s\nindex %d\n", header, base64.StdEncoding.EncodeToString(r.Entry), r.Index)
	for _, h := range r.Path {
		fmt.Fprintln(&b, base64.StdEncoding.EncodeToString(h[:]))
	}
	b.WriteByte('\n')
	b.Write(r.Note)
	return b.Bytes()
}

// Parse reads a receipt. Whatever Marshal would not write is ErrMalformed. What
// it says is not checked yet: see Verify.
func Parse(raw []byte) (Receipt, error) {
	var r Receipt
	if len(raw) > MaxLength {
		return r, malformed("%d bytes, a receipt has at most %d", len(raw), MaxLength)
	}
	proof, signed, ok := strings.Cut(string(raw), "\n\n")
	lines := strings.Split(proof, "\n")
	if !ok || lines[0] != header {
		return r, malformed("not a receipt: it does not begin with %s", header)
	}
	if len(lines) < 3 || len(lines) > 3+64 {
		return r, malformed("%d lines of proof", len(lines))
	}
	extra, ok1 := strings.CutPrefix(lines[1], "extra ")
	index, ok2 := strings.CutPrefix(lines[2], "index ")
	entry, err := b64.DecodeString(extra)
	if !ok1 || err != nil {
		return r, malformed("the record (extra) is not in base64")
	}
	n, err := strconv.ParseUint(index, 10, 64)
	if !ok2 || err != nil || n > MaxSize {
		return r, malformed("index is %.30q", index)
	}
	r = Receipt{Entry: entry, Index: n, Note: []byte(signed)}
	for _, line := range lines[3:] {
		h, err := parseHash(line)
		if err != nil {
			return r, malformed("the path has %w", err)
		}
		r.Path = append(r.Path, h)
	}
	if !bytes.Equal(r.Marshal(), raw) {
		return r, malformed("the receipt is spelled in another way than its one")
	}
	return r, nil
}
