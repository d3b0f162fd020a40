package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/ceremony"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// asked are the flags of a transaction that guardians have to approve.
type asked struct {
	chain, gas, nonce, uses uint64
	to, data, fee, tip      string
	incident, mode, out     string
	valid                   time.Duration
}

func newKeyAsk() *cobra.Command {
	var o asked
	c := &cobra.Command{
		Use:   "ask NAME",
		Short: "Prepare a transaction for guardians to approve",
		Long: `Some rules of a policy want guardians' signatures before the key signs: the ones
of every recovery key, and whatever a containment policy names with a need above 0.
Ask writes a proposal to approve one such call.

In intent mode, the default, gas and fees are ceilings and the nonce is chosen when
it is signed, so that a fee bump needs no new approval. In exact mode the guardians
approve this one transaction, byte for byte.`,
		Example: `  firebreak key ask recovery-1 --chain 1 --to $CORE --data 0x3f4ba83a --gas 90000 --max-fee $FEE --max-tip $TIP \
    --incident INC-7 --out unpause.json
  firebreak approve unpause.json --as ana --keystore ana.json
  firebreak key sign recovery-1 --proposal unpause.json`,
		Args: args(cobra.ExactArgs(1)),
	}
	k := keeperFlags(c)
	f := c.Flags()
	f.Uint64Var(&o.chain, "chain", 0, "EIP-155 chain `id` (required)")
	f.StringVar(&o.to, "to", "", "contract `address` (required)")
	f.StringVar(&o.data, "data", "", "calldata in `hex` (required)")
	f.Uint64Var(&o.gas, "gas", 0, "gas limit (required)")
	f.StringVar(&o.fee, "max-fee", "", "max fee per gas in `wei` (required)")
	f.StringVar(&o.tip, "max-tip", "", "max priority fee per gas in `wei` (required)")
	f.StringVar(&o.incident, "incident", "", "incident that it is for (required)")
	f.StringVar(&o.mode, "mode", string(consent.Intent), "intent or exact")
	f.Uint64Var(&o.nonce, "nonce", 0, "nonce, in exact mode")
	f.DurationVar(&o.valid, "valid", time.Hour, "how long the approval is good, at most 24h")
	f.Uint64Var(&o.uses, "uses", 1, "how many such transactions it is good for")
	f.StringVar(&o.out, "out", "-", "`file` to write the proposal to; - is standard output")
	for _, name := range []string{"chain", "to", "data", "gas", "max-fee", "max-tip", "incident"} {
		c.MarkFlagRequired(name)
	}
	c.RegisterFlagCompletionFunc("mode", cobra.FixedCompletions([]string{"intent", "exact"}, cobra.ShellCompDirectiveNoFileComp))
	c.RunE = func(c *cobra.Command, given []string) error {
		t, err := o.transaction(time.Now())
		if err != nil {
			return err
		}
		from, err := k.inForce(c.Context(), given[0])
		if err != nil {
			return err
		}
		p, err := from.Ask(t)
		if err != nil {
			return err
		}
		return propose(c, p, o.out)
	}
	return c
}

// transaction reads the flags. Its approval gets an id of its own.
func (o asked) transaction(now time.Time) (ceremony.Transaction, error) {
	if !common.IsHexAddress(o.to) {
		return ceremony.Transaction{}, usage{errors.New("--to is no address")}
	}
	data, err := hexutil.Decode(o.data)
	if err != nil {
		return ceremony.Transaction{}, usage{errors.New("--data is 0x and whole bytes in hex")}
	}
	if o.valid <= 0 || o.valid > signer.MaxApprovalLife {
		return ceremony.Transaction{}, usage{fmt.Errorf("--valid is more than nothing and at most %s", signer.MaxApprovalLife)}
	}
	t := ceremony.Transaction{
		ChainID: o.chain, Nonce: o.nonce, To: common.HexToAddress(o.to), Data: data, Gas: o.gas, MaxFee: o.fee, MaxTip: o.tip,
		Incident: o.incident, Mode: consent.Mode(o.mode), MaxUses: o.uses,
		ValidAfter: uint64(now.Unix()), ValidUntil: uint64(now.Add(o.valid).Unix()),
	}
	_, err = rand.Read(t.Approval[:])
	return t, err
}

func newKeySign() *cobra.Command {
	var proposal string
	var nonce uint64
	var fee, tip string
	c := &cobra.Command{
		Use:   "sign NAME",
		Short: "Have the key sign a transaction that guardians approved",
		Long: `Sign hands an approved proposal to the key and prints the signed transaction, which
anybody can send. Nothing is sent by this verb. Without --nonce it takes the next
one that the key accepts. A rule with a delay answers DELAY with the time from
which the same command is signed.`,
		Example: `  firebreak key sign recovery-1 --proposal unpause.json
  firebreak key sign recovery-1 --proposal unpause.json | cast publish`,
		Args: args(cobra.ExactArgs(1)),
	}
	k := keeperFlags(c)
	c.Flags().StringVar(&proposal, "proposal", "", "approved proposal `file` (required)")
	c.Flags().Uint64Var(&nonce, "nonce", 0, "another `nonce` than the key's next, to replace a transaction or to ask again")
	c.Flags().StringVar(&fee, "max-fee", "", "max fee per gas in `wei`, below the approved ceiling (default the ceiling)")
	c.Flags().StringVar(&tip, "max-tip", "", "max priority fee per gas in `wei`, below the approved ceiling (default the ceiling)")
	c.MarkFlagRequired("proposal")
	c.MarkFlagFilename("proposal", "json")
	c.RunE = func(c *cobra.Command, given []string) error {
		p, err := readProposal(c, proposal)
		if err != nil {
			return err
		}
		client, err := k.open()
		if err != nil {
			return err
		}
		info, err := client.Key(c.Context(), given[0])
		if err != nil {
			return err
		}
		r, err := p.Request()
		if err != nil {
			return err
		}
		if r.MaxFeePerGas, err = lower(r.MaxFeePerGas, fee, "--max-fee"); err != nil {
			return err
		}
		if r.MaxPriorityFeePerGas, err = lower(r.MaxPriorityFeePerGas, tip, "--max-tip"); err != nil {
			return err
		}
		r.Nonce = nextOf(info, r.ChainID)
		if c.Flags().Changed("nonce") {
			r.Nonce = nonce
		}
		signed, err := client.Sign(c.Context(), r)
		if err != nil {
			return err
		}
		fmt.Fprintln(c.OutOrStdout(), hexutil.Encode(signed.Raw))
		fmt.Fprintf(c.ErrOrStderr(), "transaction %s, nonce %d, signature %d of key %s by rule %s\n", signed.Hash, r.Nonce, signed.Seq, info.Name, signed.Rule)
		return nil
	}
	return c
}

// lower reads a fee that is to be bid in place of the approved ceiling.
func lower(ceiling *big.Int, text, flag string) (*big.Int, error) {
	if text == "" {
		return ceiling, nil
	}
	bid, ok := new(big.Int).SetString(text, 10)
	if !ok || bid.Sign() < 0 || bid.Cmp(ceiling) > 0 {
		return nil, usage{fmt.Errorf("%s is a number of wei, at most the approved %s", flag, ceiling)}
	}
	return bid, nil
}

func nextOf(info signer.KeyInfo, chain uint64) uint64 {
	for _, n := range info.Nonces {
		if n.ChainID == chain {
			return n.Next
		}
	}
	return 0
}
