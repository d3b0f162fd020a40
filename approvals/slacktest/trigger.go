package slacktest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// trigger is the right to open one view for one user, for three seconds.
type trigger struct {
	user    string
	viewID  string // the view it came from, for views.push
	expires time.Time
	used    bool
}

// newTrigger issues a trigger id. The caller holds mu.
func (s *Server) newTrigger(user, viewID string) string {
	now := s.cfg.Now()
	id := fmt.Sprintf("%d.%s.%s", now.UnixMicro(), strconv.FormatInt(now.Unix(), 10), randomHex(16))
	s.triggers[id] = &trigger{user: user, viewID: viewID, expires: now.Add(triggerLife)}
	return id
}

// checkTrigger finds a trigger that still works. It is spent by the caller
// once the call succeeds, so that a refused view can be tried again in time.
func (s *Server) checkTrigger(id string) (*trigger, *refusal) {
	t, known := s.triggers[id]
	switch {
	case !known || strings.Count(id, ".") != 2:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case s.cfg.Now().After(t.expires):
		return nil, refuse("expired_trigger_id")
	}
	return t, nil
}
