package lab

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"golang.org/x/sync/errgroup"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

// stormPlaybook blocks one account per alert, each in an incident of its own,
// so that a benchmark can repeat the whole story.
const stormPlaybook = `playbook: 1
name: storm
summary: Block one account per alert, for benchmarks.
owner: security
mode: live
on: {rules: [storm]}
incident: {key: ['"n" in alert.labels ? alert.labels["n"] : ""'], cooldown: 1s}
prepare:
  - {id: block, do: blocklist, on: lab-registry, each: = alert.suspects, max: 20, with: {account: = each}}
approve: {quorum: 2, from: [security, protocol], in: "#inc-onchain", within: 10m, on_timeout: {page: security, then: reject}}
submit: {as: guardian, deadline: 3m, max_fee: 0.05 ETH}
verify: [{of: block, within: 2m}]
recover:
  - {id: unblock, undo: block, approve: {quorum: 3, from: [security, protocol]}}
`

// Passage is how long one incident took where machines alone decide.
type Passage struct {
	AcceptedToCard    time.Duration
	QuorumToBroadcast time.Duration // to the first bytes at an endpoint
	CallsMeanwhile    int           // other requests that reached endpoints in that time, polling in the background included
}

// Once plays one storm incident: an alert about a fresh account, two guardians
// who approve at once, until it is contained. The range needs Storm and
// Proxies.
func (r *Range) Once(ctx context.Context) (Passage, error) {
	var account common.Address
	rand.Read(account[:])
	n := rand.Text()
	err := r.PostAlert(ctx, http.DefaultClient, map[string]any{"id": n, "rule": "storm", "severity": "critical",
		"labels": map[string]string{"n": n}, "suspects": []common.Address{account}})
	if err != nil {
		return Passage{}, err
	}
	voting, done := context.WithCancel(ctx)
	defer done()
	g, gctx := errgroup.WithContext(voting)
	for _, name := range []string{"ana", "dee"} {
		g.Go(func() error { return ignoreCancel(gctx, Approve(gctx, r.slack, name)) })
	}
	var facts []incident.Fact
	g.Go(func() (err error) {
		defer done()
		facts, err = r.ended(ctx, n)
		return err
	})
	if err := g.Wait(); err != nil {
		return Passage{}, err
	}
	return r.passage(facts)
}

// ended waits for the incident of a label to end.
func (r *Range) ended(ctx context.Context, n string) ([]incident.Fact, error) {
	for {
		states, err := journal.Incidents(ctx, r.record)
		if err != nil {
			return nil, err
		}
		for _, s := range states {
			if s.Opened.Alert.Labels["n"] != n || !s.Phase().Ended() || s.Open() {
				continue
			}
			if s.Phase() != incident.PhaseContained {
				return nil, fmt.Errorf("the incident ended %s: %s", s.Phase(), s.Run().End)
			}
			facts, _, err := journal.Incident(ctx, r.record, s.ID)
			return facts, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (r *Range) passage(facts []incident.Fact) (Passage, error) {
	var p Passage
	var opened, quorum time.Time
	for _, f := range facts {
		switch f.Kind {
		case incident.KindOpened:
			opened = f.Seen
		case incident.KindCardPosted:
			p.AcceptedToCard = f.Written.Sub(opened)
		case incident.KindAuthorised:
			quorum = f.Written
		}
	}
	for _, proxy := range r.proxies {
		for _, c := range proxy.Calls(quorum) {
			took := c.At.Sub(quorum)
			if c.Method == "eth_sendRawTransaction" {
				if p.QuorumToBroadcast == 0 || took < p.QuorumToBroadcast {
					p.QuorumToBroadcast = took
				}
				break
			}
			p.CallsMeanwhile++
		}
	}
	if p.QuorumToBroadcast == 0 {
		return p, errors.New("no endpoint saw the transaction")
	}
	return p, nil
}

// PostAlert posts an alert as the detector does, once.
func (r *Range) PostAlert(ctx context.Context, client *http.Client, message map[string]any) error {
	req, err := r.request(ctx, message)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("post alert: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err == nil && resp.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("the alert was not taken: %d %s", resp.StatusCode, text)
	}
	return err
}
