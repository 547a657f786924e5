// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway"
)

// operation is a verb that calls an officer's function which changes something.
// Its request comes from arguments and flags, or whole from --file.
type operation[Request interface{ Validate() error }, Record any] struct {
	name, short, function string
	args                  []string // names of the positional arguments
	flags                 func(*pflag.FlagSet, *Request)
	needs                 []string // flags that must be given
	anyProgram            bool     // the request is about no programme that exists
	// fill completes the request from programme and arguments, after the flags.
	fill func(ctx context.Context, r *Request, program string, args []string) error
	// settle, where there is one, has the last word on a request of either form.
	settle func(*Request) error
}

// done is what a verb that changes something answers.
type done struct {
	Operation   string `json:"op"`
	Transaction string `json:"tx"`
	Result      any    `json:"result"`
}

func (o operation[Request, Record]) command(a *app) *cobra.Command {
	var (
		request  Request
		file, op string
	)
	cmd := &cobra.Command{
		Use:   strings.Join(append([]string{o.name}, o.args...), " "),
		Short: o.short,
	}
	if o.flags != nil {
		o.flags(cmd.Flags(), &request)
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) { f.Annotations = map[string][]string{ownFlag: nil} })
	cmd.Flags().StringVarP(&file, "file", "f", "", "take the whole request from a JSON `file`, - for standard input")
	cmd.Flags().StringVar(&op, "op", "", "operation `id`; the same one again is carried out once (default: drawn and shown)")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if file != "" {
			return arguments()(cmd, args)
		}
		return arguments(o.args...)(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.read(cmd, a, &request, file, args); err != nil {
			return err
		}
		if o.settle != nil {
			if err := o.settle(&request); err != nil {
				return err
			}
		}
		id := operationOf(&request)
		if op != "" {
			id.Op = op
		}
		if id.Op == "" {
			id.Op = "op-" + strings.ToLower(rand.Text()[:16])
		}
		return o.send(cmd, a, request, id.Op)
	}
	return cmd
}

func (o operation[Request, Record]) send(cmd *cobra.Command, a *app, request Request, op string) error {
	if err := request.Validate(); err != nil {
		return err
	}
	c, err := a.currency(cmd.Context())
	if err != nil {
		return err
	}
	if !a.json { // before it is sent, so that it is known whatever happens
		fmt.Fprintf(cmd.ErrOrStderr(), "operation %s\n", op)
	}
	record, tx, err := gateway.Operate[Record](cmd.Context(), c, o.function, request)
	if err != nil {
		return &operationError{op: op, error: err}
	}
	return a.print(cmd, done{Operation: op, Transaction: tx, Result: record})
}

// read fills the request.
func (o operation[Request, Record]) read(cmd *cobra.Command, a *app, r *Request, file string, args []string) error {
	if file != "" {
		var mixed []string
		cmd.Flags().Visit(func(f *pflag.Flag) {
			if _, own := f.Annotations[ownFlag]; own {
				mixed = append(mixed, "--"+f.Name)
			}
		})
		if len(mixed) > 0 {
			return usage("the request comes from %s; leave out %s", file, strings.Join(mixed, ", "))
		}
		return readRequest(cmd, file, r)
	}
	var missing []string
	for _, name := range o.needs {
		if !cmd.Flags().Changed(name) {
			missing = append(missing, "--"+name)
		}
	}
	if len(missing) > 0 {
		return usage("%s is missing; or give the whole request with --file", strings.Join(missing, ", "))
	}
	var program string
	if !o.anyProgram {
		var err error
		if program, err = a.needProgram(); err != nil {
			return err
		}
	}
	return o.fill(cmd.Context(), r, program, args)
}

// ownFlag marks the flags that make up a request.
const ownFlag = "request"

// operationOf is the operation that every officer's request embeds.
func operationOf(request any) *call.Operation {
	return reflect.ValueOf(request).Elem().FieldByName("Operation").Addr().Interface().(*call.Operation)
}

// maxRequest bounds a request file, in bytes.
const maxRequest = 64 << 20

func readRequest(cmd *cobra.Command, file string, into any) error {
	in, name, err := open(cmd, file)
	if err != nil {
		return err
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, maxRequest+1))
	if err != nil {
		return usage("read %s: %w", name, err)
	}
	if len(raw) > maxRequest {
		return usage("%s has more than %d bytes", name, maxRequest)
	}
	if err := jws.DecodeStrict(raw, into); err != nil {
		return usage("%s %w", name, err)
	}
	return nil
}

// open opens a file that was named, - being standard input.
func open(cmd *cobra.Command, file string) (io.ReadCloser, string, error) {
	if file == "-" {
		return io.NopCloser(cmd.InOrStdin()), "standard input", nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, file, usage("%w", err)
	}
	return f, file, nil
}

// query is a verb that only reads. ask gets the programme of the settings.
func query[Record any](a *app, name, short string, args []string, ask func(ctx context.Context, c *gateway.Currency, program string, args []string) (Record, error)) *cobra.Command {
	return &cobra.Command{
		Use: strings.Join(append([]string{name}, args...), " "), Short: short, Args: arguments(args...),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, program, err := a.inProgram(cmd.Context())
			if err != nil {
				return err
			}
			record, err := ask(cmd.Context(), c, program, args)
			if err != nil {
				return err
			}
			return a.print(cmd, record)
		},
	}
}

// operationError is an operation that failed, so that it can be sent again.
type operationError struct {
	error
	op string
}

func (e *operationError) Unwrap() error { return e.error }

// opOf is the id of the operation that failed, if one did.
func opOf(err error) string {
	var o *operationError
	if errors.As(err, &o) {
		return o.op
	}
	return ""
}
