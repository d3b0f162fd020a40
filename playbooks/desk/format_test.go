package desk_test

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

// told loads one playbook against the inventory that ships and tells what it
// says, but for the digest of its text.
func told(t *testing.T, name, text string) playbooks.Description {
	t.Helper()
	inventory, err := fs.ReadFile(playbooks.Library(), "inventory.yaml")
	require.NoError(t, err)
	set, err := playbooks.LoadFS(fstest.MapFS{"inventory.yaml": {Data: inventory}, "books/" + name + ".yaml": {Data: []byte(text)}}, "inventory.yaml", "books")
	require.NoError(t, err, text)
	d := set.Describe(set.Playbooks()[0])
	d.Digest = incident.Digest{}
	return d
}

// formatted formats twice: the second time nothing may change.
func formatted(t *testing.T, text string) string {
	t.Helper()
	once, err := desk.Format("a.yaml", text)
	require.NoError(t, err, text)
	twice, err := desk.Format("a.yaml", once)
	require.NoError(t, err, once)
	require.Equal(t, once, twice, "formatting what is formatted changes nothing")
	return once
}

func TestEveryPlaybookThatShipsIsFormatted(t *testing.T) {
	for _, p := range shipped(t).Playbooks() {
		assert.Equal(t, p.Text(), formatted(t, p.Text()), p.Name)
	}
}

// shuffle puts the keys of all mappings in some order.
func shuffle(n *yaml.Node, r *rand.Rand) {
	if n.Kind == yaml.MappingNode {
		r.Shuffle(len(n.Content)/2, func(i, j int) {
			n.Content[2*i], n.Content[2*j] = n.Content[2*j], n.Content[2*i]
			n.Content[2*i+1], n.Content[2*j+1] = n.Content[2*j+1], n.Content[2*i+1]
		})
	}
	for _, child := range n.Content {
		shuffle(child, r)
	}
}

func TestHoweverTheKeysWereOrderedTheMeaningStaysAndTheFormIsOne(t *testing.T) {
	for _, p := range shipped(t).Playbooks() {
		want, forms := told(t, p.Name, p.Text()), map[string]bool{}
		for seed := range uint64(12) {
			var doc yaml.Node
			require.NoError(t, yaml.Unmarshal([]byte(p.Text()), &doc))
			shuffle(&doc, rand.New(rand.NewPCG(seed, 1)))
			var b bytes.Buffer
			encoder := yaml.NewEncoder(&b)
			encoder.SetIndent(2 + int(seed%4)*2)
			require.NoError(t, encoder.Encode(&doc))
			got := formatted(t, b.String())
			require.Equal(t, want, told(t, p.Name, got))
			forms[keysOf(got)] = true
			assert.Equal(t, strings.Count(b.String(), "#"), strings.Count(got, "#"), "no comment is lost")
		}
		assert.Len(t, forms, 1, "one order of keys, whatever it was")
	}
}

// keysOf is a text without comments and empty lines.
func keysOf(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		before, _, _ := strings.Cut(line, " #")
		if before = strings.TrimRight(before, " \n"); before != "" && !strings.HasPrefix(strings.TrimSpace(before), "#") {
			lines = append(lines, before)
		}
	}
	return strings.Join(lines, "\n")
}

func TestCommentsStayWithWhatTheyStandBeforeOrBehind(t *testing.T) {
	const text = `# About the whole file.

name: x   # must be the file's name
# which version
playbook: 1


submit:   {max_fee: 0.5 ETH,   as: guardian}   # the key
approve:   # who
    # at least two
    quorum: 2
    from:
        - security   # the first
        # the second
        - protocol
        # no third
    on_timeout: {then: reject, page: security}
on:
    when: |   # a block
        alert.chain == "lab" &&
          alert.rule == "#no comment"

    rules:
    - a
prepare:
- do: pause
  # an id of its own
  id: pause
  with: {b: 1,
    a: "x, y"}
# the end
`
	const want = `# About the whole file.

# which version
playbook: 1
name: x # must be the file's name
on:
  rules:
    - a
  when: | # a block
    alert.chain == "lab" &&
      alert.rule == "#no comment"
prepare:
  # an id of its own
  - id: pause
    do: pause
    with: {b: 1, a: "x, y"}
approve: # who
  # at least two
  quorum: 2
  from:
    - security # the first
    # the second
    - protocol
    # no third
  on_timeout: {page: security, then: reject}

submit: {as: guardian, max_fee: 0.5 ETH} # the key
# the end
`
	assert.Equal(t, want, formatted(t, text))
}

func TestWhatHasNoOneFormIsLeftAloneAndSaidSo(t *testing.T) {
	for name, text := range map[string]string{
		"an anchor":      "name: &a x\nowner: *a\n",
		"a tag":          "name: !!str x\n",
		"two documents":  "name: x\n---\nname: y\n",
		"no mapping":     "- a\n",
		"no YAML":        "name: [\n",
		"nothing":        "",
		"a flow mapping": "{name: x}\n",
		"a complex key":  "? [a]\n: b\n",
	} {
		out, err := desk.Format("a.yaml", text)
		assert.Error(t, err, name)
		assert.Empty(t, out, name)
	}
}

// FuzzFormat holds that whatever is formatted keeps its meaning and stays as it
// is the second time, and that nothing panics.
func FuzzFormat(f *testing.F) {
	for _, p := range shipped(f).Playbooks() {
		f.Add(p.Text())
	}
	f.Add("a: |2\n    x\n  y\nb: >-\n  c\n\n  d\n")
	f.Add("a:\n  - - b\n  -\n    c: d\n")
	f.Add("a: 'it''s'\n\"b c\": \"d \\\" # e\"\n? f\n")
	f.Add("a:\n  #  b\n\n  c: d\n") // YAML's reader forgets this comment
	f.Add("a: b\u0085c: d\r\n")     // ends a line to some
	f.Fuzz(func(t *testing.T, text string) {
		once, err := desk.Format("a.yaml", text)
		if err != nil {
			return
		}
		var before, after any
		if yaml.Unmarshal([]byte(text), &before) == nil { // double keys are the loader's to refuse
			require.NoError(t, yaml.Unmarshal([]byte(once), &after))
			require.Equal(t, before, after)
		}
		twice, err := desk.Format("a.yaml", once)
		require.NoError(t, err, once)
		require.Equal(t, once, twice)
	})
}
