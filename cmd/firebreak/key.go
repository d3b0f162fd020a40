package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/signer"
)

func newKey() *cobra.Command {
	c := group(&cobra.Command{
		Use:   "key",
		Short: "Create, show, freeze and retire keys in Vault",
		Example: `  firebreak key create responder-1 --policy policy.json --guardians guardians.json
  firebreak key show responder-1
  firebreak key freeze responder-1 --reason compromised-host`,
	})
	c.AddCommand(newKeyCreate(), newKeyShow(), newKeyFreeze(),
		newKeyStanding("unfreeze", signer.Unfreeze, "Release a frozen key, with the guardian quorum",
			`A frozen key signs nothing until its guardians release it. Without --proposal
this writes the proposal that they have to sign; with it, it hands the signed
proposal to Vault. A release that was signed before the key was frozen is worth
nothing.`),
		newKeyStanding("retire", signer.Retire, "End a key for good, with the guardian quorum",
			`A retired key never signs again, and no quorum brings it back: take its roles on
chain away first. Without --proposal this writes the proposal that guardians have
to sign; with it, it hands the signed proposal to Vault.`),
		newKeyNonce(), newKeyAsk(), newKeySign())
	return c
}

func newKeyCreate() *cobra.Command {
	var class, policyFile, guardiansFile string
	var nonces []string
	c := &cobra.Command{
		Use:   "create NAME",
		Short: "Create a key with its policy and its guardians",
		Long: `Create draws a key inside Vault. It never leaves, and cannot be imported,
exported or deleted. Its class is for life: a containment key can never sign what
loosens, a recovery key can, with guardians and a delay.

Policy and guardians are version 1 of their documents; every later version needs
the guardians. See docs/CUSTODY.md for the whole ceremony.`,
		Example: `  firebreak policy compile --key responder-1 > policy.json
  firebreak key create responder-1 --policy policy.json --guardians guardians.json
  firebreak key create responder-1 --policy policy.json --guardians guardians.json --nonce 1=7`,
		Args: args(cobra.ExactArgs(1)),
	}
	k := keeperFlags(c)
	c.Flags().StringVar(&class, "class", string(signer.Containment), "containment or recovery")
	c.Flags().StringVar(&policyFile, "policy", "", "policy `file` (required)")
	c.Flags().StringVar(&guardiansFile, "guardians", "", "guardian `file` (required)")
	c.Flags().StringSliceVar(&nonces, "nonce", nil, "first nonce of a chain, `chain=nonce`; chains that are not named start at 0")
	c.MarkFlagRequired("policy")
	c.MarkFlagRequired("guardians")
	c.RegisterFlagCompletionFunc("class", cobra.FixedCompletions([]string{"containment", "recovery"}, cobra.ShellCompDirectiveNoFileComp))
	c.RunE = func(c *cobra.Command, given []string) error {
		key := signer.NewKey{Name: given[0], Class: signer.Class(class)}
		var err error
		if key.Nonces, err = parseNonces(nonces); err != nil {
			return err
		}
		for _, file := range []struct {
			path string
			into *string
		}{{policyFile, &key.Policy}, {guardiansFile, &key.Guardians}} {
			raw, err := readFile(c, file.path)
			if err != nil {
				return err
			}
			*file.into = string(raw)
		}
		client, err := k.open()
		if err != nil {
			return err
		}
		info, err := client.Create(c.Context(), key)
		if err != nil {
			return err
		}
		keyText(c.OutOrStdout(), info)
		return nil
	}
	return c
}

func parseNonces(given []string) (map[uint64]uint64, error) {
	nonces := map[uint64]uint64{}
	for _, text := range given {
		chain, nonce, found := strings.Cut(text, "=")
		id, err := strconv.ParseUint(chain, 10, 64)
		next, err2 := strconv.ParseUint(nonce, 10, 64)
		if !found || err != nil || err2 != nil {
			return nil, usage{fmt.Errorf("--nonce is chain=nonce, such as 1=7, not %q", text)}
		}
		nonces[id] = next
	}
	return nonces, nil
}

func newKeyShow() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "show NAME",
		Short: "Show what a key says about itself",
		Long: `Show prints a key's address, standing, policy, guardians, nonces, how much of its
limits is used, and the change that waits, if any. None of it is secret.`,
		Example: `  firebreak key show responder-1
  firebreak key show responder-1 --format json | jq .receipt_head`,
		Args: args(cobra.ExactArgs(1)),
	}
	k := keeperFlags(c)
	formatFlag(c, &format)
	c.RunE = func(c *cobra.Command, given []string) error {
		client, err := k.open()
		if err != nil {
			return err
		}
		info, err := client.Key(c.Context(), given[0])
		if err != nil {
			return err
		}
		if format == "json" {
			return json.NewEncoder(c.OutOrStdout()).Encode(info.Fields())
		}
		keyText(c.OutOrStdout(), info)
		return nil
	}
	return c
}

func newKeyFreeze() *cobra.Command {
	var reason, out, proposal string
	c := &cobra.Command{
		Use:   "freeze NAME",
		Short: "Stop a key at once",
		Long: `A frozen key signs nothing, not even what it has signed before. Freezing needs no
guardian: a token that Vault's policy allows it is enough. Releasing it again needs
the guardian quorum. Repeating it is harmless.

A guardian whose token may not freeze signs instead: --out writes the proposal, and
--proposal hands the signature of that one guardian in.`,
		Example: `  firebreak key freeze responder-1 --reason compromised-host
  firebreak key freeze responder-1 --out stop.json
  firebreak approve stop.json --as ana --keystore ana.json
  firebreak key freeze responder-1 --proposal stop.json`,
		Args: args(cobra.ExactArgs(1)),
	}
	k := keeperFlags(c)
	c.Flags().StringVar(&reason, "reason", "", "why, for everybody who looks at the key")
	c.Flags().StringVar(&out, "out", "", "`file` to write a proposal for one guardian to; - is standard output")
	c.Flags().StringVar(&proposal, "proposal", "", "signed proposal `file` to hand in")
	c.MarkFlagsMutuallyExclusive("reason", "out", "proposal")
	c.MarkFlagFilename("proposal", "json")
	c.RunE = func(c *cobra.Command, given []string) error {
		if proposal != "" {
			return handIn(c, k, proposal, signer.Halt)
		}
		if out != "" {
			from, err := k.inForce(c.Context(), given[0])
			if err != nil {
				return err
			}
			return propose(c, from.Standing(signer.Halt, time.Now().Add(signedFor)), out)
		}
		return k.change(c, signer.Change{Key: given[0], Verb: signer.Freeze, Reason: reason})
	}
	return c
}

// signedFor is how long signatures over an act on a key are good: long enough
// to reach people, below the day that the key allows.
const signedFor = 12 * time.Hour

func newKeyStanding(use string, verb signer.Verb, short, long string) *cobra.Command {
	var out, proposal string
	c := &cobra.Command{
		Use:   use + " NAME",
		Short: short,
		Long:  long,
		Example: fmt.Sprintf(`  firebreak key %[1]s responder-1 --out %[1]s.json
  firebreak approve %[1]s.json --as ana --keystore ana.json   # each guardian
  firebreak key %[1]s responder-1 --proposal %[1]s.json`, use),
		Args: args(cobra.ExactArgs(1)),
	}
	k := keeperFlags(c)
	proposalFlags(c, &out, &proposal)
	c.RunE = func(c *cobra.Command, given []string) error {
		if proposal != "" {
			return handIn(c, k, proposal, verb)
		}
		from, err := k.inForce(c.Context(), given[0])
		if err != nil {
			return err
		}
		return propose(c, from.Standing(verb, time.Now().Add(signedFor)), out)
	}
	return c
}

func proposalFlags(c *cobra.Command, out, proposal *string) {
	c.Flags().StringVar(out, "out", "-", "`file` to write the proposal to; - is standard output")
	c.Flags().StringVar(proposal, "proposal", "", "signed proposal `file` to hand in")
	c.MarkFlagsMutuallyExclusive("out", "proposal")
	c.MarkFlagFilename("proposal", "json")
}

func newKeyNonce() *cobra.Command {
	var out, proposal string
	var chain, next uint64
	c := &cobra.Command{
		Use:   "nonce NAME",
		Short: "Set the next nonce of a chain, with the guardian quorum",
		Long: `A key signs nonces in order. When one that was signed can never be mined, or the
key has an account with a past, its guardians say where it goes on. A nonce that
was signed can then be signed for another call: that is why they have to agree.

Without --proposal this writes the proposal that they have to sign; with it, it
hands the signed proposal to Vault.`,
		Example: `  firebreak key nonce responder-1 --chain 1 --next 7 --out nonce.json
  firebreak approve nonce.json --as ana --keystore ana.json
  firebreak key nonce responder-1 --proposal nonce.json`,
		Args: args(cobra.ExactArgs(1)),
	}
	k := keeperFlags(c)
	proposalFlags(c, &out, &proposal)
	c.Flags().Uint64Var(&chain, "chain", 0, "EIP-155 chain `id`")
	c.Flags().Uint64Var(&next, "next", 0, "the next `nonce` that the key accepts")
	c.MarkFlagsRequiredTogether("chain", "next")
	c.RunE = func(c *cobra.Command, given []string) error {
		switch {
		case proposal != "":
			return handIn(c, k, proposal, signer.SetNonce)
		case chain == 0:
			return usage{fmt.Errorf("say with --chain and --next what to set; see %s --help", c.CommandPath())}
		}
		from, err := k.inForce(c.Context(), given[0])
		if err != nil {
			return err
		}
		return propose(c, from.NonceOf(chain, next, time.Now().Add(signedFor)), out)
	}
	return c
}

// keyText prints a key for people.
func keyText(w io.Writer, k signer.KeyInfo) {
	fmt.Fprintf(w, "key        %s, %s, %s\n", k.Name, k.Class, k.State)
	if k.FrozenReason != "" {
		fmt.Fprintf(w, "           frozen because: %s\n", printable(k.FrozenReason))
	}
	fmt.Fprintf(w, "address    %s\n", k.Address)
	fmt.Fprintf(w, "policy     version %d, %s\n", k.PolicyVersion, k.PolicyHash)
	fmt.Fprintf(w, "guardians  version %d, %s: %s; %d of them for a change\n", k.GuardiansVersion, k.GuardiansHash, strings.Join(k.Guardians, ", "), k.ChangeNeed)
	fmt.Fprintf(w, "instance   %s\n", k.InstanceID)
	fmt.Fprintf(w, "signatures %d, last receipt %s\n", k.Seq, k.ReceiptHead)
	for _, n := range k.Nonces {
		fmt.Fprintf(w, "chain %-4d next nonce %d, %s wei at risk in the last day\n", n.ChainID, n.Next, n.SpentDay)
	}
	for _, l := range k.Windows {
		of := "the key"
		if l.Rule != "" {
			of = "rule " + l.Rule
		}
		if l.To != nil {
			of += " on " + l.To.Hex()
		}
		fmt.Fprintf(w, "limit      %d of %d used in %s, %s\n", l.Used, l.Max, l.Every, of)
	}
	if p := k.Pending; p != nil {
		at := time.Unix(int64(min(p.ActivateAfter, 1<<40)), 0).UTC()
		fmt.Fprintf(w, "waiting    %s version %d, in force from %s at the earliest, signed by %s\n           %s\n", p.What, p.Version,
			at.Format(time.RFC3339), strings.Join(slices.Sorted(slices.Values(p.ApprovedBy)), ", "), printable(p.Summary))
	}
}
