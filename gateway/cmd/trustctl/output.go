// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// print answers with a record: as JSON, or as a table of its fields.
func (a *app) print(cmd *cobra.Command, record any) error {
	out := cmd.OutOrStdout()
	if a.json {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(record)
	}
	raw, err := json.Marshal(record)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := flatten(t, dec, ""); err != nil {
		return err
	}
	return t.Flush()
}

// plain are words for names that say nothing to people.
var plain = map[string]string{"op": "operation", "tx": "transaction"}

// longest is how many entries of a list are shown to people.
const longest = 20

// flatten writes one value, a line for each scalar, in the order of the JSON.
func flatten(w io.Writer, dec *json.Decoder, path string) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return err
			}
			if err := flatten(w, dec, join(path, fmt.Sprint(name))); err != nil {
				return err
			}
		}
		_, err = dec.Token()
		return err
	case json.Delim('['):
		return flattenList(w, dec, path)
	}
	field(w, path, token)
	return nil
}

func flattenList(w io.Writer, dec *json.Decoder, path string) error {
	var scalars []string
	for n := 0; dec.More(); n++ {
		var item json.RawMessage
		if err := dec.Decode(&item); err != nil {
			return err
		}
		if item[0] != '{' && item[0] != '[' {
			scalars = append(scalars, strings.Trim(string(item), `"`))
			continue
		}
		if n >= longest {
			if n == longest {
				fmt.Fprintf(w, "%s\t… more with --json\n", path)
			}
			continue
		}
		inner := json.NewDecoder(bytes.NewReader(item))
		inner.UseNumber()
		if err := flatten(w, inner, path+"["+strconv.Itoa(n)+"]"); err != nil {
			return err
		}
	}
	if scalars != nil {
		fmt.Fprintf(w, "%s\t%s\n", path, strings.Join(scalars, ", "))
	}
	_, err := dec.Token()
	return err
}

// join leaves out the envelope of a result, which people need not see.
func join(path, name string) string {
	if long, ok := plain[name]; ok && path == "" {
		name = long
	}
	if path == "" || path == "result" {
		return name
	}
	return path + "." + name
}

func field(w io.Writer, path string, value any) {
	name := path[strings.LastIndexByte(path, '.')+1:]
	text := fmt.Sprint(value)
	if n, ok := value.(json.Number); ok {
		if whole, err := n.Int64(); err == nil {
			text = figure(name, whole)
		}
	}
	fmt.Fprintf(w, "%s\t%s\n", path, text)
}

// progress tells how far long work is: on a terminal in one line that changes,
// else in a line at each tenth.
type progress struct {
	w     io.Writer
	tty   bool
	tenth int64
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w, tenth: -1}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil {
			p.tty = info.Mode()&os.ModeCharDevice != 0
		}
	}
	return p
}

func (p *progress) say(done, of int64, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if p.tty {
		fmt.Fprintf(p.w, "\r\x1b[K%s", text)
		if done == of {
			fmt.Fprintln(p.w)
		}
		return
	}
	if tenth := done * 10 / max(of, 1); tenth != p.tenth {
		p.tenth = tenth
		fmt.Fprintln(p.w, text)
	}
}
