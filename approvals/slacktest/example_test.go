package slacktest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

func Example() {
	fake, err := slacktest.New(slacktest.Config{
		SigningSecret: "shared with the app", BotToken: "xoxb-test", TeamID: "T0GUARD001", AppID: "A07BREAKER1",
		Users:    []slacktest.User{{ID: "U0ANA", RealName: "Ana"}},
		Channels: []slacktest.Channel{{ID: "C08INCIDENT", Name: "incident", IsPrivate: true, Members: []string{"U0ANA"}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = fake.Close() }()
	if err := fake.Start("127.0.0.1:0"); err != nil {
		fmt.Println(err)
		return
	}
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cb, err := slack.InteractionCallbackParse(r) // a real app verifies first
		fmt.Println(cb.User.ID, cb.ActionCallback.BlockActions[0].Value, err)
	}))
	defer app.Close()
	fake.SetInteractivityURL(app.URL)

	ctx := context.Background()
	api := slack.New("xoxb-test", slack.OptionAPIURL(fake.APIURL()))
	pause := slack.NewButtonBlockElement("approve", "v1.r1", slack.NewTextBlockObject("plain_text", "Approve", false, false))
	_, ts, err := api.PostMessageContext(ctx, "C08INCIDENT",
		slack.MsgOptionText("Pause USDX?", false), slack.MsgOptionBlocks(slack.NewActionBlock("act.r1", pause)))
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := fake.Click(ctx, "U0ANA", "C08INCIDENT", ts, "approve")
	fmt.Println(d.Acked, err, len(fake.Calls("chat.postMessage")))
	// Output:
	// U0ANA v1.r1 <nil>
	// true <nil> 1
}
