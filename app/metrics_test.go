package app

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/submitter"
)

// exported are the names of all metrics that can be scraped, and what stands in
// their descriptions.
func exported(t *testing.T, m *metrics) map[string]string {
	t.Helper()
	described := make(chan *prometheus.Desc, 1000)
	m.registry.Describe(described)
	warmth{}.Describe(described)
	close(described)
	all := map[string]string{}
	for d := range described {
		name := regexp.MustCompile(`fqName: "firebreak_([a-z_]+)"`).FindStringSubmatch(d.String())
		if name != nil {
			all[name[1]] = d.String()
		}
	}
	require.NotEmpty(t, all)
	return all
}

func TestEveryMetricThatTheManualNamesExists(t *testing.T) {
	text, err := os.ReadFile("../docs/SUBMISSION.md")
	require.NoError(t, err)
	m := newMetrics()
	all := exported(t, m)
	named := regexp.MustCompile("(?:firebreak_|`)((?:lane|warm|guard|submitter|unknown|broadcast|base|tip)_[a-z_]+[a-z])[`{]").FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(named), 8)
	config := []string{"node_fee_cap", "max_in_flight"}
	for _, name := range named {
		if !strings.Contains(strings.Join(config, " "), name[1]) {
			assert.Contains(t, all, name[1])
		}
	}
	events := regexp.MustCompile(`event="([a-z-]+)"`).FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(events), 4)
	for _, event := range events {
		assert.Contains(t, submitter.Everything(), submitter.What(event[1]))
	}
}

func TestWhatNeverHappenedIsCountedAsZero(t *testing.T) {
	m := newMetrics()
	assert.Equal(t, len(submitter.Everything()), testutil.CollectAndCount(m.effects))
	assert.Zero(t, testutil.ToFloat64(m.effects.WithLabelValues("taken")))
}

func TestAChainHasTheSameNameInEveryMetric(t *testing.T) {
	m := newMetrics()
	m.submitted("mainnet", submitter.Event{What: submitter.Answered, ChainID: 1, Endpoint: "own", Class: submitter.Accepted})
	m.submitted("mainnet", submitter.Event{What: submitter.Unknown, ChainID: 1, Endpoint: "own", Text: "no such thing as 17"})
	assert.InDelta(t, 1, testutil.ToFloat64(m.unknown.WithLabelValues("mainnet", "own", "no such thing as #")), 0)
	assert.Equal(t, 1, testutil.CollectAndCount(m.answers))
	families, err := m.registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "chain" {
					assert.Equal(t, "mainnet", label.GetValue(), family.GetName())
				}
			}
		}
	}
}
