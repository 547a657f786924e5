// SPDX-License-Identifier: Apache-2.0

//go:build js && wasm

// The program behind the verification page: package receipt in a browser. It
// gives the page one object, trust, and does nothing by itself.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"syscall/js"

	"github.com/komsco/trust-platform/gateway/receipt"
)

// answer is what the page shows.
type answer struct {
	Error   string `json:"error,omitempty"`   // why it does not hold
	Policy  bool   `json:"policy,omitempty"`  // the error is in the policy, not in the receipt
	Words   string `json:"words,omitempty"`   // what was proved and by whom
	WordsKo string `json:"wordsKo,omitempty"` // likewise, in Korean
	Form    string `json:"form,omitempty"`
	File    string `json:"file,omitempty"` // of a manifest, that was proved
}

func (a answer) value() any {
	raw, err := json.Marshal(a)
	if err != nil {
		return `{"error":"the answer cannot be written"}`
	}
	return string(raw)
}

func bytesOf(v js.Value) []byte {
	b := make([]byte, v.Length())
	js.CopyBytesToGo(b, v)
	return b
}

// content compares what the page reads of a file with the receipt, as it comes.
type content struct {
	to   *io.PipeWriter
	done chan error
}

func (c *content) start(p receipt.Proof, salt []byte) {
	from, to := io.Pipe()
	c.to, c.done = to, make(chan error, 1)
	go func() {
		err := p.CheckContent(salt, from)
		_ = from.CloseWithError(io.ErrClosedPipe) // nothing more is read
		c.done <- err
	}()
}

func main() {
	var (
		proof receipt.Proof
		file  content
	)
	verify := func(_ js.Value, args []js.Value) any {
		policy, err := receipt.ParsePolicy([]byte(args[1].String()))
		if err != nil {
			return answer{Error: err.Error(), Policy: true}.value()
		}
		if proof, err = receipt.Check(bytesOf(args[0]), policy); err != nil {
			return answer{Error: err.Error()}.value()
		}
		a := answer{Words: proof.Words(), WordsKo: proof.WordsKo(), Form: proof.Form}
		if proof.File != nil {
			a.File = proof.File.Path
		}
		return a.value()
	}
	begin := func(_ js.Value, args []js.Value) any {
		salt, err := hex.DecodeString(args[0].String())
		if err != nil {
			return answer{Error: "the salt is not in hex"}.value()
		}
		file.start(proof, salt)
		return answer{}.value()
	}
	chunk := func(_ js.Value, args []js.Value) any {
		_, err := file.to.Write(bytesOf(args[0]))
		if err != nil {
			return answer{Error: err.Error()}.value()
		}
		return answer{}.value()
	}
	end := func(js.Value, []js.Value) any {
		_ = file.to.Close() // never fails
		if err := <-file.done; err != nil {
			return answer{Error: err.Error()}.value()
		}
		return answer{}.value()
	}
	api := map[string]any{}
	for name, f := range map[string]func(js.Value, []js.Value) any{"verify": verify, "begin": begin, "chunk": chunk, "end": end} {
		api[name] = js.FuncOf(func(this js.Value, args []js.Value) (result any) {
			defer func() {
				if r := recover(); r != nil { // never trusts what it cannot read
					result = answer{Error: fmt.Sprint("internal: ", r)}.value()
				}
			}()
			return f(this, args)
		})
	}
	js.Global().Set("trust", js.ValueOf(api))
	select {}
}
