package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// The call of every step: pause(), and paused() is its goal.
var (
	pause  = common.FromHex("0x8456cb59")
	paused = common.FromHex("0x5c975abb")
)

const (
	chainName = "bench"
	stepGas   = 100_000
)

// stepCost is what one step may cost, wei.
var stepCost = incident.NewQuantity(20_000_000_000_000_000)

// parts are what an incident needs beside chain, key and journal. An alert's id
// says what its plan is: "<key>/<steps>/<number>".
type parts struct{}

// alert asks for a plan of so many calls by a key.
func alert(key, steps, number int) incident.Received {
	return incident.Received{Alert: incident.Alert{Source: "bench", ID: fmt.Sprintf("%d/%d/%d", key, steps, number), Rule: "outflow"}, Raw: []byte("{}")}
}

func keyName(key int) string { return fmt.Sprintf("responder-%d", key) }

// target is the contract that a step of an alert pauses, its own each.
func target(alert, step string) common.Address {
	return common.BytesToAddress(crypto.Keccak256([]byte(alert + " " + step)))
}

// asked reads an alert's id.
func asked(id string) (key, steps int) {
	fields := strings.Split(id, "/")
	key, _ = strconv.Atoi(fields[0])   // alert wrote them
	steps, _ = strconv.Atoi(fields[1]) //
	return key, steps
}

func stepNames(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("pause/%d", i+1))
	}
	return names
}

func (parts) Match(a incident.Alert) []incident.Opened {
	return []incident.Opened{{Key: a.ID, Playbook: incident.PlaybookRef{Name: "drain"}, Mode: incident.ModeLive}}
}

func (parts) Plan(_ context.Context, s incident.State) (incident.Body, error) {
	key, steps := asked(s.Opened.Alert.ID)
	p := incident.Plan{Incident: s.ID, Revision: 1, Mode: s.Opened.Mode, PlannedAt: s.OpenedAt, Submit: time.Hour, Signer: keyName(key),
		Reason: "250000 USDC left in five minutes", MaxFee: stepCost.Times(uint64(steps)),
		Quorum: incident.Quorum{Need: 1, Teams: []string{"security"}, Assurance: incident.AssuranceSlack, Within: time.Hour}}
	for _, name := range stepNames(steps) {
		to := target(s.Opened.Alert.ID, name)
		p.Calls = append(p.Calls, incident.Call{Step: name, Verb: "pause", Chain: chainName, ChainID: submittertest.ChainID, To: to, Data: pause,
			Function: "pause()", Gas: stepGas, MaxCost: stepCost,
			Goal: incident.Check{Chain: chainName, ChainID: submittertest.ChainID, To: to, Data: paused, Type: "bool", Op: incident.Equals,
				Want: incident.NewQuantity(1), Text: name + ".paused() == true"}})
	}
	return incident.Planned{Plan: p, Digest: p.Digest()}, nil
}

func (parts) Admit(incident.State, incident.Vote) error { return nil }

func (parts) Decide(s incident.State) incident.Body {
	votes := s.Run().Votes
	if len(votes) == 0 {
		return nil
	}
	return incident.Authorised{Digest: s.Run().Digest, By: []string{votes[0].Person}, Assurance: incident.AssuranceSlack}
}

func (parts) Post(_ context.Context, s incident.State) (incident.CardPosted, error) {
	return incident.CardPosted{Channel: "C", TS: "1", Version: s.Face}, nil
}

func (parts) Update(_ context.Context, s incident.State) (incident.Body, error) {
	return incident.CardUpdated{Version: s.Face}, nil
}

func (parts) Tell(_ context.Context, _ incident.State, key string) (incident.Told, error) {
	return incident.Told{Key: key}, nil
}

// approval is the vote that completes the quorum of an incident.
func approval(s incident.State) incident.Vote {
	return incident.Vote{Person: "ana", Team: "security", Decision: incident.Approve, Digest: s.Run().Digest,
		Assurance: incident.AssuranceSlack, Delivery: "click of " + string(s.ID)}
}
