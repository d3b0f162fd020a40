package incident

import "time"

// Do is what is owed. Imperative, and safe to repeat.
type Do string

// What an incident can owe.
const (
	DoPlan       Do = "plan"        // evaluate the playbook and freeze the plan
	DoRecord     Do = "record"      // append Body; it needs nothing from outside
	DoPostCard   Do = "post-card"   // show the request to people
	DoUpdateCard Do = "update-card" // show them what has changed
	DoTell       Do = "tell"        // tell people once, under Key
	DoPrice      Do = "price"       // give Steps nonces and fees
	DoSign       Do = "sign"        // have the last attempts of Steps signed
	DoBroadcast  Do = "broadcast"   // offer the signed bytes of Steps to every endpoint
	DoWatch      Do = "watch"       // until a block settles a step, or higher fees are due
	DoRecheck    Do = "recheck"     // is the goal of a reverted or preempted step reached all the same?
	DoVerify     Do = "verify"      // read an included step's checks at its block
	DoFinalise   Do = "finalise"    // read them again at the next level, or at depth
)

// Effect is one thing that is owed. The zero At means at once. Steps are in
// the plan's order; each may be carried out by itself.
type Effect struct {
	Do      Do
	Run     int
	Steps   []string
	Body    Body
	At      time.Time
	Version int    // of the card; of a watch, how many directions it has been given
	Key     string // of what is told
}
