package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/vault"
	"github.com/firebreak-project/firebreak/submitter"
)

// keySight is what a key says about itself.
type keySight struct {
	info  signer.KeyInfo
	known bool
	fit   bool // it may sign, so its policy can be asked
}

// askVault asks whether Vault is there, and every key of the inventory about
// itself: serve asks for all of them when it starts.
func (d *doctor) askVault(ctx context.Context, p *page) {
	d.keys = map[string]*keySight{}
	for _, name := range d.inv.Signers() {
		d.keys[name] = &keySight{}
	}
	v := d.c.Signer.Vault
	config := v.client()
	config.Timeout, config.Logger = min(v.Timeout, stageTime), mute()
	// The addresses are not pinned here, so that a key at another address is
	// told from one that cannot be read.
	client, err := vault.New(config)
	if err == nil {
		err = v.usable()
	}
	if err != nil {
		p.fail("vault", "mend signer.vault of the configuration and its files", "%s", err)
		return
	}
	if err := client.Ready(ctx); err != nil {
		p.fail("vault", d.mendVault(err), "no signature could be had: %s", err)
		return
	}
	d.vault = client
	p.ok("vault", "answers, is unsealed, and has taken the login")
	d.askToken(ctx, p)
	d.askRights(ctx, p)
	each(p, d.inv.Signers(), func(p *page, name string) { d.askKey(ctx, p, name) })
}

func (d *doctor) mendVault(err error) string {
	v := d.c.Signer.Vault
	if vault.TokenRefused(err) {
		return fmt.Sprintf("give the daemon a token that is valid and whose policy allows read on %[1]s/keys/<key> and update on %[1]s/check/<key> and %[1]s/sign/<key>", v.Mount)
	}
	return fmt.Sprintf("check that Vault is up and unsealed where signer.vault says, that the firebreak engine is mounted at %s, and that the login is valid", v.Mount)
}

func (d *doctor) askKey(ctx context.Context, p *page, name string) {
	check := "key " + name
	pinned, _ := d.inv.Signer(name)
	info, err := d.vault.Key(ctx, name)
	refusal, refused := errors.AsType[*signer.Refusal](err)
	switch {
	case refused && refusal.Has(signer.CodeNoKey):
		p.fail(check, fmt.Sprintf("create it at %s/keys/%s, or mend signers of the inventory", d.c.Signer.Vault.Mount, name), "Vault has no key of this name")
		return
	case err != nil:
		p.fail(check, d.mendVault(err), "Vault does not tell: %s", err)
		return
	case pinned.Address != (common.Address{}) && pinned.Address != info.Address:
		p.fail(check, fmt.Sprintf("find out which of them has the roles on chain; then mend signers.%s.address, or name the right key", name),
			"its address is %s in Vault and %s in the inventory", info.Address, pinned.Address)
		return
	}
	k := d.keys[name] // each key has its own
	k.info, k.known = info, true
	switch {
	case info.Class != signer.Containment:
		p.fail(check, "name a key of class containment: playbooks contain, and must not hold a key that can undo", "it is of class %s", info.Class)
	case info.State == signer.Frozen:
		p.fail(check, "find out who froze it and why; if it was not compromised, have guardians release it", "%s is frozen, so it signs nothing", info.Address)
	case info.State != signer.Active:
		p.fail(check, "create another key, give it the roles on chain, and name it in the inventory", "%s is %s, so it signs nothing", info.Address, info.State)
	default:
		k.fit = true
		p.ok(check, "%s is active, class %s, policy version %d, %d signatures so far", info.Address, info.Class, info.PolicyVersion, info.Seq)
	}
}

// askPolicy asks the key about every call, at the nonce and with the fees that
// it would be signed with now. Nothing is signed and nothing is counted.
func (d *doctor) askPolicy(ctx context.Context, p *page) {
	each(p, d.calls, func(p *page, t *trial) {
		check := "policy " + t.name()
		k := d.keys[t.key]
		switch {
		case d.vault == nil || !k.known:
			p.notTold(check, "key %s cannot be asked", t.key)
			return
		case !k.fit:
			p.notTold(check, "key %s signs nothing at all", t.key)
			return
		}
		request, err := t.request(k.info)
		if err != nil {
			t.plan.grave(p, check, "raise submit.max_fee in the playbook", err.Error())
			return
		}
		verdict, err := d.vault.Check(ctx, request)
		if err != nil {
			p.fail(check, d.mendVault(err), "the key does not tell: %s", err)
			return
		}
		t.judge(p, k.info, verdict)
	})
}

// request is what the key would be asked to sign, were the plan carried out
// now. Where no endpoint told the fees, they are the floor's.
func (t *trial) request(key signer.KeyInfo) (signer.Request, error) {
	gas, most := min(t.gas, t.chain.txGas()), t.plan.share()
	feeCap, tip, err := submitter.Forecast{BaseFee: t.chain.base(), Tip: t.chain.tip(), FloorTip: t.chain.floorTip, NodeFeeCap: t.chain.nodeFeeCap, Gas: gas, MaxCost: most}.Bid()
	if err != nil {
		return signer.Request{}, err
	}
	return signer.Request{
		Key: t.key, ChainID: t.chain.id, Nonce: nextNonce(key, t.chain.id), To: t.item.Target.Address, Data: t.item.Probe.Data,
		Gas: gas, MaxFeePerGas: feeCap.Big(), MaxPriorityFeePerGas: tip.Big(),
		Incident: "doctor", Reason: "firebreak doctor asks whether this would be signed", RequestID: "doctor/" + t.name(),
	}, nil
}

// nextNonce is the only fresh nonce that the key accepts on a chain: zero where
// it has never signed.
func nextNonce(key signer.KeyInfo, chainID uint64) uint64 {
	i := slices.IndexFunc(key.Nonces, func(n signer.NextNonce) bool { return n.ChainID == chainID })
	if i < 0 {
		return 0
	}
	return key.Nonces[i].Next
}

func (t *trial) judge(p *page, key signer.KeyInfo, v signer.Verdict) {
	check := "policy " + t.name()
	code, _, _ := strings.Cut(v.Code, ":")
	if code == signer.CodeApprovalsRequired { // whether they can be had, askConsents says
		p.ok(check, "rule %s would sign it once %d guardians have signed%s", v.Rule, v.MissingApprovals, t.stand())
		return
	}
	if !v.Allowed {
		mend, ok := mends()[code]
		if !ok {
			mend = "put a policy version in force that allows it"
		}
		rule := ""
		if v.Rule != "" {
			rule = ", rule " + v.Rule
		}
		t.plan.grave(p, check, mend, fmt.Sprintf("key %s would refuse %s of %s: %s%s: %s", t.key, t.item.Probe.Function, t.item.Target.Name, v.Code, rule, v.Reason))
		return
	}
	for _, w := range key.Windows {
		if w.Rule != "" && w.Rule != v.Rule || w.To != nil && *w.To != t.item.Target.Address {
			continue
		}
		if left := w.Max - min(w.Used, w.Max); left < uint64(t.item.Calls) {
			p.warn(check, "raise the limit of the policy, or lower max in the playbook",
				"rule %s allows it, and %d more within %s, where one plan may hold %d", v.Rule, left, w.Every, t.item.Calls)
			return
		}
	}
	p.ok(check, "rule %s would sign it%s", v.Rule, t.stand())
}

// mends says what helps against a refusal, by its code.
func mends() map[string]string {
	raise := "put a policy version in force with a higher ceiling, or wait until the fees of the chain fall"
	return map[string]string{
		signer.CodeNoRule:            "put a policy version in force with a rule for this function of this contract",
		signer.CodeArgument:          "compare the playbook's arguments with the rule's; widen the rule if the playbook is right",
		signer.CodeForbiddenSelector: "this class of key never signs this function, whatever the policy says; take it out of the playbook",
		signer.CodeChain:             "put a policy version in force that has fees for this chain",
		signer.CodeGas:               "raise max_gas of the policy, or lower contracts.<name>.gas in the inventory",
		signer.CodeFee:               raise,
		signer.CodeCost:              raise,
		signer.CodeRate:              "uses are counted down by time: wait, or put a policy version in force with a higher limit",
		signer.CodeBudget:            "the day's budget comes back with time; raise max_cost_per_day if it is too small",
	}
}
