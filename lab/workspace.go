package lab

import (
	"fmt"
	"strings"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

// The lab's Slack workspace.
const (
	teamID    = "T0FIREBREAK"
	appID     = "A0FIREBREAK"
	channelID = "C0INCIDENT"

	slackToken  = "xoxb-lab-token-of-no-worth"
	slackSecret = "lab-signing-secret-of-no-worth"

	slackAppToken = "xapp-lab-token-of-no-worth"
)

// guardians are the people who are asked: three of security, two of protocol.
var guardians = []string{"ana", "ben", "cho", "dee", "eli"}

// slackID is a guardian's member id in the lab's workspace.
func slackID(name string) string { return "U0" + strings.ToUpper(name) }

// newSlack makes the fake Slack with the lab's people in one private channel.
func newSlack(o Options) (*slacktest.Server, error) {
	var people []slacktest.User
	var members []string
	for _, name := range guardians {
		people = append(people, slacktest.User{ID: slackID(name), Name: name, RealName: strings.ToUpper(name[:1]) + name[1:]})
		members = append(members, slackID(name))
	}
	s, err := slacktest.New(slacktest.Config{
		SigningSecret: slackSecret, BotToken: slackToken, TeamID: teamID, TeamDomain: "firebreak-lab", AppID: appID,
		Users: people, Logger: o.Log,
		Limits: &slacktest.Limits{Off: o.Storm}, AppToken: slackAppToken, SocketMode: o.Socket,
		Channels: []slacktest.Channel{{ID: channelID, Name: "inc-onchain", IsPrivate: true, Members: members,
			Topic: "Incidents on chain. This is a fake Slack for practice."}},
	})
	if err != nil {
		return nil, fmt.Errorf("start the fake Slack: %w", err)
	}
	return s, nil
}
