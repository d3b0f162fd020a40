package slack_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
)

// ledger holds many incidents, as a desk in a storm sees them.
type ledger struct {
	mu     sync.Mutex
	states map[incident.ID]incident.State
}

func (l *ledger) newest(_ context.Context, id incident.ID) (incident.State, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.states[id], nil
}

func (l *ledger) put(s incident.State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.states[s.ID] = s
}

func (l *ledger) change(id incident.ID, bodies ...incident.Body) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.states[id]
	for _, body := range bodies {
		next, err := s.Foresee(incident.Draft{Run: s.Run().Number, Body: body, Seen: time.Now()})
		if err != nil {
			panic(err)
		}
		s = next
	}
	l.states[id] = s
}

// storm is a desk over the fake Slack in virtual time, with no network between.
func storm(t *testing.T, change ...func(*slack.Config)) (*slacktest.Server, *slack.Desk, *ledger) {
	fake, err := slacktest.New(slacktest.Config{SigningSecret: secret, BotToken: token, TeamID: team, AppID: app, BaseURL: "http://127.0.0.1",
		Users: users(), Channels: []slacktest.Channel{{ID: channel, Name: "incident", IsPrivate: true, Members: []string{"U0ANA"}}}})
	require.NoError(t, err)
	t.Cleanup(func() { fake.Close() })
	l := &ledger{states: map[incident.ID]incident.State{}}
	c := slack.Config{Token: token, SigningSecrets: []slack.Secret{secret}, TeamID: team, AppID: app,
		Channels: map[string]string{"incidents": channel}, Transport: fake.RoundTripper(), APIURL: "http://127.0.0.1/api/", Newest: l.newest}
	for _, f := range change {
		f(&c)
	}
	desk, err := slack.NewDesk(c)
	require.NoError(t, err)
	return fake, desk, l
}

func open1(i int) incident.State {
	p := plan()
	p.Incident = incident.ID(fmt.Sprintf("01JEQ7V5M2K3%04d", i))
	p.Title = fmt.Sprintf("pause vault %d", i)
	s := incident.State{ID: p.Incident}
	for _, body := range []incident.Body{opened(), incident.Planned{Plan: p, Digest: p.Digest()},
		incident.Asked{Digest: p.Digest(), Deadline: time.Now().Add(time.Hour)}} {
		next, err := s.Foresee(incident.Draft{Body: body, Seen: time.Now()})
		if err != nil {
			panic(err)
		}
		s = next
	}
	return s
}

// TestInAStormOfCardsEndsGoFirstAndNoRateIsExceeded updates 300 cards at once,
// of which 30 end while they wait. Slack refuses nothing, every end is shown
// before any card that is still open, and each card is written once however
// often it changed meanwhile.
func TestInAStormOfCardsEndsGoFirstAndNoRateIsExceeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const cards, ends = 300, 30
		fake, desk, l := storm(t)
		var all []incident.State
		for i := range cards {
			l.put(open1(i))
		}
		began := time.Now()
		var posting sync.WaitGroup
		for _, id := range slices.Collect(maps.Keys(l.states)) { // before anybody writes
			posting.Go(func() {
				s, _ := l.newest(t.Context(), id)
				at, err := desk.Post(t.Context(), s)
				require.NoError(t, err)
				l.change(id, at)
			})
		}
		posting.Wait()
		t.Logf("%d cards posted in %s of Slack's time", cards, time.Since(began).Round(time.Second))
		for i := range cards {
			s, _ := l.newest(t.Context(), incident.ID(fmt.Sprintf("01JEQ7V5M2K3%04d", i)))
			all = append(all, s)
		}
		began = time.Now()
		var updating sync.WaitGroup
		done := make(chan incident.ID, cards)
		for _, s := range all {
			l.change(s.ID, vote("ana", incident.Approve, s))
			updating.Go(func() {
				now, _ := l.newest(t.Context(), s.ID)
				_, err := desk.Update(t.Context(), now)
				require.NoError(t, err)
				done <- s.ID
			})
		}
		synctest.Wait() // all of them wait, but for the burst
		before := len(fake.Calls("chat.update"))
		for i := range ends {
			l.change(all[cards-1-i].ID, incident.Lapsed{Why: "the deadline passed"})
		}
		for _, s := range all {
			if now, _ := l.newest(t.Context(), s.ID); !now.Phase().Ended() {
				l.change(s.ID, vote("ben", incident.Deny, s)) // and again, while it waits
			}
		}
		updating.Wait()
		took := time.Since(began).Round(time.Second)
		t.Logf("%d cards updated in %s of Slack's time, %d of them ended", cards, took, ends)
		assert.Equal(t, 435*time.Second, took, "ten at once and forty a minute: no turn is left unused")

		calls := fake.Calls("chat.update")
		assert.Len(t, calls, cards, "one call for each card, whatever happened while it waited")
		assert.Empty(t, fake.Overruns(), "Slack refuses nothing")
		shown := 0
		for i, call := range calls[before:] {
			if m, ok := fake.Message(channel, call.Args["ts"]); ok && len(m.Buttons()) == 0 {
				assert.Equal(t, shown, i, "an end was shown after %d cards that are still open", i-shown)
				shown++
			}
		}
		assert.GreaterOrEqual(t, shown, ends-before)
	})
}

func vote(person string, d incident.Decision, s incident.State) incident.Voted {
	return incident.Voted{Vote: incident.Vote{Person: person, Team: "security", Decision: d, Digest: s.Run().Digest,
		Assurance: incident.AssuranceSlack, Delivery: string(s.ID) + person + string(d)}}
}

func TestARateLimitOfSlacksHoldsEverybodyOffAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, desk, l := storm(t)
		require.NoError(t, fake.Inject(slacktest.Fault{Method: "chat.postMessage", Times: 1, Effect: slacktest.EffectRateLimit, RetryAfter: 30 * time.Second}))
		began := time.Now()
		var posting sync.WaitGroup
		for i := range 3 {
			l.put(open1(i))
			posting.Go(func() { _, err := desk.Post(t.Context(), open1(i)); assert.NoError(t, err) })
		}
		posting.Wait()
		assert.Len(t, fake.Messages(channel), 3)
		assert.GreaterOrEqual(t, time.Since(began), 30*time.Second)
		assert.LessOrEqual(t, len(fake.Calls("chat.postMessage")), 6, "nobody hammers on a door that is shut")
	})
}

func TestALineUnderACardThatTheEndMadeNeedlessIsNotSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, desk, l := storm(t)
		s := open1(1)
		l.put(s)
		at, err := desk.Post(t.Context(), s)
		require.NoError(t, err)
		l.change(s.ID, at, vote("ana", incident.Approve, s))
		asked, _ := l.newest(t.Context(), s.ID)
		l.change(s.ID, incident.Lapsed{Why: "the deadline passed"})
		told, err := desk.Tell(t.Context(), asked, "run0/vote/0")
		require.NoError(t, err)
		assert.Contains(t, told.Text, "not said")
		assert.Len(t, fake.Messages(channel), 1)
	})
}

// TestTwoHundredClicksOfTwentyPeopleAreOneDecision lets each of twenty people
// submit ten times, all at once, on a request that two have to approve.
func TestTwoHundredClicksOfTwentyPeopleAreOneDecision(t *testing.T) {
	var people []approvals.Person
	var extra []slacktest.User
	var ids []string
	for i := range 20 {
		id := fmt.Sprintf("U0P%02d", i)
		ids = append(ids, id)
		extra = append(extra, slacktest.User{ID: id, Name: fmt.Sprintf("p%02d", i)})
		people = append(people, approvals.Person{Name: fmt.Sprintf("p%02d", i), Teams: []string{"security"}, SlackTeam: team, SlackUser: id})
	}
	crowd, err := approvals.NewRoster(people)
	require.NoError(t, err)
	st := open(t, func(st *stage, _ *slack.Config, fc *slacktest.Config) {
		st.book.rules = approvals.Rules{Roster: crowd}
		fc.Users, fc.Limits = append(fc.Users, extra...), &slacktest.Limits{Off: true}
		fc.Channels[0].Members = append(fc.Channels[0].Members, ids...)
	})
	st.post()
	var attempts []*slacktest.Attempt
	for _, id := range ids {
		require.True(t, st.click(id, review).Acked)
		for range 10 {
			a, err := st.fake.NewSubmit(id, st.view(id).ID, map[string]map[string]string{"phrase": {"phrase": thePlan}})
			require.NoError(t, err)
			attempts = append(attempts, a)
		}
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	acked := 0
	for _, a := range attempts {
		all.Go(func() {
			d, err := a.Send(context.WithoutCancel(t.Context()))
			assert.NoError(t, err)
			mu.Lock()
			defer mu.Unlock()
			if d.Acked {
				acked++
			}
		})
	}
	all.Wait()
	assert.Equal(t, 1, st.book.count(incident.KindAuthorised), "exactly one decision")
	assert.Equal(t, 2, st.book.count(incident.KindVoted), "nobody's vote twice, and none after the decision")
	assert.Equal(t, 200, acked, "everybody is told what became of the click")
	t.Logf("200 submissions of 20 people: 2 votes, 1 decision, %d refused or repeated and recorded", len(st.records()))
}
