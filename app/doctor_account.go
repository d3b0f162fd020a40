package app

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// account is a key's account on one chain, as the worst of the endpoints sees
// it: the most nonces used, the least ether.
type account struct {
	key     string
	chain   *sight
	address common.Address

	nonce, pending uint64
	balance        incident.Wei
	code           []byte
	told           int   // endpoints that told everything
	err            error // of one that did not
	where          string
}

func (a *account) name() string { return a.key + "@" + a.chain.name }

// lookAtAccounts asks every endpoint about every account that sends.
func (d *doctor) lookAtAccounts(ctx context.Context, p *page) {
	var accounts []*account
	for _, key := range d.inv.Signers() {
		s, _ := d.inv.Signer(key)
		for _, name := range s.Chains {
			if chain := d.chains[name]; chain != nil {
				accounts = append(accounts, &account{key: key, chain: chain})
			}
		}
	}
	each(p, accounts, func(p *page, a *account) {
		var ok bool
		if a.address, ok = d.address(a.key); !ok || a.chain.reader == nil {
			p.notTold("account "+a.name(), "neither Vault nor the inventory tells its address, or no endpoint of %s can be asked", a.chain.name)
			return
		}
		for _, e := range a.chain.usable {
			if err := a.look(ctx, e); err != nil {
				a.err, a.where = err, e.name
				continue
			}
			a.told++
		}
		if a.told == 0 {
			p.notTold("account "+a.name(), "%s %s", a.where, why(a.err))
			return
		}
		a.judgeCode(p)
		d.judgeNonce(p, a)
		d.judgeBalance(p, a)
	})
}

func (a *account) look(ctx context.Context, e *rpcSight) error {
	nonce, err := ask[hexutil.Uint64](ctx, a.chain, e, "eth_getTransactionCount", a.address, "latest")
	if err != nil {
		return err
	}
	balance, err := ask[*hexutil.Big](ctx, a.chain, e, "eth_getBalance", a.address, "latest")
	if err != nil {
		return err
	}
	code, err := ask[hexutil.Bytes](ctx, a.chain, e, "eth_getCode", a.address, "latest")
	if err != nil {
		return err
	}
	// Not every endpoint shows its pool; the mined nonce stands for it then.
	pending, err := ask[hexutil.Uint64](ctx, a.chain, e, "eth_getTransactionCount", a.address, "pending")
	if err != nil {
		pending = nonce
	}
	a.nonce, a.pending = max(a.nonce, uint64(nonce)), max(a.pending, uint64(pending))
	if len(code) > 0 {
		a.code = code
	}
	if balance != nil {
		wei, err := incident.QuantityFromBig(balance.ToInt())
		if err == nil && (a.told == 0 || wei.Cmp(a.balance) < 0) {
			a.balance = wei
		}
	}
	return nil
}

// delegation is how the code of a delegated account begins (EIP-7702).
func delegation() []byte { return []byte{0xef, 0x01, 0x00} }

func (a *account) judgeCode(p *page) {
	check := "account " + a.name()
	delegate, delegated := bytes.CutPrefix(a.code, delegation())
	switch {
	case delegated:
		p.fail(check, "move the roles to a fresh key: somebody has signed a delegation with this one, "+
			"and pools keep only one transaction of a delegated account",
			"%s is delegated to %s (EIP-7702), whose code can spend its nonces and its ether", a.address, common.BytesToAddress(delegate))
	case len(a.code) > 0:
		p.fail(check, "name a key whose account is a plain one", "%s is a contract and cannot send transactions", a.address)
	default:
		p.ok(check, "%s is a plain account", a.address)
	}
}

// judgeNonce compares what the chain has mined with what the key has signed:
// the key accepts no other nonce than its next one, and the chain neither.
func (d *doctor) judgeNonce(p *page, a *account) {
	check := "nonce " + a.name()
	k := d.keys[a.key]
	if !k.known {
		p.notTold(check, "%s spent on chain; key %s does not tell how many it has signed", several(int(a.nonce), "nonce"), a.key)
		return
	}
	next := nextNonce(k.info, a.chain.id)
	switch {
	case a.nonce > next:
		p.fail(check, "treat the key as compromised until it is explained: it was used outside of this Vault, or Vault's storage was set back to an old backup. "+
			"Move the roles to a fresh key: this one cannot send any more",
			"%s has spent %s on chain and knows of %d in Vault: it would sign nonce %d, which no block takes", a.address, several(int(a.nonce), "nonce"), next, next)
	case a.nonce < next && a.pending >= next:
		p.fail(check, "look whether an incident is open now; if none is, see what waits in the pool and for how long",
			"signed and waiting to be mined: %s from %d on; whatever comes next waits behind", several(int(next-a.nonce), "nonce"), a.nonce)
	case a.nonce < next:
		p.fail(check, "look whether an incident is open now; if none is, offer the signed bytes from the journal again (firebreak incident show): "+
			"the key cannot sign these nonces for another call",
			"the key has signed nonces up to %d, the chain wants %d and no pool has it: whatever comes next waits for ever", next-1, a.nonce)
	default:
		p.ok(check, "%d on chain and in Vault, nothing waits", next)
	}
}

// timesDearest is how many of the dearest plans an account should cover: one
// that is under way, one that follows, one to replace what got stuck.
const timesDearest = 3

// judgeBalance holds the account against the most that a plan may cost it.
func (d *doctor) judgeBalance(p *page, a *account) {
	check := "balance " + a.name()
	var dearest *outlined
	for i, plan := range d.plans {
		here := slices.ContainsFunc(plan.Items, func(o playbooks.OutlineItem) bool { return o.Target.Chain == a.chain.name })
		if slices.Contains(plan.Keys(), a.key) && here && plan.Mode == incident.ModeLive && (dearest == nil || plan.Share().Units.Cmp(dearest.Share().Units) > 0) {
			dearest = &d.plans[i]
		}
	}
	chain, _ := d.inv.Chain(a.chain.name)
	held := fmt.Sprintf("%s %s", a.balance.Decimal(18), chain.Currency)
	if dearest == nil {
		p.ok(check, "%s; no live playbook sends from here", held)
		return
	}
	most := dearest.Share().Units
	needs := fmt.Sprintf("%s may take %s of gas times fee cap", dearest.Name, dearest.Share())
	mend := fmt.Sprintf("send %s to %s on %s, up to %d times the dearest plan", chain.Currency, a.address, a.chain.name, timesDearest)
	switch {
	case a.balance.Cmp(most) < 0:
		p.fail(check, mend, "%s does not cover one plan: %s, and nodes refuse what the account could not pay", held, needs)
	case a.balance.Cmp(most.Times(timesDearest)) < 0:
		p.warn(check, mend, "%s covers the dearest plan fewer than %s: %s", held, several(timesDearest, "time"), needs)
	default:
		p.ok(check, "%s covers the dearest plan %s: %s", held, times(a.balance, most), needs)
	}
}

// times is how often one amount holds another, in words; two digits do.
func times(all, one incident.Wei) string {
	for n := uint64(99); n > 0 && !one.IsZero(); n-- {
		if all.Cmp(one.Times(n)) >= 0 {
			if n == 99 {
				return "more than 99 times"
			}
			return fmt.Sprintf("%d times", n)
		}
	}
	return "any number"
}
