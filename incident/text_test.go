package incident_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
)

func TestTextsOfEndpointsKeepNoSecretAndAllThatMatters(t *testing.T) {
	for in, want := range map[string]string{
		`Post "https://eth.example/v2/abcDEF123": EOF`:                          `Post "[url]": EOF`,
		"dial WSS://u:p@x.example/k?s=1 failed":                                 "dial [url] failed",
		"project id 9aa3d95b3bc440fa88ea12eaa4456161 is over":                   "project id [token] is over",
		"tx 0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b": "tx 0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b",
		"balance 100000000000000000000000, overshot 1":                          "balance 100000000000000000000000, overshot 1",
		"max_priority_fee_per_gas_is_low":                                       "max_priority_fee_per_gas_is_low",
		"two\nlines\x00":                                                        "two lines ",
	} {
		assert.Equal(t, want, incident.Scrub(in))
	}
}

func FuzzScrubbedTextIsOneBoundedLineWithoutURLs(f *testing.F) {
	f.Add(`Post "https://eth.example/v2/abcDEF123": EOF`)
	f.Add("a://b://c")
	f.Add("\xff\xfe" + strings.Repeat("é", 400))
	f.Fuzz(func(t *testing.T, in string) {
		out := incident.Scrub(in)
		if len(out) > 300 || strings.ContainsFunc(out, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q is no line", out)
		}
		if incident.WithoutURLs(out) != out {
			t.Errorf("%q holds a URL", out)
		}
	})
}
