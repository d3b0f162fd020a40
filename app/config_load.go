package app

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxConfig bounds the file; a config that long is a mistake.
const maxConfig = 1 << 20

// Problem is one thing that is wrong with a file: where, what and how to mend
// it.
type Problem struct {
	File      string
	Line, Col int
	Text      string
}

// String is file:line:col: text, as compilers print it.
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, p.Text)
}

// Problems are all that is wrong, in the order of the file.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

func (p Problems) sorted() Problems {
	slices.SortFunc(p, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, strings.Compare(a.Text, b.Text))
	})
	return p
}

// LoadConfig reads a config strictly, fills in what has a default, and checks
// it. The error is Problems when the file itself is at fault.
func LoadConfig(path string) (Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return Config{}, fmt.Errorf("read config: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return Config{}, fmt.Errorf("read config %s: %w", path, err)
	}
	if len(text) > maxConfig {
		return Config{}, Problems{{File: path, Text: "the file is larger than 1 MiB; is it the right one?"}}
	}
	return parseConfig(path, text)
}

func parseConfig(path string, text []byte) (Config, error) {
	var c Config
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil {
		if errors.Is(err, io.EOF) {
			return Config{}, Problems{{File: path, Text: "the file is empty"}}
		}
		return Config{}, yamlProblems(path, err)
	}
	// yaml.v3 would silently leave a second document out.
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return Config{}, Problems{{File: path, Text: "the file holds a second document after ---; it would be ignored"}}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return Config{}, yamlProblems(path, err)
	}
	c.resolve(filepath.Dir(path))
	c.fill()
	c.place = place{file: path, root: &root}
	check := checker{place: c.place}
	check.config(c)
	if len(check.found) > 0 {
		return Config{}, check.found.sorted()
	}
	return c, nil
}

var (
	yamlLine = regexp.MustCompile(`line (\d+): (.*)`)
	yamlType = regexp.MustCompile(`field (\S+) not found in type app\.(\w+)`)
)

// yamlProblems turns the library's errors into ours.
func yamlProblems(path string, err error) Problems {
	var found Problems
	for _, m := range yamlLine.FindAllStringSubmatch(err.Error(), -1) {
		line, _ := strconv.Atoi(m[1]) // the pattern matched digits
		text := m[2]
		if key := yamlType.FindStringSubmatch(text); key != nil {
			text = fmt.Sprintf("%q is not a key here; there are %s", key[1], strings.Join(keysOf(key[2]), ", "))
		}
		found = append(found, Problem{File: path, Line: line, Col: 1, Text: text})
	}
	if found == nil {
		found = Problems{{File: path, Text: strings.TrimPrefix(err.Error(), "yaml: ")}}
	}
	return found
}

// keysOf lists the keys of one of the config's types.
func keysOf(name string) []string {
	var keys []string
	for _, v := range []any{Config{}, Chain{}, RPC{}, Signer{}, Vault{}, AppRole{}, Kubernetes{}, JWT{}, Certificate{}, Slack{}, Pager{}, Source{}, SourceLoss{}, SourceHMAC{}, NATS{}, Console{}, TLS{}, DoorTLS{}} {
		if t := reflect.TypeOf(v); t.Name() == name {
			for f := range t.Fields() {
				if key := f.Tag.Get("yaml"); key != "" {
					keys = append(keys, key)
				}
			}
		}
	}
	return keys
}

// resolve makes paths absolute, from the config's folder.
func (c *Config) resolve(dir string) {
	abs := func(p *string) {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	if c.Control != ControlOff {
		abs(&c.Control)
	}
	for _, p := range []*string{&c.Journal, &c.Inventory, &c.Playbooks, &c.Slack.TokenFile, &c.Slack.AppTokenFile} {
		abs(p)
	}
	for i := range c.Slack.SigningSecretFiles {
		abs(&c.Slack.SigningSecretFiles[i])
	}
	if c.Pager != nil {
		abs(&c.Pager.SecretFile)
	}
	if v := c.Signer.Vault; v != nil {
		for _, p := range v.files() {
			abs(p)
		}
	}
	if c.Console != nil && c.Console.TLS != nil {
		abs(&c.Console.TLS.CertFile)
		abs(&c.Console.TLS.KeyFile)
	}
	if c.TLS != nil {
		for _, p := range []*string{&c.TLS.CertFile, &c.TLS.KeyFile, &c.TLS.ClientCAFile} {
			abs(p)
		}
	}
	for name, s := range c.Sources {
		for _, p := range s.NATS.files() {
			abs(p)
		}
		for i := range s.SecretFiles {
			abs(&s.SecretFiles[i])
		}
		c.Sources[name] = s
	}
	for name, chain := range c.Chains {
		for i := range chain.RPC {
			abs(&chain.RPC[i].URLFile)
		}
		c.Chains[name] = chain
	}
}
