package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/policy"
)

func newPolicy() *cobra.Command {
	c := group(&cobra.Command{
		Use:   "policy",
		Short: "Write, compare and change what a key may sign",
		Example: `  firebreak policy compile --key responder-1 > policy.json
  firebreak policy diff policy.json
  firebreak policy propose policy.json --out change.json
  firebreak approve change.json --as ana --keystore ana.json
  firebreak policy activate responder-1 --proposal change.json`,
	})
	c.AddCommand(newPolicyCompile(), newPolicyDiff(), newPolicyPropose(), newApproveNamed("approve FILE", "policy"), newPolicyActivate(), newPolicyCancel())
	return c
}

func newPolicyCompile() *cobra.Command {
	var config, key, after string
	o := app.PolicyOptions{}
	c := &cobra.Command{
		Use:   "compile",
		Short: "Derive the least policy from inventory and playbooks",
		Long: `Compile writes the least policy under which a key can carry out every live
playbook that names it: one rule for each function of each contract, with the
playbooks' own arguments, as often and as dear as they need. It needs no network.

With --after it numbers and chains the policy as the successor of one in force, so
that it can be proposed. Read it before you use it: it is what a thief of the bot
could do.`,
		Example: `  firebreak policy compile --key responder-1 > policy.json
  firebreak policy compile --key responder-1 --after active.json > next.json`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(config)
			if err != nil {
				return err
			}
			set, err := playbooks.Load(cfg.Inventory, cfg.Playbooks)
			if err != nil {
				return err
			}
			if after != "" {
				raw, err := readFile(c, after)
				if err != nil {
					return err
				}
				old, err := policy.Parse(raw, key, signer.Containment)
				if err != nil {
					return fmt.Errorf("%s: %w", after, err)
				}
				o.Version, o.Previous = old.Version+1, old.Hash
			}
			text, err := app.LeastPolicy(set, key, o)
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	configFlag(c, &config)
	f := c.Flags()
	f.StringVar(&key, "key", "", "`name` of the key in the inventory (required)")
	f.StringVar(&after, "after", "", "policy `file` that this one is to follow")
	f.Uint64Var(&o.Incidents, "incidents", 2, "incidents of each playbook that one hour must have room for")
	f.Uint64Var(&o.ChangeNeed, "need", 2, "guardians that a later change needs")
	f.DurationVar(&o.LoosenDelay, "loosen-delay", 48*time.Hour, "how long a later loosening waits")
	c.MarkFlagRequired("key")
	return c
}

func newPolicyDiff() *cobra.Command {
	var active, inventory, class string
	c := &cobra.Command{
		Use:   "diff FILE",
		Short: "Say in words what a policy would change",
		Long: `Diff compares a policy with the one in force in Vault, or with --active with
another file, and says each difference in words. The exit code is 0 when the new
policy only tightens, and 3 when it loosens anything: those lines need the
guardians' time as well as their signatures.`,
		Example: `  firebreak policy diff policy.json
  firebreak policy diff policy.json --inventory inventory.yaml   # contracts by name
  firebreak policy diff next.json --active active.json           # without Vault`,
		Args: args(cobra.ExactArgs(1)),
	}
	k := keeperFlags(c)
	c.Flags().StringVar(&active, "active", "", "policy `file` to compare with, instead of the one in Vault")
	c.Flags().StringVar(&inventory, "inventory", "", "inventory `file`, to call contracts by their names")
	c.Flags().StringVar(&class, "class", string(signer.Containment), "class of the key, containment or recovery")
	c.RunE = func(c *cobra.Command, given []string) error {
		raw, err := readFile(c, given[0])
		if err != nil {
			return err
		}
		name, err := policy.KeyOf(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", given[0], err)
		}
		next, err := policy.Parse(raw, name, signer.Class(class))
		if err != nil {
			return fmt.Errorf("%s: %w", given[0], err)
		}
		names, err := namesOf(inventory)
		if err != nil {
			return err
		}
		old, err := k.active(c, next, active)
		if err != nil {
			return err
		}
		return sayDifference(c, old, next, names)
	}
	return c
}

// active reads the policy to compare with; nil when there is no such key yet.
func (k *keeper) active(c *cobra.Command, next *policy.Policy, file string) (*policy.Policy, error) {
	if file != "" {
		raw, err := readFile(c, file)
		if err != nil {
			return nil, err
		}
		return policy.Parse(raw, next.Key, next.Class)
	}
	client, err := k.open()
	if err != nil {
		return nil, err
	}
	document, err := client.Document(c.Context(), next.Key, signer.Policy)
	if refusal, ok := errors.AsType[*signer.Refusal](err); ok && refusal.Has(signer.CodeNoKey) {
		fmt.Fprintf(c.ErrOrStderr(), "there is no key %s yet; this is all that it would be allowed\n", next.Key)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return policy.Parse([]byte(document.Text), next.Key, next.Class)
}

func namesOf(inventory string) (policy.Namer, error) {
	if inventory == "" {
		return nil, nil
	}
	text, err := os.ReadFile(inventory)
	if err != nil {
		return nil, err
	}
	inv, err := playbooks.ParseInventory(inventory, string(text))
	if err != nil {
		return nil, err
	}
	return app.AddressNames(inv), nil
}

func sayDifference(c *cobra.Command, old, next *policy.Policy, names policy.Namer) error {
	lines, loosens := policy.Compare(old, next, names)
	if len(lines) == 0 {
		fmt.Fprintln(c.OutOrStdout(), "no difference")
		return nil
	}
	for _, line := range lines {
		fmt.Fprintln(c.OutOrStdout(), printable(line))
	}
	if !loosens {
		fmt.Fprintln(c.ErrOrStderr(), "it only tightens")
		return nil
	}
	wait := next.Change.LoosenDelay
	if old != nil {
		wait = old.Change.LoosenDelay
	}
	return findings{fmt.Errorf("it loosens: it needs the guardian quorum and waits %s", wait)}
}

// signingTime is how long people are given to sign a loosening, on top of its
// delay.
const signingTime = 24 * time.Hour

func newPolicyPropose() *cobra.Command {
	return newPropose(signer.ChangePolicy, "propose FILE", "Prepare a change of policy for the guardians to sign",
		`Propose compares a new policy with the one in force and writes a proposal that
guardians sign on their own machines. A policy that only tightens can be put in
force as soon as they have; one that loosens anything waits for the delay that
the policy in force asks for.

The new policy has the next version and, as previous, the hash of the one in
force: firebreak policy compile --after writes both.`,
		`  firebreak policy propose policy.json --out change.json`)
}

func newPropose(verb signer.Verb, use, short, long, example string) *cobra.Command {
	var out string
	var margin time.Duration
	c := &cobra.Command{Use: use, Short: short, Long: long, Example: example, Args: args(cobra.ExactArgs(1))}
	k := keeperFlags(c)
	c.Flags().StringVar(&out, "out", "-", "`file` to write the proposal to; - is standard output")
	c.Flags().DurationVar(&margin, "signing-time", signingTime, "time for people to sign, added to the delay of a loosening")
	c.RunE = func(c *cobra.Command, given []string) error {
		raw, err := readFile(c, given[0])
		if err != nil {
			return err
		}
		name, err := policy.KeyOf(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", given[0], err)
		}
		from, err := k.inForce(c.Context(), name)
		if err != nil {
			return err
		}
		p, err := from.Replace(verb, string(raw), time.Now(), margin)
		if err != nil {
			return fmt.Errorf("%s: %w", given[0], err)
		}
		return propose(c, p, out)
	}
	return c
}

func newPolicyActivate() *cobra.Command {
	var proposal string
	c := &cobra.Command{
		Use:   "activate NAME",
		Short: "Put a signed change of policy or guardians in force",
		Long: `With --proposal, activate hands the signed change to Vault: a tightening is in
force at once, a loosening begins to wait. Without it, it puts the change that
waits in force once its delay is over; that needs no signature, because the
guardians have given theirs.`,
		Example: `  firebreak policy activate responder-1 --proposal change.json
  firebreak policy activate responder-1   # when the delay is over`,
		Args: args(cobra.ExactArgs(1)),
	}
	k := keeperFlags(c)
	c.Flags().StringVar(&proposal, "proposal", "", "signed proposal `file` to hand in")
	c.MarkFlagFilename("proposal", "json")
	c.RunE = func(c *cobra.Command, given []string) error {
		if proposal != "" {
			return handIn(c, k, proposal, signer.ChangePolicy, signer.ChangeRoster)
		}
		return k.change(c, signer.Change{Key: given[0], Verb: signer.ActivateChange})
	}
	return c
}

func newPolicyCancel() *cobra.Command {
	var out, proposal string
	c := &cobra.Command{
		Use:   "cancel NAME",
		Short: "Drop a change that waits, with one guardian",
		Long: `While a loosening waits, any one guardian can drop it. Without --proposal this
writes what that guardian has to sign; with it, it hands the signature to Vault.`,
		Example: `  firebreak policy cancel responder-1 --out cancel.json
  firebreak approve cancel.json --as cleo --keystore cleo.json
  firebreak policy cancel responder-1 --proposal cancel.json`,
		Args: args(cobra.ExactArgs(1)),
	}
	k := keeperFlags(c)
	proposalFlags(c, &out, &proposal)
	c.RunE = func(c *cobra.Command, given []string) error {
		if proposal != "" {
			return handIn(c, k, proposal, signer.CancelChange)
		}
		from, err := k.inForce(c.Context(), given[0])
		if err != nil {
			return err
		}
		p, err := from.Cancel(time.Now().Add(signedFor))
		if err != nil {
			return err
		}
		return propose(c, p, out)
	}
	return c
}
