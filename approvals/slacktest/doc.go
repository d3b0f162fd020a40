// Package slacktest is a fake Slack for tests, demos and drills: it obeys
// Slack's own rules and limits, signs interactions as Slack does, and shows
// the channel in a browser, where a person clicks as any guardian.
//
// A [Server] is an [http.Handler] with five doors:
//
//	/api/<method>     the Web API (use [Server.APIURL] as the client's base)
//	/upload/<id>      where files.getUploadURLExternal says to send the bytes
//	/response/<id>    the response_url of an interaction or a command
//	/link/            Socket Mode, with a ticket of apps.connections.open
//	/                 the page for people, served to loopback hosts only
//
// What hurts in Slack hurts here too: timestamps are unique, an update without
// blocks removes the blocks, a trigger works once and for three seconds, a
// response_url five times and for thirty minutes, each method has its rate
// limit ([Server.Overruns]), and every block is checked against the published
// limits ([LintBlocks], [LintView]). [Server.Inject] makes a method fail,
// either before it took effect (lost) or after (landed);
// [Server.FaultNextEnvelope], [Server.Disconnect] and [Server.CutSockets] do
// that to Socket Mode.
//
// People act with [Server.Click], [Server.Submit] and [Server.Command], the
// workspace with [Server.Event] and [Server.RevokeToken] and its like; attacks
// start with [Server.NewClick], [Server.NewSubmit], [Server.NewCommand] and
// [Server.NewEvent]. All of it leaves over HTTP or, with Socket Mode on,
// through a socket.
//
// [Server.RoundTripper] and [Server.Dial] serve the same doors without a
// network, so that a test can let hours pass in a testing/synctest bubble.
//
// Not covered: that Slack disables a subscription whose deliveries fail, the
// hourly limit of events, that channels:read says nothing of private channels
// and groups:read nothing of public ones, user groups, Home tabs, direct
// messages, streaming, canvases, Enterprise Grid, the contents of legacy
// attachments, and the blocks and elements that [LintBlocks] names as unknown.
// State lives in memory and ends with the process; every method is safe for
// concurrent use.
package slacktest
