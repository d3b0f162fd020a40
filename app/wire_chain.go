package app

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/signer/vault"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/verifier"
)

// openSigner makes the client of the key's keeper and keeps its token alive.
func (a *App) openSigner() error {
	v := a.c.Signer.Vault
	config := v.client()
	config.Logger = a.o.Log
	if err := v.usable(); err != nil {
		return err
	}
	config.Keys = map[string]common.Address{}
	for _, name := range a.first.Inventory().Signers() {
		if s, _ := a.first.Inventory().Signer(name); s.Address != (common.Address{}) {
			config.Keys[name] = s.Address
		}
	}
	client, err := vault.New(config)
	if err != nil {
		return fmt.Errorf("open signer: %w", err)
	}
	a.signer = client
	a.background("signer", client.Run)
	a.check("signer", client.Ready)
	return nil
}

// background runs a part until the app stops.
func (a *App) background(name string, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	a.loops = append(a.loops, func() {
		if err := run(ctx); err != nil && ctx.Err() == nil {
			a.o.Log.Error("a part has stopped", "part", name, "err", err)
		}
	})
	a.life.onStop(name, func() error { cancel(); return nil })
}

func (a *App) check(name string, probe func(context.Context) error) {
	a.ready.checks = append(a.ready.checks, check{name, probe})
}

// openSender makes the submitter and the verifier over the same endpoints.
func (a *App) openSender(ctx context.Context) error {
	var sends []submitter.Chain
	var reads []verifier.Chain
	var keys []submitter.Key
	a.keys = map[string]common.Address{}
	for _, name := range a.first.Inventory().Signers() {
		address, err := a.keyAddress(ctx, name)
		if err != nil {
			return err
		}
		a.keys[name] = address
	}
	for _, c := range a.chains {
		send, read := c.parts()
		sends, reads = append(sends, send), append(reads, read)
		for _, name := range a.first.Inventory().Signers() {
			if s, _ := a.first.Inventory().Signer(name); slices.Contains(s.Chains, c.name) {
				keys = append(keys, submitter.Key{Name: name, ChainID: c.id, Address: a.keys[name]})
			}
		}
	}
	var err error
	if a.reader, err = verifier.NewReader(reads); err != nil {
		return fmt.Errorf("open reader: %w", err)
	}
	a.submitter, err = submitter.New(submitter.Options{Chains: sends, Keys: keys, Signer: a.lasting(), Goals: a.reader,
		Guards: guards(a.first), Log: a.o.Log, Observe: func(e submitter.Event) { a.metrics.submitted(a.chains[e.ChainID].name, e) }})
	if err != nil {
		return fmt.Errorf("open submitter: %w", err)
	}
	a.metrics.registry.MustRegister(warmth{a.submitter})
	a.starts = append(a.starts, func() { a.submitter.Start(context.Background()) })
	a.life.onStop("submitter", func() error { a.submitter.Stop(); return nil })
	a.check("chains", func(context.Context) error { return cmp.Or(a.submitter.Warm(), a.silent()) })
	if a.verifier, err = verifier.New(verifier.Options{Chains: reads, Log: a.o.Log}); err != nil {
		return fmt.Errorf("open verifier: %w", err)
	}
	return nil
}

// guards are the states that live playbooks bring about with arguments of their
// own: those that can be read before there is an alert.
func guards(set *playbooks.Set) []submitter.Guard {
	var all []submitter.Guard
	known := map[string]bool{}
	for _, book := range set.Playbooks() {
		for _, item := range set.Outline(book, common.Address{}).Items {
			name := item.Verb + " " + item.Target.Name
			if book.Mode != incident.ModeLive || item.Probe == nil || item.Stand != "" || known[name] {
				continue
			}
			known[name] = true
			all = append(all, submitter.Guard{Name: name, Check: item.Probe.Goal})
		}
	}
	return all
}

// parts are the two halves of a chain: what sends goes to every endpoint, what
// reads asks nodes alone.
func (c *chain) parts() (submitter.Chain, verifier.Chain) {
	send := submitter.Chain{Name: c.name, ID: c.id, BlockTime: c.blockTime, FloorTip: c.floorTip, Bump: c.bump, BumpAfter: c.bumpAfter,
		Rebroadcast: c.rebroadcast, Timeout: c.timeout, MaxInFlight: c.maxInFlight, NodeFeeCap: c.nodeFeeCap}
	read := verifier.Chain{Name: c.name, ID: c.id, BlockTime: c.blockTime, Levels: c.levels, Depth: c.depth, Timeout: c.timeout}
	for _, e := range c.endpoints {
		send.Endpoints = append(send.Endpoints, submitter.Endpoint{Name: e.Name, Client: e.line,
			SendOnly: e.sendOnly(), Method: e.Method, NoFeeCap: e.NoFeeCap})
		if !e.sendOnly() {
			read.Endpoints = append(read.Endpoints, verifier.Endpoint{Name: e.Name, Client: e.line})
		}
	}
	return send, read
}

// silent names a chain that no endpoint has answered for lately. What the
// submitter knows stays warm then, but says nothing about now.
func (a *App) silent() error {
	for _, c := range a.chains {
		silence := time.Duration(math.MaxInt64)
		for _, e := range c.endpoints {
			if !e.sendOnly() {
				silence = min(silence, e.line.silence())
			}
		}
		// Heads are asked for about once per block.
		if silence > max(3*c.blockTime, 2*time.Second)+c.timeout {
			return fmt.Errorf("chain %s: no endpoint has answered for %s", c.name, silence.Round(time.Second))
		}
	}
	return nil
}

// txGas is the most gas that one transaction on a chain may ask for: what the
// chain allows, and never more than a block of it holds. Zero: not known.
func (a *App) txGas(chainID uint64) uint64 {
	c := a.chains[chainID]
	if c == nil {
		return 0
	}
	if block := a.submitter.BlockGas(chainID); block > 0 {
		return min(c.maxTxGas, block)
	}
	return c.maxTxGas
}
