package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxBody bounds every request body that the fake reads, in bytes.
const maxBody = 1 << 20

// args are the arguments of one Web API call. Clients send a form, or JSON in
// which a value is either native or a string that holds JSON; both read the
// same here.
type args struct {
	token  string
	values map[string]string
}

// readArgs reads the call's arguments. The token is taken from the
// Authorization header or from the form body, never from the query string,
// where proxies would log it.
func readArgs(w http.ResponseWriter, r *http.Request) (*args, *refusal) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, refuse("request_too_large", "read body: "+err.Error())
	}
	a := &args{values: map[string]string{}}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method == http.MethodGet:
		a.addForm(r.URL.Query())
	case len(body) == 0: // clients name a content type for nothing, too
	case kind == "application/json":
		if err := a.addJSON(body); err != nil {
			return nil, refuse("invalid_json", err.Error())
		}
	case kind == formType:
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, refuse("invalid_form_data", err.Error())
		}
		a.token = form.Get("token")
		a.addForm(form)
	default:
		return nil, refuse("invalid_post_type", "unsupported content type "+strconv.Quote(kind))
	}
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		a.token = bearer
	}
	return a, nil
}

func (a *args) addForm(form url.Values) {
	for name, vs := range form {
		if name != "token" && len(vs) > 0 {
			a.values[name] = vs[0]
		}
	}
}

func (a *args) addJSON(body []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return fmt.Errorf("decode body: %w", err)
	}
	for name, raw := range fields {
		var text string
		if string(raw) == "null" || name == "token" {
			continue
		}
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		a.values[name] = text
	}
	return nil
}

func (a *args) has(name string) bool { _, ok := a.values[name]; return ok }

func (a *args) text(name string) string { return a.values[name] }

// raw is a value that must be JSON, such as blocks; nil when absent or empty.
func (a *args) raw(name string) json.RawMessage {
	if v := a.values[name]; v != "" {
		return json.RawMessage(v)
	}
	return nil
}

func (a *args) flag(name string) bool {
	v := a.values[name]
	return v == "true" || v == "1"
}

// limit is a page size between 1 and most, or fallback when absent or wrong.
func (a *args) limit(fallback, most int) int {
	n, err := strconv.Atoi(a.values["limit"])
	if err != nil || n < 1 {
		return fallback
	}
	return min(n, most)
}
