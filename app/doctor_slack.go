package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/playbooks"
)

// slackSight is what Slack told.
type slackSight struct {
	date, at time.Time // its clock, and ours in the middle of the question

	mu      sync.Mutex
	fit     map[string]bool     // by person: whether a vote would count; missing: not told
	members map[string][]string // by channel: user ids; missing: not told
}

// askSlack asks whether people can be asked, and whether their votes would
// count. Nothing is posted.
func (d *doctor) askSlack(ctx context.Context, p *page) {
	d.slack.fit, d.slack.members = map[string]bool{}, map[string][]string{}
	config, err := (&App{c: d.c, o: Options{Log: mute()}}).slackConfig()
	config.Channels = d.inv.Channels()
	if err != nil {
		p.notTold("slack token", "its files cannot be read")
		return
	}
	config.Timeout = min(config.Timeout, stageTime)
	probe, err := slack.NewProbe(config)
	if err != nil {
		p.fail("slack token", "mend slack of the configuration, and channels of the inventory", "%s", err)
		return
	}
	d.judgePager(p)
	if !d.askIdentity(ctx, p, probe) {
		return
	}
	d.askSocket(ctx, p, probe)
	channels := d.inv.Channels()
	each(p, slices.Sorted(maps.Keys(channels)), func(p *page, name string) { d.askChannel(ctx, p, probe, name) })
	each(p, d.inv.Roster(), func(p *page, person playbooks.Person) { d.askPerson(ctx, p, probe, person) })
	for _, plan := range d.plans {
		d.judgeQuorum(p, plan)
	}
}

// askIdentity tells whether it is worth asking anything else.
func (d *doctor) askIdentity(ctx context.Context, p *page, probe *slack.Probe) bool {
	const check = "slack token"
	begun := time.Now()
	id, err := probe.Identity(ctx)
	if err != nil {
		mend := "check that this machine reaches Slack; without it nobody can be asked"
		if _, answered := errors.AsType[*slack.Denied](err); answered {
			mend = "install the app in the workspace again, and put its bot token into slack.token_file"
		}
		p.fail(check, mend, "Slack %s", why(err))
		return false
	}
	d.slack.date, d.slack.at = id.Date, begun.Add(time.Since(begun)/2)
	if id.Team != d.c.Slack.Team {
		p.fail(check, "mend slack.team, or put the other workspace's token into slack.token_file", "the token is of workspace %s, the configuration says %s", id.Team, d.c.Slack.Team)
		return false
	}
	p.ok(check, "Slack takes it: workspace %s", id.Team)
	app, err := probe.App(ctx, id.Bot)
	switch {
	case err != nil:
		p.notTold("slack app", "Slack %s", why(err))
	case app != d.c.Slack.App:
		p.fail("slack app", "mend slack.app, or put the other app's token into slack.token_file; clicks of another app are refused", "the token is of app %s, the configuration says %s", app, d.c.Slack.App)
	default:
		p.ok("slack app", "the token is of app %s", app)
	}
	d.judgeScopes(p, id.Scopes)
	return true
}

// judgeScopes looks for what the app needs. Slack names the scopes of a token
// beside every answer; posting is the one that cannot be tried.
func (d *doctor) judgeScopes(p *page, granted []string) {
	if granted == nil {
		p.notTold("slack scopes", "Slack does not say what the token may do")
		return
	}
	lacks := func(scopes ...string) (missing []string) {
		for _, scope := range scopes {
			if !slices.Contains(granted, scope) {
				missing = append(missing, scope)
			}
		}
		return missing
	}
	const mend = "add them to the app, by firebreak slack manifest, and install it again"
	if missing := lacks("chat:write", "users:read"); len(missing) > 0 {
		p.fail("slack scopes", mend, "the token lacks %s", strings.Join(missing, " and "))
		return
	}
	if missing := lacks("commands", "files:write"); len(missing) > 0 {
		p.warn("slack scopes", mend, "the token lacks %s: without commands there is no /firebreak, without files:write a long plan has no file", strings.Join(missing, " and "))
		return
	}
	p.ok("slack scopes", "the token may post and look people up")
}

// askSocket asks for a WebSocket's address and does not go there.
func (d *doctor) askSocket(ctx context.Context, p *page, probe *slack.Probe) {
	if d.c.Slack.Transport != SlackSocket {
		return
	}
	const check = "slack app token"
	token, err := readSecret(d.c.Slack.AppTokenFile)
	if err != nil {
		p.notTold(check, "its file cannot be read")
		return
	}
	if err := probe.Socket(ctx, slack.Secret(token)); err != nil {
		p.fail(check, "make an app-level token with connections:write, switch Socket Mode on, and put the token into slack.app_token_file", "Slack %s: nobody could click", why(err))
		return
	}
	p.ok(check, "Slack opens Socket Mode to it")
}

// judgePager looks for a way to people beside Slack.
func (d *doctor) judgePager(p *page) {
	const mend = "name a pager or a webhook under pager, and an approval page under console"
	switch {
	case d.c.Pager == nil && d.c.Console == nil:
		p.warn("beside slack", mend, "when Slack is away nobody is paged, and nobody can vote")
	case d.c.Pager == nil:
		p.warn("beside slack", mend, "when Slack is away nobody is paged; those who know can vote on the approval page")
	case d.c.Console == nil:
		p.warn("beside slack", mend, "when Slack is away people are paged and cannot vote")
	default:
		p.ok("beside slack", "people are paged by %s and can vote at %s", d.c.Pager.Kind, d.c.Console.Origin)
	}
}

func (d *doctor) askChannel(ctx context.Context, p *page, probe *slack.Probe, name string) {
	check, id := "channel "+name, d.inv.Channels()[name]
	flaws, err := probe.Channel(ctx, id)
	denied, answered := errors.AsType[*slack.Denied](err)
	switch {
	case answered && denied.Code == "channel_not_found":
		p.fail(check, fmt.Sprintf("invite the app into the channel, or mend channels.%q of the inventory", name), "Slack shows the app no channel %s: it does not exist, or is private without the app", id)
		return
	case answered:
		p.fail(check, "give the app the scopes groups:read and channels:read, and install it again", "Slack %s", why(err))
		return
	case err != nil:
		p.notTold(check, "Slack %s", why(err))
		return
	case len(flaws) > 0:
		p.fail(check, "open it again, invite the app, or end the sharing; or name another channel: cards could not be posted or votes would not count",
			"%s %s", id, strings.Join(flaws, ", and "))
		return
	}
	members, whole, err := probe.Members(ctx, id)
	if err != nil || !whole {
		p.ok(check, "%s is open, the app is in it, and it is shared with nobody; who else is in it was not told", id)
		return
	}
	d.slack.mu.Lock()
	d.slack.members[name] = members
	d.slack.mu.Unlock()
	p.ok(check, "%s is open, the app is in it with %d others, and it is shared with nobody", id, max(0, len(members)-1))
}

func (d *doctor) askPerson(ctx context.Context, p *page, probe *slack.Probe, person playbooks.Person) {
	check := "guardian " + person.Name
	if person.Slack == "" {
		d.vouch(person.Name, false)
		p.warn(check, fmt.Sprintf("give people.%s a slack id in the inventory, or take the person out of the teams", person.Name), "has no Slack account here, so cannot vote")
		return
	}
	flaws, err := probe.Person(ctx, person.Slack)
	if err != nil {
		p.notTold(check, "Slack %s", why(err))
		return
	}
	d.vouch(person.Name, len(flaws) == 0)
	if len(flaws) > 0 {
		p.fail(check, fmt.Sprintf("mend people.%s in the inventory, or take the person out of the teams: a vote would not count", person.Name),
			"%s %s", person.Slack, strings.Join(flaws, ", and "))
		return
	}
	p.ok(check, "%s is an active full member; of %s", person.Slack, strings.Join(person.Teams, " and "))
}

func (d *doctor) vouch(person string, fit bool) {
	d.slack.mu.Lock()
	defer d.slack.mu.Unlock()
	d.slack.fit[person] = fit
}

// judgeQuorum tells whether enough people could agree, by the rule that counts
// votes, and whether one who sleeps is enough to stop it.
func (d *doctor) judgeQuorum(p *page, plan outlined) {
	check := "quorum " + plan.Name
	rules := approvals.Rules{Roster: d.people}
	var fit, perhaps, absent []string
	members, told := d.slack.members[plan.Quorum.Channel]
	for _, person := range d.inv.Roster() {
		if !slices.ContainsFunc(plan.Quorum.Teams, func(team string) bool { return slices.Contains(person.Teams, team) }) {
			continue
		}
		can, known := d.slack.fit[person.Name]
		if can || !known {
			perhaps = append(perhaps, person.Name)
		}
		if can {
			fit = append(fit, person.Name)
		}
		if can && told && !slices.Contains(members, person.Slack) {
			absent = append(absent, person.Name)
		}
	}
	asks := fmt.Sprintf("%d of %s", plan.Quorum.Need, strings.Join(plan.Quorum.Teams, " and "))
	mend := "add people to these teams in the inventory, or ask fewer"
	switch {
	case !rules.Reachable(plan.Quorum, perhaps):
		plan.grave(p, check, mend, fmt.Sprintf("it needs %s, and only %s could vote", asks, names(fit)))
		return
	case !rules.Reachable(plan.Quorum, fit):
		p.notTold(check, "it needs %s; for some of them Slack did not tell whether they could vote", asks)
		return
	case len(absent) > 0:
		p.warn(check, "invite them into "+plan.Quorum.Channel, "%s cannot see the card: not in %s", names(absent), plan.Quorum.Channel)
		return
	}
	for _, one := range fit {
		others := slices.DeleteFunc(slices.Clone(fit), func(name string) bool { return name == one })
		if !rules.Reachable(plan.Quorum, others) {
			p.warn(check, mend, "it needs %s, and without %s it cannot be reached", asks, one)
			return
		}
	}
	p.ok(check, "it needs %s, and %d people could vote; any one of them may sleep", asks, len(fit))
}

// names lists people, or says that there are none.
func names(people []string) string {
	if len(people) == 0 {
		return "nobody"
	}
	return strings.Join(people, ", ")
}
