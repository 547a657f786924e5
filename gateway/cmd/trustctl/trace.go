// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/audit"
)

func (a *app) traceCommand() *cobra.Command {
	verb := func(name, arg, short string, fill func(*gateway.TraceQuestion, string) error) *cobra.Command {
		var (
			height  uint64
			picture string
		)
		cmd := &cobra.Command{
			Use: name + " " + arg, Short: short, Args: arguments(arg),
			RunE: func(cmd *cobra.Command, args []string) error {
				program, err := a.needProgram()
				if err != nil {
					return err
				}
				q := gateway.TraceQuestion{Program: program}
				if err := fill(&q, args[0]); err != nil {
					return err
				}
				return a.trace(cmd, q, height, picture)
			},
		}
		cmd.Flags().Uint64Var(&height, "height", 0, "number of `blocks` to read; 0 is all there are")
		cmd.Flags().StringVar(&picture, "svg", "", "draw it into a `file`, too")
		return cmd
	}
	receipt := func(back bool) func(*gateway.TraceQuestion, string) error {
		return func(q *gateway.TraceQuestion, arg string) error {
			holder, number, ok := strings.Cut(arg, "/")
			seq, err := strconv.ParseInt(number, 10, 64)
			if !ok || err != nil {
				return usage("%q is not of the form ACCOUNT/SEQ", arg)
			}
			q.Receipt, q.Back = &currency.ReceiptName{Holder: account(holder), Seq: seq}, back
			return nil
		}
	}
	g := a.group("trace", "Follow money over your own peer's blocks, forward or back",
		verb("deposit", "BANKREF", "Where the money of a deposit went, a donation's too", func(q *gateway.TraceQuestion, arg string) error {
			q.Deposit = arg
			return nil
		}),
		verb("appropriation", "ID", "Where the budget of an appropriation went", func(q *gateway.TraceQuestion, arg string) error {
			q.Appropriation = arg
			return nil
		}),
		verb("receipt", "ACCOUNT/SEQ", "Where the money went that an order moved", receipt(false)),
		verb("origins", "ACCOUNT/SEQ", "Which deposits and appropriations the money came from that an order moved", receipt(true)),
	)
	g.Long = `Follow money over your own peer's blocks.

Reads every block from the first one. What is told is a graph: at every node

  entered + in = out + held

Value of equal terms in one purse is a queue, what came first goes first; which terms
an order spent, its receipt says. The peer must hold all blocks: one that joined from
a snapshot does not.`
	g.Example = "  trustctl trace deposit KB-1 --program nowon --svg donation.svg\n  trustctl trace origins AbCdEfGhIjKlMnOpQrStUg/3 --program nowon"
	return g
}

func (a *app) trace(cmd *cobra.Command, q gateway.TraceQuestion, height uint64, picture string) error {
	if err := q.Validate(); err != nil {
		return err
	}
	graph, err := a.follow(cmd, q, height)
	if err != nil {
		return err
	}
	if picture != "" {
		if err := os.WriteFile(picture, graph.SVG(), 0o600); err != nil {
			return fmt.Errorf("draw the trace: %w", err)
		}
	}
	if a.json {
		return a.print(cmd, graph)
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s: %s won, from %d blocks\n", q, audit.Won(graph.Amount), graph.Height)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "from\tto\twon")
	for _, e := range graph.Edges {
		fmt.Fprintf(t, "%s\t%s\t%s\n", e.From, e.To, audit.Won(e.Amount))
	}
	fmt.Fprintln(t, "\t\t\nnow at\t\twon")
	for _, n := range graph.Reached() {
		fmt.Fprintf(t, "%s\t\t%s\n", n.ID, audit.Won(n.Held))
	}
	return t.Flush()
}

func (a *app) follow(cmd *cobra.Command, q gateway.TraceQuestion, height uint64) (gateway.TraceGraph, error) {
	client, from, err := a.onePeer(cmd, "a trace")
	if err != nil {
		return gateway.TraceGraph{}, err
	}
	return client.Currency(from.Channel, from.Chaincode).Trace(cmd.Context(), q, height, a.blocks(cmd))
}
