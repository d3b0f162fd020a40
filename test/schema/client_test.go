//go:build editor

package schema_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// message is one message of the language server protocol, either way.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  any             `json:"params,omitempty"`
	Result  any             `json:"result,omitempty"`
}

// received is message as it comes: what is in it is read by who asked.
type received struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

// editor is the editor's side of a language server. One goroutine uses it.
type editor struct {
	t        *testing.T
	in       io.Writer
	messages chan received
	settings map[string]any
	next     int
	found    map[string][]diagnostic // by document, newest
}

type diagnostic struct {
	Message string `json:"message"`
	Range   struct {
		Start position `json:"start"`
	} `json:"range"`
}

type position struct {
	Line      int `json:"line"` // from 0
	Character int `json:"character"`
}

// start runs the server that FIREBREAK_YAML_SERVER names, with our schema for
// every YAML document, and without the network's catalogue of schemas.
func start(t *testing.T, schemaFile string) *editor {
	t.Helper()
	script := os.Getenv("FIREBREAK_YAML_SERVER")
	require.NotEmpty(t, script, "FIREBREAK_YAML_SERVER names no language server; run make test-schema")
	cmd := exec.CommandContext(t.Context(), "node", script, "--stdio")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	e := &editor{t: t, in: in, messages: make(chan received), found: map[string][]diagnostic{}, settings: map[string]any{
		"validate": true, "completion": true, "hover": true, "schemaStore": map[string]any{"enable": false},
		"schemas": map[string]any{"file://" + schemaFile: []string{"*.yaml"}},
	}}
	go e.listen(out)
	t.Cleanup(func() {
		in.Close() // the server ends with its input
		for range e.messages {
		}
		_ = cmd.Wait() // killed with the test's context when it does not
	})
	e.ask("initialize", map[string]any{"processId": os.Getpid(), "rootUri": nil, "capabilities": map[string]any{
		"textDocument": map[string]any{"completion": map[string]any{"completionItem": map[string]any{"snippetSupport": true}}, "publishDiagnostics": map[string]any{}},
		"workspace":    map[string]any{"configuration": true, "didChangeConfiguration": map[string]any{}},
	}}, nil)
	e.tell("initialized", map[string]any{})
	e.tell("workspace/didChangeConfiguration", map[string]any{"settings": map[string]any{"yaml": e.settings}})
	return e
}

// listen reads messages until the server ends.
func (e *editor) listen(out io.Reader) {
	defer close(e.messages)
	r := bufio.NewReader(out)
	for {
		header, err := textproto.NewReader(r).ReadMIMEHeader()
		if err != nil {
			return
		}
		size, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			return
		}
		raw := make([]byte, size)
		if _, err := io.ReadFull(r, raw); err != nil {
			return
		}
		var m received
		if json.Unmarshal(raw, &m) != nil {
			return
		}
		e.messages <- m
	}
}

func (e *editor) send(m message) {
	e.t.Helper()
	m.Version = "2.0"
	raw, err := json.Marshal(m)
	require.NoError(e.t, err)
	_, err = fmt.Fprintf(e.in, "Content-Length: %d\r\n\r\n%s", len(raw), raw)
	require.NoError(e.t, err)
}

func (e *editor) tell(method string, params any) { e.send(message{Method: method, Params: params}) }

// ask sends a request and reads its answer.
func (e *editor) ask(method string, params, answer any) {
	e.t.Helper()
	e.next++
	id := strconv.Itoa(e.next)
	e.send(message{ID: json.RawMessage(id), Method: method, Params: params})
	e.until(func(m received) bool {
		if m.Method != "" || string(m.ID) != id {
			return false
		}
		require.Empty(e.t, string(m.Error))
		if answer != nil {
			require.NoError(e.t, json.Unmarshal(m.Result, answer))
		}
		return true
	})
}

// until handles messages until one is what is waited for.
func (e *editor) until(is func(received) bool) {
	e.t.Helper()
	for {
		m, ok := <-e.messages
		require.True(e.t, ok, "the language server ended")
		switch {
		case m.Method == "workspace/configuration":
			e.send(message{ID: m.ID, Result: e.sections(m.Params)})
		case m.Method == "textDocument/publishDiagnostics":
			var p struct {
				URI         string       `json:"uri"`
				Diagnostics []diagnostic `json:"diagnostics"`
			}
			require.NoError(e.t, json.Unmarshal(m.Params, &p))
			e.found[p.URI] = p.Diagnostics
		case m.Method != "" && len(m.ID) > 0:
			e.send(message{ID: m.ID, Result: map[string]any{}})
		}
		if is(m) {
			return
		}
	}
}

// sections answers what the server asks of the editor's settings.
func (e *editor) sections(params json.RawMessage) []any {
	var p struct {
		Items []struct {
			Section string `json:"section"`
		} `json:"items"`
	}
	require.NoError(e.t, json.Unmarshal(params, &p))
	answers := make([]any, len(p.Items))
	for i, item := range p.Items {
		answers[i] = map[string]any{}
		if item.Section == "yaml" {
			answers[i] = e.settings
		}
	}
	return answers
}

// open shows a document to the server and waits for what it finds.
func (e *editor) open(name, text string) []diagnostic {
	e.t.Helper()
	uri := "file:///books/" + name
	e.tell("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": uri, "languageId": "yaml", "version": 1, "text": text}})
	delete(e.found, uri)
	e.until(func(received) bool { _, ok := e.found[uri]; return ok })
	return e.found[uri]
}

// complete asks what could stand at a position of an open document.
func (e *editor) complete(name string, at position) []string {
	e.t.Helper()
	var answer struct {
		Items []struct {
			Label string `json:"label"`
		} `json:"items"`
	}
	e.ask("textDocument/completion", map[string]any{"textDocument": map[string]any{"uri": "file:///books/" + name}, "position": at}, &answer)
	var labels []string
	for _, item := range answer.Items {
		labels = append(labels, item.Label)
	}
	return labels
}
