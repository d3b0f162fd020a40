package approvals

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// maxPeople bounds a roster. A list of thousands is a directory, and nobody
// reviews a directory.
const maxPeople = 1000

// Person is somebody who may be asked. The name is the principal: whatever
// accounts and keys a person has, they vote as one name.
type Person struct {
	Name  string   `json:"name"`  // letters, digits, and . _ @ - inside; unique whatever the case
	Teams []string `json:"teams"` // at least one
	// SlackTeam and SlackUser are the workspace ("T...") and the member id
	// ("U..."), both or neither. Display names are free text and no identity.
	SlackTeam string `json:"slack_team,omitempty"`
	SlackUser string `json:"slack_user,omitempty"`
}

// Roster is the list of people who may be asked. It is fixed once built and
// safe for concurrent use. The zero value is empty, and an empty roster
// refuses everybody.
type Roster struct {
	people []Person // sorted by name
	digest incident.Digest
}

var (
	namePattern      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`)
	slackTeamPattern = regexp.MustCompile(`^[TE][A-Z0-9]{2,30}$`)
	slackUserPattern = regexp.MustCompile(`^[UW][A-Z0-9]{2,30}$`)
)

// NewRoster checks and freezes a list of people. Its error names every person
// that is at fault.
func NewRoster(people []Person) (Roster, error) {
	if len(people) == 0 {
		return Roster{}, errors.New("the roster is empty, so nobody could approve anything; name at least one person")
	}
	if len(people) > maxPeople {
		return Roster{}, fmt.Errorf("the roster has %d people, at most %d are allowed", len(people), maxPeople)
	}
	r := Roster{people: make([]Person, 0, len(people))}
	var found []error
	names, accounts := map[string]string{}, map[string]string{}
	for _, p := range people {
		p.Teams = slices.Clone(p.Teams)
		slices.Sort(p.Teams)
		found = append(found, p.check()...)
		if earlier, twice := names[strings.ToLower(p.Name)]; twice {
			found = append(found, fmt.Errorf("%q is on the roster twice (as %q too): one person has one vote", p.Name, earlier))
		}
		names[strings.ToLower(p.Name)] = p.Name
		if account := p.SlackTeam + "/" + p.SlackUser; p.SlackUser != "" {
			if other, taken := accounts[account]; taken {
				found = append(found, fmt.Errorf("%q and %q have the same Slack account %s: a click would be two people's", other, p.Name, account))
			}
			accounts[account] = p.Name
		}
		r.people = append(r.people, p)
	}
	if err := errors.Join(found...); err != nil {
		return Roster{}, fmt.Errorf("roster: %w", err)
	}
	slices.SortFunc(r.people, func(a, b Person) int { return strings.Compare(a.Name, b.Name) })
	// Sorted people with sorted teams in fields of fixed order have one
	// encoding, which names escape nothing out of (see namePattern).
	raw, err := json.Marshal(r.people)
	if err != nil {
		return Roster{}, fmt.Errorf("encode roster: %w", err)
	}
	r.digest = incident.DigestOf("firebreak-roster/1", raw)
	return r, nil
}

func (p Person) check() []error {
	var found []error
	if !namePattern.MatchString(p.Name) {
		found = append(found, fmt.Errorf("%.80q is no name: use up to 64 letters, digits and . _ @ -", p.Name))
	}
	if len(p.Teams) == 0 {
		found = append(found, fmt.Errorf("%q is in no team and could never be counted", p.Name))
	}
	for i, team := range p.Teams {
		if !namePattern.MatchString(team) {
			found = append(found, fmt.Errorf("%q is in team %.80q, which is no name: use up to 64 letters, digits and . _ @ -", p.Name, team))
		}
		if i > 0 && p.Teams[i-1] == team {
			found = append(found, fmt.Errorf("%q is in team %q twice", p.Name, team))
		}
	}
	if p.SlackTeam == "" && p.SlackUser == "" {
		return found
	}
	if !slackTeamPattern.MatchString(p.SlackTeam) || !slackUserPattern.MatchString(p.SlackUser) {
		found = append(found, fmt.Errorf("%q has Slack account %.40q in workspace %.40q: want a member id such as U07AB12CD3E and a team id such as T0GUARD001, both",
			p.Name, p.SlackUser, p.SlackTeam))
	}
	return found
}

// Digest is over every field of every person, whatever the order they were
// listed in. It is zero for the empty roster.
func (r Roster) Digest() incident.Digest { return r.digest }

// Len is the number of people.
func (r Roster) Len() int { return len(r.people) }

// Person finds somebody by exact name.
func (r Roster) Person(name string) (Person, bool) {
	i, ok := slices.BinarySearchFunc(r.people, name, func(p Person, name string) int { return strings.Compare(p.Name, name) })
	if !ok {
		return Person{}, false
	}
	return r.people[i].clone(), true
}

// BySlack finds somebody by workspace and member id, the only identity that a
// click carries.
func (r Roster) BySlack(team, user string) (Person, bool) {
	for _, p := range r.people {
		if user != "" && p.SlackUser == user && p.SlackTeam == team {
			return p.clone(), true
		}
	}
	return Person{}, false
}

// clone keeps callers from changing a team list that others read.
func (p Person) clone() Person {
	p.Teams = slices.Clone(p.Teams)
	return p
}

// In tells whether the person is in the team.
func (p Person) In(team string) bool { return slices.Contains(p.Teams, team) }
