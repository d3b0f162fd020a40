// Package console is the second way to vote, for when Slack is down or doubted:
// pages and a JSON API over HTTPS, served by the daemon itself.
//
// A guardian signs in with a passkey or a wallet, reads the plan as the journal
// has it, and votes with a signature over it. The votes are the ones that the
// key in Vault counts; the console only carries them. A session reads and does
// nothing else: every vote needs a signature of its own, so a stolen session
// cannot vote. Links carry the id of a request and no secret.
//
// Nothing is kept on disk: sessions end with the process, challenges carry
// their own proof, and passkeys are enrolled in the guardian document of the
// key and nowhere else.
package console
