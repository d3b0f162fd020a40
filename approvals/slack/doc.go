// Package slack asks people in Slack and relays what they say: it posts cards,
// opens reviews, turns a submitted review into a vote, and tells people what
// came of it. It never decides: the journal is the record, and nothing in
// Slack (text, button value, channel membership) is authority.
//
// Two doors lead here. [Desk] shows and tells; it fails open, so that a
// duplicate message is possible and a missing one is not, and it keeps below
// Slack's rates with ends first ([Pace]). [Handler] takes clicks, commands and
// events, over HTTP or from a [Socket]; it fails closed, and a vote that could
// not be stored is never acknowledged.
//
// A click on a card opens a review that is rendered from the journal, not
// from the card: whoever can edit the card can change neither what is shown
// in the review nor what is signed. The submitted review is the vote, at
// assurance "slack": a stolen Slack account can cast it, so it may stand only
// where the signer's own rules ask for no guardian signature.
package slack
