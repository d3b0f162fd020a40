package engine

import (
	"errors"
	"runtime/debug"

	"github.com/firebreak-project/firebreak/incident"
)

// contain calls a part and turns its panic into an error. An effect is safe to
// repeat and what counts is on disk, so nothing of ours is half done; without
// this, one alert that some part cannot stomach would end the daemon, and end
// it again at every start, with every other incident in it. What it panicked
// with stays in the log: it can be anything, a secret too.
func (e *Engine) contain(part string, call func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			e.o.Log.Error("a part panicked", "part", part, "err", p, "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	call()
	return nil
}

// errPanic says that a part panicked.
var errPanic = errors.New("a fault in the program; its log says where")

// afterFault says what follows a panic. Most effects are asked again: the next
// block or message may be one that the part can stomach. A plan is made from
// the same alert and the same playbook each time, and people wait for it.
func afterFault(do incident.Do, fault error) ([]incident.Body, error) {
	if do != incident.DoPlan {
		return nil, fault
	}
	return []incident.Body{incident.Escalated{Stage: "plan", Why: "no plan could be made: " + fault.Error(),
		Mend: "decide by hand; nothing was prepared and nothing was sent"}}, nil
}

// match asks the playbooks about an alert. Where they panic a person is asked
// instead: one incident for all such alerts, which plans nothing.
func (e *Engine) match(alert incident.Alert) (opened []incident.Opened) {
	if fault := e.contain("match", func() { opened = e.o.Playbooks.Match(alert) }); fault != nil {
		return []incident.Opened{{Key: "match-fault", Playbook: incident.PlaybookRef{Name: "none"}, Mode: incident.ModeOff,
			Cooldown: faultCooldown, MatchFail: fault.Error()}}
	}
	return opened
}

// observe tells the observer of facts that are on disk.
func (e *Engine) observe(s incident.State, facts []incident.Fact) {
	_ = e.contain("observer", func() { e.o.Observe(s, facts) }) // it is in the log
}
