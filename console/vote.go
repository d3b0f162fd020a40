package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/incident"
)

// list is what is asked now, and what was asked last.
func (c *Console) list(_ http.ResponseWriter, r *http.Request, _ string) (any, *refusal) {
	return c.listing(r.Context())
}

func (c *Console) listing(ctx context.Context) (Listing, *refusal) {
	ended, err := c.o.Requests.Ended(ctx)
	if err != nil {
		return Listing{}, refuse(http.StatusServiceUnavailable, ReasonOutage, "The journal cannot be read just now. Try again.").because(err)
	}
	return Listing{Open: described(c.o.Requests.Open()), Ended: described(ended)}, nil
}

func described(states []incident.State) []ballot.Request {
	list := make([]ballot.Request, 0, len(states))
	for _, s := range states {
		list = append(list, ballot.Describe(s))
	}
	return list
}

// state reads the incident that a path names.
func (c *Console) state(r *http.Request) (incident.State, *refusal) {
	none := refuse(http.StatusNotFound, ReasonNotFound, "There is no such request.")
	id, err := incident.ParseID(r.PathValue("id"))
	if err != nil {
		return incident.State{}, none
	}
	s, err := c.o.Requests.State(r.Context(), id)
	if errors.Is(err, ErrUnknown) {
		return s, none
	}
	if err != nil {
		return s, refuse(http.StatusServiceUnavailable, ReasonOutage, "The journal cannot be read just now. Try again.").because(err)
	}
	return s, nil
}

// document is everything about one request. The words are there even while
// Vault, which has the key's documents, is away.
func (c *Console) document(_ http.ResponseWriter, r *http.Request, _ string) (any, *refusal) {
	s, no := c.state(r)
	if no != nil {
		return nil, no
	}
	run := s.Run()
	d := Document{Request: ballot.Describe(s), Plan: run.Plan, Digest: run.Digest, Deadline: run.Deadline.UTC()}
	if run.Plan == nil {
		return d, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestTime/2)
	defer cancel()
	keys, err := c.o.Ballots.Keys(ctx, s)
	if err != nil {
		d.Doubt = "The key's own documents cannot be read just now, so nothing can be signed. Try again."
		c.o.Log.Warn("the console cannot read a key's documents", "incident", string(s.ID), "err", err)
		return d, nil
	}
	d.Keys = map[string]KeyDocument{}
	for name, key := range keys {
		d.Keys[name] = documentOf(key)
	}
	return d, nil
}

// paper writes what the person has to sign.
func (c *Console) paper(w http.ResponseWriter, r *http.Request, person string) (any, *refusal) {
	var want Wanted
	s, no := c.turn(w, r, person, &want)
	if no != nil {
		return nil, no
	}
	p, err := c.o.Ballots.Paper(r.Context(), Query{s.ID, person, want.Decision, want.Reason})
	if err != nil {
		return nil, voterRefusal(err).of(person)
	}
	return p, nil
}

// vote takes a signed paper. Only a durable vote is answered with success; the
// same paper may be sent again when an answer was lost.
func (c *Console) vote(w http.ResponseWriter, r *http.Request, person string) (any, *refusal) {
	var in Signed
	s, no := c.turn(w, r, person, &in)
	if no != nil {
		return nil, no
	}
	for _, signature := range in.Signatures {
		if signature.Guardian != person {
			return nil, refuse(http.StatusConflict, ReasonVoter, "You are signed in as %s, and this is a signature of somebody else.", person).of(person)
		}
	}
	after, err := c.o.Ballots.Cast(r.Context(), Cast{Query{s.ID, person, in.Paper.Decision, in.Paper.Reason},
		in.Paper.ID, in.Paper.Issued, in.Signatures})
	if err != nil {
		return nil, voterRefusal(err).of(person)
	}
	c.o.Log.Info("a vote came over the console", "incident", string(s.ID), "person", person, "decision", string(in.Paper.Decision))
	return Recorded{true, ballot.Describe(after)}, nil
}

// turn counts what a person does and reads it, and the incident it is about.
func (c *Console) turn(w http.ResponseWriter, r *http.Request, person string, into any) (incident.State, *refusal) {
	if wait := c.votes.take(person, c.o.Now()); wait > 0 {
		return incident.State{}, tooOften(wait).of(person)
	}
	if no := read(w, r, into); no != nil {
		return incident.State{}, no.of(person)
	}
	s, no := c.state(r)
	if no != nil {
		return s, no.of(person)
	}
	return s, nil
}

// voterRefusal passes on what was said to the voter, and of anything else only
// that nothing is known to be recorded.
func voterRefusal(err error) *refusal {
	if voter, ok := errors.AsType[*approvals.VoterError](err); ok {
		return refuse(http.StatusConflict, ReasonVoter, "%s", voter.Sentence)
	}
	return refuse(http.StatusServiceUnavailable, ReasonOutage,
		"Your vote is not known to be recorded. Try again: a vote counts once, however often it is sent.").because(err)
}
