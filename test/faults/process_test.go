package faults_test

import (
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/verifier"
)

// process is one life of the daemon: the engine, the submitter, the verifier.
type process struct {
	*engine.Engine
	w   *world
	sub *submitter.Submitter
}

// boot starts a process on what the last one left.
func (w *world) boot() *process {
	ver, err := verifier.New(verifier.Options{Chains: []verifier.Chain{w.verify}, Now: w.now})
	require.NoError(w.t, err)
	options := submitter.Options{
		Chains: []submitter.Chain{w.submit}, Signer: w.key, Observe: w.observe, Now: w.now, Goals: ver.Reader(),
		Keys: []submitter.Key{{Name: keyName, ChainID: w.submit.ID, Address: w.key.Address()}},
	}
	if w.spare != nil {
		options.Signer = ring{keyName: w.key, spareName: w.spare}
		options.Keys = append(options.Keys, submitter.Key{Name: spareName, ChainID: w.submit.ID, Address: w.spare.Address()})
	}
	sub, err := submitter.New(options)
	require.NoError(w.t, err)
	p := parts{w}
	e, err := engine.New(w.t.Context(), engine.Options{Journal: w.journal, Playbooks: p, Authority: p, Desk: p,
		Sender: sub, Watcher: sub, Verifier: ver, Now: w.now})
	require.NoError(w.t, err)
	sub.Start(w.t.Context())
	e.Start()
	return &process{e, w, sub}
}

// halt ends a process, which forgets everything that is not in the journal.
func (p *process) halt() {
	p.Stop()
	p.sub.Stop()
}

func received() incident.Received {
	return incident.Received{Alert: incident.Alert{Source: "generic", ID: "1", Rule: "outflow"}, Raw: []byte("{}")}
}

// alarm lets an alert in and approves its plan.
func (p *process) alarm() {
	_, _, err := p.Receive(p.w.t.Context(), received())
	require.NoError(p.w.t, err)
	p.w.until("asking", func(s incident.State) bool { return s.Phase() == incident.PhaseAsking })
	p.approve()
}

func (p *process) approve() {
	s := p.w.the()
	_, err := p.Vote(p.w.t.Context(), s.ID, vote(s))
	require.NoError(p.w.t, err)
}

// vote is the guardian's yes to what is asked now.
func vote(s incident.State) incident.Vote {
	return incident.Vote{Person: "ana", Team: "security", Decision: incident.Approve, Digest: s.Run().Digest,
		Assurance: incident.AssuranceSlack, Delivery: "ana"}
}
