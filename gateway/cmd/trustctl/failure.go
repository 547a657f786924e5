// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway"
)

// failure is an error as it is shown: what, and what to do about it.
type failure struct {
	Code        string `json:"code,omitempty"`
	Detail      string `json:"detail"`
	Hint        string `json:"hint,omitempty"`
	Phase       string `json:"phase,omitempty"`
	Transaction string `json:"tx,omitempty"`
	Operation   string `json:"op,omitempty"`

	command string
	exit    int
}

func explain(err error) failure {
	f := failure{Detail: err.Error(), Operation: opOf(err), exit: 1}
	var misuse *usageError
	if errors.As(err, &misuse) {
		f.exit = 2
		return f
	}
	var refused *code.Code
	var sent *gateway.Error
	if errors.As(err, &sent) {
		f.Phase, f.Transaction = string(sent.Phase), sent.TxID
		refused = sent.Code
		f.Hint = networkHint(sent, f.Operation)
	}
	if local := code.Of(err); local != nil && refused == nil {
		refused = local.Code
	}
	if refused != nil {
		f.Code, f.Hint = refused.Name, hint(refused)
	}
	return f
}

func (f failure) write(w io.Writer, asJSON bool) {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(map[string]failure{"error": f}) // nothing is left to tell it to
		return
	}
	fmt.Fprintf(w, "trustctl: %s\n", f.Detail)
	if f.Hint != "" {
		fmt.Fprintf(w, "  %s\n", f.Hint)
	}
	if f.exit == 2 {
		fmt.Fprintf(w, "  See %s --help.\n", f.command)
	}
	if f.Transaction != "" {
		fmt.Fprintf(w, "  transaction %s\n", f.Transaction)
	}
}

// networkHint is for what is not the chaincode's refusal.
func networkHint(e *gateway.Error, op string) string {
	again := "Send the same command again"
	if op != "" {
		again += " with --op " + op
	}
	switch {
	case strings.Contains(e.Error(), "access denied") ||
		grpcCode(e) == codes.PermissionDenied || grpcCode(e) == codes.Unauthenticated:
		return "The peer does not accept the certificate: are --msp, --cert and --key of one organisation of the channel?"
	case e.InDoubt():
		return "It may have been carried out, or may yet be. " + again + ": it is carried out once."
	case e.Conflict():
		return "Other transactions came in between; nothing was changed. " + again + "."
	case e.Temporary() && grpcCode(e) == codes.Unavailable:
		return "Nothing was changed. Is the peer running, and are --peer and --tls-cert its own? Then " + lower(again) + "."
	case e.Temporary():
		return "Nothing was changed. " + again + "."
	default:
		return ""
	}
}

func grpcCode(err *gateway.Error) codes.Code {
	for _, e := range err.Unwrap() {
		if s, ok := status.FromError(e); ok {
			return s.Code()
		}
	}
	return codes.Unknown
}

func lower(s string) string { return string(s[0]|0x20) + s[1:] }

// hints say what to do about a code, where its kind does not say it all.
var hints = map[*code.Code]string{
	code.NotAdmin:         "Use the certificate of your organisation's administrator.",
	code.RoleMissing:      "Ask your organisation's administrator: trustctl role grant NAME ROLE.",
	code.RoleUnknown:      "See trustctl role --help for the roles.",
	code.OperationReused:  "Leave --op out for something new, or send exactly what was sent first.",
	code.UnknownFunction:  "Is this chaincode the currency contract, in a version as new as this command? Check --chaincode.",
	currency.SameOfficer:  "Another person has to approve it.",
	currency.PolicyState:  "See trustctl program show for the versions there are.",
	currency.UnitMismatch: "See trustctl policy show for the programme's unit and its smallest denomination. Was the file counted in another unit?",
	currency.FundExceeded: "See trustctl deposit show and appropriation show for what is left.",
	currency.BatchCeiling: "Cut the rows into smaller batches with --batch-rows, after checking that the amounts are right.",
	currency.BatchMismatch: "Issue exactly the rows that were announced: the same file, uncut and in the same order. " +
		"Rows that changed need a run of their own, or a correction once they were refused: trustctl run correct.",
	currency.CorrectionMismatch: "Only rows that trustctl run show --batch lists as failed are corrected, by the file that was proposed; see trustctl run correction.",
	currency.DayCeiling:         "A purchase may fit another share of the day: name another --tranche. Everything else waits for tomorrow, or for a policy that two people approve.",
	currency.RunExists:          "Take another run id; the same issue is taken up again with the same file and settings.",
	currency.SameInstitution:    "An approver of another organisation of the programme has to approve it.",
	currency.HolderState:        "See trustctl holder show for its status.",
	currency.MerchantState:      "See trustctl merchant show for its status; a closed merchant stays closed.",
	currency.RedemptionPaid:     "See trustctl payout list for what is still to be paid.",
	currency.PayoutExists:       "A bank reference stands for one payout: see trustctl payout show.",
	currency.DepositExists:      "A bank reference stands for one deposit: see trustctl deposit show.",
}

func hint(c *code.Code) string {
	if h, ok := hints[c]; ok {
		return h
	}
	switch c.Kind {
	case code.Internal:
		return "This is a defect: nothing was changed. Look into the chaincode's log on the peers."
	case code.NotFound:
		return "Check the id, and --program, --channel and --chaincode."
	default:
		return ""
	}
}

func (a *app) errorsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "errors [CODE]", Short: "List the contract's error codes and what to do about them",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("one code at a time")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			all := currency.Codes.All()
			if len(args) == 1 {
				c := currency.Codes.Lookup(args[0])
				if c == nil {
					return usage("there is no code %q", args[0])
				}
				all = []*code.Code{c}
			}
			type entry struct {
				Code    string `json:"code"`
				Status  int    `json:"status"` // HTTP
				Meaning string `json:"meaning"`
				Hint    string `json:"hint,omitempty"`
			}
			entries := make([]entry, len(all))
			for i, c := range all {
				entries[i] = entry{c.Name, c.Kind.Status(), c.Meaning, hint(c)}
			}
			if a.json {
				return a.print(cmd, entries)
			}
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, e := range entries {
				fmt.Fprintf(t, "%s\t%d\t%s\n", e.Code, e.Status, e.Meaning)
				if e.Hint != "" {
					fmt.Fprintf(t, "\t\t→ %s\n", e.Hint)
				}
			}
			return t.Flush()
		},
	}
}
