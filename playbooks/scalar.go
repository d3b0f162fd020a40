package playbooks

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"go.yaml.in/yaml/v3"
)

var (
	durationForm = regexp.MustCompile(`^([1-9][0-9]{0,5})(s|m|h)$`)
	wholeForm    = regexp.MustCompile(`^(0|[1-9][0-9]{0,18})$`)
	hashForm     = regexp.MustCompile(`^0x[0-9a-fA-F]{64}$`)
	addressForm  = regexp.MustCompile(`^0x[0-9a-fA-F]{40}$`)
)

// span is the range that a duration or a number must lie in.
type span[T any] struct{ least, most T }

// duration reads "90s", "10m" or "24h" within a range.
func (s *script) duration(n *yaml.Node, where string, in span[time.Duration]) time.Duration {
	text := s.text(n, where, 64)
	if text == "" {
		return 0
	}
	d, ok := parseDuration(text)
	switch {
	case !ok:
		s.fault(n, CodeDuration, "%q is not a duration; write 90s, 10m, 24h", clip(text))
		return 0
	case d < in.least || d > in.most:
		s.fault(n, CodeDuration, "%s is %s, it must be from %s to %s", where, text, in.least, in.most)
		return 0
	}
	return d
}

func parseDuration(text string) (time.Duration, bool) {
	m := durationForm.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	unit := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[m[2]]
	return time.Duration(n) * unit, err == nil
}

// flag reads true or false and no other word that YAML readers take for one.
func (s *script) flag(n *yaml.Node, where string) bool {
	if n == nil {
		return false
	}
	text := s.text(n, where, 8)
	if text != "" && text != "true" && text != "false" {
		s.fault(n, CodeType, "%s must be true or false, this is %q", where, clip(text))
	}
	return text == "true"
}

// whole reads a plain decimal number within a range.
func (s *script) whole(n *yaml.Node, where string, in span[uint64]) uint64 {
	text := s.text(n, where, 64)
	if text == "" {
		return 0
	}
	v, err := strconv.ParseUint(text, 10, 64)
	switch {
	case !wholeForm.MatchString(text) || err != nil:
		s.fault(n, CodeType, "%s must be a whole number, this is %q", where, clip(text))
		return 0
	case v < in.least || v > in.most:
		s.fault(n, CodeRange, "%s is %d, it must be from %d to %d", where, v, in.least, in.most)
		return 0
	}
	return v
}

// address reads a quoted address that is all lower case or carries a correct
// EIP-55 checksum; a mixed case that is not the checksum is a typing mistake.
func (s *script) address(n *yaml.Node, where string) (common.Address, bool) {
	text := s.text(n, where, 128)
	if text == "" {
		return common.Address{}, false
	}
	a := common.HexToAddress(text)
	switch {
	case !addressForm.MatchString(text):
		s.fault(n, CodeAddress, "%s must be 0x and 40 hex digits, this is %q", where, clip(text))
	case text != strings.ToLower(text) && text != a.Hex():
		s.fault(n, CodeAddress, "%s has a wrong checksum (EIP-55): a digit is mistyped, or write it all lower case", where)
	case a == common.Address{}:
		s.fault(n, CodeAddress, "%s is the zero address", where)
	default:
		return a, true
	}
	return common.Address{}, false
}

// hash reads a quoted hash of 32 bytes; zero when there is none.
func (s *script) hash(n *yaml.Node, where string) common.Hash {
	text := s.text(n, where, 128)
	if text == "" {
		return common.Hash{}
	}
	h := common.HexToHash(text)
	if !hashForm.MatchString(text) || h == (common.Hash{}) {
		s.fault(n, CodeHash, "%s must be 0x and 64 hex digits, not all zero, this is %q", where, clip(text))
		return common.Hash{}
	}
	return h
}

// name reads a key that the author chooses as a name.
func (s *script) name(n *yaml.Node, form *regexp.Regexp, what string) (string, bool) {
	if !form.MatchString(n.Value) {
		s.fault(n, CodeName, "%q is no name for a %s; it must match %s", clip(n.Value), what, form)
		return "", false
	}
	return n.Value, true
}
