package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// TestDoctorSaysWhereVotesAreNotTheSignaturesThatTheKeyCounts goes from a click to
// what holds: each case mends what the one before it was told.
func TestDoctorSaysWhereVotesAreNotTheSignaturesThatTheKeyCounts(t *testing.T) {
	people := consenttest.People("ana", "ben")
	people = append(people, consenttest.Person{ID: "cho", Keys: []consenttest.Keyholder{consenttest.NewEd25519("cho")}},
		consenttest.Person{ID: "fay", Keys: []consenttest.Keyholder{consenttest.NewPasskey("fay", "approve.example.org", "https://approve.example.org")}})
	roster, err := consent.ParseGuardians([]byte(consenttest.Guardians("guardian", people...)), "guardian")
	require.NoError(t, err)
	names, err := approvals.NewRoster([]approvals.Person{{Name: "ana", Teams: []string{"security"}}, {Name: "ben", Teams: []string{"security"}},
		{Name: "cho", Teams: []string{"security"}}, {Name: "dee", Teams: []string{"protocol"}}, {Name: "eli", Teams: []string{"protocol"}}, {Name: "fay", Teams: []string{"mobile"}}})
	require.NoError(t, err)
	quorum := incident.Quorum{Need: 2, Teams: []string{"security"}, Distinct: "person", Assurance: incident.AssurancePasskey, Within: 10 * time.Minute}
	for name, c := range map[string]struct {
		change  func(q *incident.Quorum, a *policy.Approvals, c *counting)
		verdict Verdict
		says    string
		mend    string
	}{
		"all is well": {func(*incident.Quorum, *policy.Approvals, *counting) {}, Passed, "3 of security could sign by passkey", ""},
		"clicks": {func(q *incident.Quorum, _ *policy.Approvals, _ *counting) { q.Assurance = incident.AssuranceSlack },
			Failed, "takes clicks", "approve.assurance: passkey"},
		"clicks where it is counted later": {func(q *incident.Quorum, a *policy.Approvals, _ *counting) {
			q.Assurance, a.Need, a.Raised = incident.AssuranceSlack, 0, []policy.Raise{{Count: 2, Window: time.Hour, Need: 2}}
		}, Failed, "once it was used often", "approve.assurance: passkey"},
		"nobody is asked": {func(q *incident.Quorum, _ *policy.Approvals, _ *counting) { q.Channel = "before" }, Failed, "sends without asking", "pre_authorize"},
		"no page":         {func(_ *incident.Quorum, _ *policy.Approvals, c *counting) { c.page = nil }, Failed, "no approval page", "add console"},
		"a passkey of the page": {func(q *incident.Quorum, _ *policy.Approvals, _ *counting) { q.Teams = []string{"security", "mobile"} },
			Passed, "4 of security and mobile could sign by passkey", ""},
		"a passkey of another page": {func(q *incident.Quorum, _ *policy.Approvals, c *counting) {
			q.Teams, q.Distinct = []string{"security", "mobile"}, "team"
			c.page = &Console{Origin: "https://vote.example.org", RPID: "example.org"}
		}, Failed, "only ana, ben, cho could sign", "guardian propose"},
		"a small quorum": {func(_ *incident.Quorum, a *policy.Approvals, _ *counting) { a.Need = 3 }, Failed, "goes ahead with 2", "approve.quorum to 3"},
		"people of another team": {func(q *incident.Quorum, _ *policy.Approvals, _ *counting) { q.Teams = []string{"protocol"} },
			Failed, "of protocol only nobody could sign", "guardian propose"},
		"a team without a key": {func(q *incident.Quorum, _ *policy.Approvals, _ *counting) {
			q.Teams, q.Distinct = []string{"protocol", "security"}, "team"
		}, Failed, "only ana, ben, cho could sign", "guardian propose"},
		"too few wallets": {func(q *incident.Quorum, a *policy.Approvals, _ *counting) {
			q.Assurance, q.Need, a.Need = incident.AssuranceWallet, 3, 3
		},
			Failed, "only ana, ben could sign by wallet", "guardian propose"},
		"more wallets than there are": {func(q *incident.Quorum, a *policy.Approvals, _ *counting) { q.Need, a.Need, a.MinEIP712 = 3, 3, 3 },
			Failed, "of security 2 have one", "enrol more wallets"},
		"a wallet that the quorum does not ask for": {func(_ *incident.Quorum, a *policy.Approvals, _ *counting) { a.MinEIP712 = 1 },
			Warned, "a quorum by passkeys stands without", "assurance: wallet"},
		"a signature that is stale before the vote ends": {func(_ *incident.Quorum, a *policy.Approvals, _ *counting) { a.MaxAge = time.Minute },
			Warned, "none older than 1m0s", "max_age"},
	} {
		t.Run(name, func(t *testing.T) {
			q, rule := quorum, policy.Rule{ID: "pause", Approvals: policy.Approvals{Need: 2}}
			counts := counting{roster: roster, people: approvals.Rules{Roster: names}, page: &Console{Origin: "https://approve.example.org", RPID: "approve.example.org"}}
			c.change(&q, &rule.Approvals, &counts)
			p := &page{}
			counts.judge(p, &trial{key: "guardian", item: playbooks.OutlineItem{ID: "pause"},
				plan: outlined{&playbooks.Playbook{Name: "drain", Mode: incident.ModeLive}, playbooks.Outline{Quorum: q, Pre: q.Channel == "before"}}}, &rule)
			require.Len(t, p.findings, 1)
			assert.Equal(t, "signatures drain/pause", p.findings[0].Check)
			assert.Equal(t, c.verdict, p.findings[0].Verdict, p.findings[0].Found)
			assert.Contains(t, p.findings[0].Found, c.says)
			assert.Contains(t, p.findings[0].Mend, c.mend)
		})
	}
}
