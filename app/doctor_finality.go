package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/verifier"
)

// tagSight is what an endpoint says of a block tag.
type tagSight struct {
	number  uint64
	unknown bool  // it answered that there is no such tag
	err     error // it did not answer
}

// lookAtTags asks an endpoint for the blocks that the tags of finality name.
func (s *sight) lookAtTags(ctx context.Context, e *rpcSight) {
	e.tags = map[string]tagSight{}
	for _, tag := range []string{incident.LevelSafe, incident.LevelFinalized} {
		head, err := ask[*header](ctx, s, e, "eth_getBlockByNumber", tag, false)
		switch {
		case err != nil && !verifier.UnknownTag(err):
			e.tags[tag] = tagSight{err: err}
		case err != nil || head == nil:
			e.tags[tag] = tagSight{unknown: true}
		default:
			e.tags[tag] = tagSight{number: uint64(head.Number)}
		}
	}
}

// judgeFinality says whether the endpoints serve what ends a verification.
func (s *sight) judgeFinality(p *page) {
	check := "finality " + s.name
	if len(s.usable) == 0 {
		p.notTold(check, "no endpoint of chain %s can be asked", s.name)
		return
	}
	if len(s.levels) == 0 {
		hint := ""
		if known, _ := s.who(incident.LevelFinalized); len(known) == len(s.usable) {
			hint = "; every endpoint knows the tag finalized too, see chains." + s.name + ".finality"
		}
		p.ok(check, "a goal is final %s%s", s.ends(), hint)
		return
	}
	var ways []string
	for i, level := range s.levels {
		known, unknown := s.who(level)
		switch final := i == len(s.levels)-1; {
		case len(known) == 0 && final:
			p.fail(check, fmt.Sprintf("name an endpoint that serves it, or set chains.%s.finality to safe or none", s.name),
				"no endpoint knows the tag %s: a goal would hold and never be final", level)
			return
		case len(known) == 0:
			p.warn(check, fmt.Sprintf("name an endpoint that serves it, or set chains.%s.finality", s.name),
				"no endpoint knows the tag %s: that level is left out", level)
			return
		case len(unknown) > 0:
			p.warn(check, "ask the operator of "+strings.Join(unknown, " and ")+", or name another endpoint",
				"%s do not tell the block %s: it is read from %s alone", strings.Join(unknown, " and "), level, strings.Join(known, " and "))
			return
		}
		ways = append(ways, fmt.Sprintf("%s is %d blocks behind", level, s.behind(level)))
	}
	p.ok(check, "a goal is final %s; %s", s.ends(), strings.Join(ways, ", "))
}

// who names the endpoints that tell the block of a tag, and those that do not.
func (s *sight) who(tag string) (known, unknown []string) {
	for _, e := range s.usable {
		if t := e.tags[tag]; t.unknown || t.err != nil {
			unknown = append(unknown, e.name)
			continue
		}
		known = append(known, e.name)
	}
	return known, unknown
}

// behind is how far the tag is behind the head, at the endpoint where it is the
// furthest.
func (s *sight) behind(tag string) uint64 {
	var most uint64
	for _, e := range s.usable {
		if t := e.tags[tag]; !t.unknown && t.err == nil && uint64(e.head.Number) > t.number {
			most = max(most, uint64(e.head.Number)-t.number)
		}
	}
	return most
}
