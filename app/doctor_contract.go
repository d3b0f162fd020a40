package app

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/playbooks"
)

// manyAtOnce bounds how many things of a kind are looked at at once: an
// endpoint or a Slack workspace that limits calls must not be what fails.
const manyAtOnce = 8

// each looks at many things at once and puts what was found in their order.
func each[T any](p *page, things []T, look func(*page, T)) {
	pages := make([]page, len(things))
	turns := make(chan struct{}, manyAtOnce)
	var all sync.WaitGroup
	for i, thing := range things {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			look(&pages[i], thing)
		})
	}
	all.Wait()
	for _, one := range pages {
		p.findings = append(p.findings, one.findings...)
	}
}

// lookAtContracts asks every endpoint for the code of every contract, and for
// the decimals of every token: a wrong number there moves the point in every
// amount.
func (d *doctor) lookAtContracts(ctx context.Context, p *page) {
	each(p, d.inv.Contracts(), func(p *page, name string) {
		contract, _ := d.inv.Contract(name)
		d.lookAtCode(ctx, p, contract)
	})
	var tokens []playbooks.Token
	seen := map[string]bool{}
	for _, name := range d.inv.Contracts() {
		contract, _ := d.inv.Contract(name)
		token, ok := d.inv.Token(contract.Token)
		if ok && !seen[token.Name] && token.Address != (common.Address{}) {
			seen[token.Name] = true
			tokens = append(tokens, token)
		}
	}
	each(p, tokens, func(p *page, token playbooks.Token) { d.lookAtDecimals(ctx, p, token) })
}

func (d *doctor) lookAtCode(ctx context.Context, p *page, contract playbooks.Contract) {
	check := "contract " + contract.Name
	s := d.chains[contract.Chain]
	if s.reader == nil {
		p.notTold(check, "no endpoint of chain %s can be asked", s.name)
		return
	}
	var seen []codeSight
	var failed, bare []string
	differ := false
	for _, e := range s.usable {
		code, err := s.codeAt(ctx, e, contract)
		switch {
		case err != nil:
			failed = append(failed, e.name+" "+why(err))
			continue
		case code.size == 0:
			bare = append(bare, e.name)
			continue
		}
		if found, mend := code.changed(contract); found != "" {
			p.fail(check, mend, "%s, says %s", found, e.name)
			return
		}
		seen = append(seen, code)
		differ = differ || code.id() != seen[0].id()
	}
	switch {
	case len(bare) > 0:
		d.bare(contract.Name)
		p.fail(check, fmt.Sprintf("mend contracts.%s in the inventory: its address, or the chain that it is on", contract.Name),
			"%s has no code on chain %s, says %s", contract.Address, contract.Chain, strings.Join(bare, " and "))
	case differ:
		p.warn(check, "ask their operators; it may have been upgraded in this moment", "endpoints see different code at %s", contract.Address)
	case len(failed) > 0:
		p.warn(check, "ask the operator", "its code could not be read everywhere: %s", strings.Join(failed, "; "))
	default:
		d.remember(contract.Name, seen[0])
		judgeCode(p, contract, seen[0])
	}
}

// remember keeps the code that a contract works by.
func (d *doctor) remember(contract string, code codeSight) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.codes[contract] = code
}

// bare remembers a contract without code: calling it succeeds and does nothing.
func (d *doctor) bare(contract string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.codeless[contract] = true
}

func (d *doctor) lookAtDecimals(ctx context.Context, p *page, token playbooks.Token) {
	check := "token " + token.Name
	s := d.chains[token.Chain]
	if s == nil || s.reader == nil {
		p.notTold(check, "no endpoint of chain %s can be asked", token.Chain)
		return
	}
	answers, err := s.reader.CallAll(ctx, s.id, token.Address, contracts.DecimalsQuery())
	if err != nil {
		p.warn(check, "compare tokens."+token.Name+" in the inventory with the token by hand", "its decimals cannot be read: %s", err)
		return
	}
	for _, a := range answers {
		n, err := contracts.DecodeUint256(a.Data)
		switch {
		case err != nil:
			p.warn(check, "compare tokens."+token.Name+" in the inventory with the token by hand", "%s is no token, says %s: it has no decimals()", token.Address, a.Endpoint)
			return
		case !n.IsUint64() || n.Uint64() != uint64(token.Decimals):
			p.fail(check, "mend tokens."+token.Name+" in the inventory: every amount in it is wrong by a power of ten",
				"the token has %s decimals, says %s, and the inventory %d", n, a.Endpoint, token.Decimals)
			return
		}
	}
	p.ok(check, "%s has %d decimals, as in the inventory", token.Address, token.Decimals)
}
