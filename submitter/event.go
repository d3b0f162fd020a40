package submitter

import "time"

// What names what an Event reports.
type What string

// What the submitter reports.
const (
	Answered   What = "answered"    // one endpoint answered one broadcast: Class, Kind
	Unknown    What = "unknown"     // an answer that is in no table: Text holds it
	WrongHash  What = "wrong-hash"  // an endpoint named another hash than that of the bytes
	WrongChain What = "wrong-chain" // an endpoint is of another chain, and is not used
	Late       What = "late"        // an answer came after Broadcast had returned
	Unseen     What = "unseen"      // a node took it, and no other node has it
	Raised     What = "raised"      // a higher bid is due
	AtCeiling  What = "ceiling"     // a higher bid was due and the approved cost allows none
	Taken      What = "taken"       // a nonce was spent by a transaction that is not ours
	Delegated  What = "delegated"   // the account has code (EIP-7702)
	Goal       What = "goal"        // a raise was due and the goal holds already
	Split      What = "split"       // one endpoint alone reports a higher nonce
)

// Everything lists what an Event may report, for whoever counts from zero.
func Everything() []What {
	return []What{Answered, Unknown, WrongHash, WrongChain, Late, Unseen, Raised, AtCeiling, Taken, Delegated, Goal, Split}
}

// Event is one thing worth a metric or a page. Fields that do not apply are
// zero. None of them is secret: texts have URLs and tokens taken out.
type Event struct {
	What     What
	ChainID  uint64
	Endpoint string
	Class    Class
	Kind     Kind
	Text     string
	Nonce    uint64
	Took     time.Duration
}
