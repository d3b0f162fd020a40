package approvals_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
)

func TestARosterThatCannotBeTrustedIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		people []approvals.Person
		says   string
	}{
		"empty":              {nil, "nobody could approve"},
		"no name":            {[]approvals.Person{person("", "U0ANA", "a")}, "is no name"},
		"hostile name":       {[]approvals.Person{person("<!channel>", "U0ANA", "a")}, "is no name"},
		"name twice":         {[]approvals.Person{person("ana", "U0ANA", "a"), person("ana", "U0BEN", "a")}, "on the roster twice"},
		"twice but for case": {[]approvals.Person{person("ana", "U0ANA", "a"), person("Ana", "U0BEN", "a")}, "on the roster twice"},
		"account twice":      {[]approvals.Person{person("ana", "U0ANA", "a"), person("ben", "U0ANA", "a")}, "same Slack account"},
		"no team":            {[]approvals.Person{person("ana", "U0ANA")}, "in no team"},
		"team twice":         {[]approvals.Person{person("ana", "U0ANA", "a", "a")}, "twice"},
		"empty team":         {[]approvals.Person{person("ana", "U0ANA", "")}, "is no name"},
		"display name":       {[]approvals.Person{person("ana", "Ana", "a")}, "member id"},
		"half an account":    {[]approvals.Person{{Name: "ana", Teams: []string{"a"}, SlackUser: "U0ANA"}}, "both"},
		"a whole directory":  {make([]approvals.Person, 1001), "at most 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := approvals.NewRoster(c.people)
			assert.ErrorContains(t, err, c.says)
			assert.Zero(t, r.Len())
			assert.True(t, r.Digest().IsZero())
		})
	}
}

func TestARosterIsTheSameInAnyOrderAndChangesWithAnyField(t *testing.T) {
	people := []approvals.Person{person("ana", "U0ANA", "security", "treasury"), person("ben", "U0BEN", "security")}
	a, err := approvals.NewRoster(people)
	require.NoError(t, err)
	slices.Reverse(people)
	slices.Reverse(people[1].Teams)
	b, err := approvals.NewRoster(people)
	require.NoError(t, err)
	assert.True(t, a.Digest().Equal(b.Digest()))
	for name, change := range map[string]func(*approvals.Person){
		"name":  func(p *approvals.Person) { p.Name = "bea" },
		"teams": func(p *approvals.Person) { p.Teams = []string{"treasury"} },
		"team":  func(p *approvals.Person) { p.SlackTeam = "T0OTHER" },
		"user":  func(p *approvals.Person) { p.SlackUser = "U0BEA" },
	} {
		changed := slices.Clone(people)
		change(&changed[0])
		c, err := approvals.NewRoster(changed)
		require.NoError(t, err)
		assert.False(t, a.Digest().Equal(c.Digest()), name)
	}
}

func TestAnAccountIsFoundOnlyInItsOwnWorkspace(t *testing.T) {
	r, err := approvals.NewRoster([]approvals.Person{person("ana", "U0ANA", "a"), {Name: "eli", Teams: []string{"a"}}})
	require.NoError(t, err)
	ana, ok := r.BySlack("T0GUARD001", "U0ANA")
	assert.True(t, ok)
	assert.Equal(t, "ana", ana.Name)
	for _, account := range [][2]string{{"T0OTHER", "U0ANA"}, {"T0GUARD001", "U0BEN"}, {"", "U0ANA"}, {"T0GUARD001", ""}, {"", ""}} {
		_, ok := r.BySlack(account[0], account[1])
		assert.False(t, ok, "%v is nobody's account", account)
	}
}

func TestACallerCannotChangeARoster(t *testing.T) {
	in := []approvals.Person{person("ana", "U0ANA", "a", "b")}
	r, err := approvals.NewRoster(in)
	require.NoError(t, err)
	in[0].Teams[0] = "c"
	out, _ := r.Person("ana")
	out.Teams[0] = "d"
	again, _ := r.Person("ana")
	assert.Equal(t, []string{"a", "b"}, again.Teams)
}
