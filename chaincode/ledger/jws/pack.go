// SPDX-License-Identifier: Apache-2.0

package jws

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// MaxPacked bounds what a pack holds, unpacked, in bytes.
const MaxPacked = 4 << 20

// packFormat is the first byte of a pack. Behind it stand, compressed (DEFLATE,
// RFC 1951), for each JWS the JSON of its header and of its payload, a line feed
// behind each, which canonical JSON never holds, and the 64 bytes of its signature.
const packFormat = 1

// Pack packs compact JWS of the form that Parse accepts: statements of one kind
// differ in little but keys and signatures, and take a quarter of the room together.
func Pack(compacts ...string) ([]byte, error) {
	out := bytes.NewBuffer([]byte{packFormat})
	w, err := flate.NewWriter(out, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	size := 0
	for i, c := range compacts {
		parts := strings.Split(c, ".")
		if len(parts) != 3 {
			return nil, fmt.Errorf("JWS %d: expected header.payload.signature", i)
		}
		for j, p := range parts {
			raw, err := decode(p)
			if err != nil {
				return nil, fmt.Errorf("JWS %d %w", i, err)
			}
			switch signature := j == 2; {
			case signature && len(raw) != 64:
				return nil, fmt.Errorf("JWS %d: signature has %d bytes, 64 are packed", i, len(raw))
			case !signature && bytes.IndexByte(raw, '\n') >= 0:
				return nil, fmt.Errorf("JWS %d is not canonical JSON: it has a line feed", i)
			case !signature:
				raw = append(raw, '\n')
			}
			if size += len(raw); size > MaxPacked {
				return nil, fmt.Errorf("more than %d bytes are not packed together", MaxPacked)
			}
			if _, err := w.Write(raw); err != nil {
				return nil, err
			}
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Unpack returns the compact JWS of a pack, as they were before. Each is still to be
// parsed. It fails where the pack is torn, holds more than MaxPacked bytes, or has
// anything behind its last JWS.
func Unpack(pack []byte) ([]string, error) {
	if len(pack) == 0 || pack[0] != packFormat {
		return nil, fmt.Errorf("does not begin with the format version %d", packFormat)
	}
	compressed := bytes.NewReader(pack[1:])
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(compressed), MaxPacked+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("is torn: %w", err)
	case len(raw) > MaxPacked:
		return nil, fmt.Errorf("holds more than %d bytes", MaxPacked)
	case compressed.Len() > 0:
		return nil, fmt.Errorf("has %d bytes behind its end", compressed.Len())
	}
	var compacts []string
	for len(raw) > 0 {
		header, rest, ok := bytes.Cut(raw, []byte{'\n'})
		payload, rest, also := bytes.Cut(rest, []byte{'\n'})
		if !ok || !also || len(rest) < 64 {
			return nil, fmt.Errorf("is torn in JWS %d", len(compacts))
		}
		compacts = append(compacts, compact(header, payload, rest[:64]))
		raw = rest[64:]
	}
	return compacts, nil
}

func compact(header, payload, signature []byte) string {
	b := make([]byte, 0, b64.EncodedLen(len(header))+b64.EncodedLen(len(payload))+b64.EncodedLen(len(signature))+2)
	for i, part := range [][]byte{header, payload, signature} {
		if i > 0 {
			b = append(b, '.')
		}
		b = base64.RawURLEncoding.AppendEncode(b, part)
	}
	return string(b)
}
