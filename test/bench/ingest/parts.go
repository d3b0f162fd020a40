package main

import (
	"context"
	"time"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

const inventory = `inventory: 1
tokens:
  ETH: 18
  USDX: {decimals: 6, chain: lab, address: "0x4444444444444444444444444444444444444444"}
chains:
  lab: {id: 1337, block_time: 1s, currency: ETH}
contracts:
  lab-vault: {chain: lab, address: "0x1111111111111111111111111111111111111111", can: [pause], token: USDX}
rules: [vault.outflow-spike]
people:
  ana: {slack: U0ANA}
  ben: {slack: U0BEN}
  cho: {slack: U0CHO}
teams:
  security: [ana, ben, cho]
signers:
  guardian: {chains: [lab], address: "0x5555555555555555555555555555555555555555"}
channels:
  "#inc-onchain": C0INC
`

// playbook matches every alert of the bench, by a condition that has something
// to do, and keeps as many incidents as there are keys.
const playbook = `playbook: 1
name: outflow
summary: Pause the vault.
owner: security
mode: live
on:
  rules: [vault.outflow-spike]
  severity: [critical, high]
  when: |
    alert.contract == "lab-vault" &&
    (!alert.has_confidence || alert.confidence >= 0.8) &&
    (!alert.has_loss || alert.loss >= amount("1_000 USDX"))
incident: {key: [alert.chain, '"n" in alert.labels ? alert.labels["n"] : ""'], cooldown: 10m}
prepare:
  - {id: pause, do: pause, on: lab-vault}
approve: {quorum: 2, from: [security], in: "#inc-onchain", within: 1h, on_timeout: {page: security, then: reject}}
submit: {as: guardian, deadline: 3m, max_fee: 0.05 ETH}
verify: [{of: pause, within: 2m}]
recover:
  - {id: resume, undo: pause, approve: {quorum: 3, from: [security]}}
`

// parts are what an incident needs beside the journal: real playbooks that say
// what an alert means, and a plan that nobody ever approves.
type parts struct{ set *playbooks.Set }

func newParts() (parts, error) {
	inv, err := playbooks.ParseInventory("inventory.yaml", inventory)
	if err != nil {
		return parts{}, err
	}
	set, err := playbooks.Parse(inv, map[string]string{"outflow.yaml": playbook})
	return parts{set}, err
}

func (p parts) Match(a incident.Alert) []incident.Opened { return p.set.Match(a) }

func (parts) Plan(_ context.Context, s incident.State) (incident.Body, error) {
	plan := incident.Plan{Incident: s.ID, Revision: 1, Mode: s.Opened.Mode, PlannedAt: s.OpenedAt, Submit: time.Hour, Signer: "guardian",
		Reason: "250000 USDX left in five minutes", MaxFee: incident.NewQuantity(1e16),
		Quorum: incident.Quorum{Need: 2, Teams: []string{"security"}, Assurance: incident.AssuranceSlack, Within: time.Hour}}
	to := *s.Opened.Alert.Address
	plan.Calls = []incident.Call{{Step: "pause", Verb: "pause", Chain: "lab", ChainID: 1337, To: to, Data: []byte{0x84, 0x56, 0xcb, 0x59},
		Function: "pause()", Gas: 100_000, MaxCost: incident.NewQuantity(1e16),
		Goal: incident.Check{Chain: "lab", ChainID: 1337, To: to, Data: []byte{0x5c, 0x97, 0x5a, 0xbb}, Type: "bool", Op: incident.Equals,
			Want: incident.NewQuantity(1), Text: "lab-vault.paused() == true"}}}
	return incident.Planned{Plan: plan, Digest: plan.Digest()}, nil
}

func (parts) Admit(incident.State, incident.Vote) error { return nil }
func (parts) Decide(incident.State) incident.Body       { return nil }

func (parts) Post(_ context.Context, s incident.State) (incident.CardPosted, error) {
	return incident.CardPosted{Channel: "C", TS: "1", Version: s.Face}, nil
}

func (parts) Update(_ context.Context, s incident.State) (incident.Body, error) {
	return incident.CardUpdated{Version: s.Face}, nil
}

func (parts) Tell(_ context.Context, _ incident.State, key string) (incident.Told, error) {
	return incident.Told{Key: key}, nil
}

// Nothing is approved, so nothing below is ever asked for.

func (parts) Price(context.Context, incident.State, []string) ([]incident.Body, error) {
	return nil, nil
}
func (parts) Sign(context.Context, incident.State, []string) ([]incident.Body, error) {
	return nil, nil
}
func (parts) Broadcast(context.Context, incident.State, []string) ([]incident.Body, error) {
	return nil, nil
}
func (parts) Restore([]incident.State) error { return nil }
func (parts) Watch(context.Context, incident.State, string) (incident.Body, error) {
	return nil, nil
}
func (parts) Release(incident.State, []string) {}
func (parts) Verify(context.Context, incident.State, string) (incident.Body, error) {
	return nil, nil
}
func (parts) Finalise(context.Context, incident.State, string) (incident.Body, error) {
	return nil, nil
}
func (parts) Recheck(context.Context, incident.State, string) (incident.Body, error) {
	return nil, nil
}
