package slack

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// pointer is what a button and a view carry: which request they belong to. It
// names something to look up and proves nothing.
type pointer struct {
	id       incident.ID
	revision int
	digest   string // 12 to 64 hex characters
}

var pointerPattern = regexp.MustCompile(`^v1\.[0-9A-Z]{12,26}\.r\d+\.[0-9a-f]{12,64}$`)

// maxPointer is longer than any pointer, so that no more is ever looked at.
const maxPointer = 128

func parsePointer(s string) (pointer, error) {
	if len(s) > maxPointer || !pointerPattern.MatchString(s) {
		return pointer{}, errors.New("the value is not one of ours")
	}
	parts := strings.Split(s, ".")
	id, err := incident.ParseID(parts[1])
	if err != nil {
		return pointer{}, fmt.Errorf("read value: %w", err)
	}
	revision, err := strconv.Atoi(parts[2][1:])
	if err != nil {
		return pointer{}, errors.New("the revision is out of range")
	}
	return pointer{id: id, revision: revision, digest: parts[3]}, nil
}

func pointTo(s incident.State) pointer {
	run := s.Run()
	p := pointer{id: s.ID, digest: run.Digest.String()}
	if run.Plan != nil {
		p.revision = run.Plan.Revision
	}
	return p
}

// String is the form that parsePointer reads.
func (p pointer) String() string { return fmt.Sprintf("v1.%s.r%d.%s", p.id, p.revision, p.digest) }

// whole tells whether the pointer names all of a digest, as a vote must.
func (p pointer) whole() bool { return len(p.digest) == 2*len(incident.Digest{}) }

// comparable tells whether the card that carries the pointer can be held against
// the journal: one of an earlier revision is refused for that, whatever it says.
func (p pointer) comparable(s incident.State) bool {
	return p.id == s.ID && s.Run().Plan != nil && p.revision >= pointTo(s).revision
}

// current tells whether the request is still the one that is asked.
func (p pointer) current(s incident.State) bool {
	now := pointTo(s)
	return s.Run().Plan != nil && p.id == now.id && p.revision == now.revision && strings.HasPrefix(now.digest, p.digest)
}
