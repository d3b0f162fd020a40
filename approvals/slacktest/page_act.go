package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// deed is what a browser asks for. Its fields are those of a Press and of a
// submission.
type deed struct {
	User    string                       `json:"user"`
	Channel string                       `json:"channel"`
	TS      string                       `json:"ts"`
	View    string                       `json:"view"`
	Block   string                       `json:"block"`
	Action  string                       `json:"action"`
	Value   string                       `json:"value"`
	Values  map[string]map[string]string `json:"values"`
	Text    string                       `json:"text"`
}

// outcome is what the browser is told.
type outcome struct {
	Acked  bool              `json:"acked"`
	TookMS int64             `json:"took_ms"`
	Notice string            `json:"notice,omitempty"`
	Errors map[string]string `json:"errors,omitempty"`
}

func (p *page) press(w http.ResponseWriter, r *http.Request) {
	p.do(w, r, func(ctx context.Context, x deed) (Delivery, error) {
		return p.server.Press(ctx, Press{
			User: x.User, Channel: x.Channel, TS: x.TS, ViewID: x.View,
			BlockID: x.Block, ActionID: x.Action, Value: x.Value,
		})
	})
}

func (p *page) submit(w http.ResponseWriter, r *http.Request) {
	p.do(w, r, func(ctx context.Context, x deed) (Delivery, error) {
		return p.server.Submit(ctx, x.User, x.View, x.Values)
	})
}

// say types into the channel: a slash command when it begins with one, a
// plain message otherwise.
func (p *page) say(w http.ResponseWriter, r *http.Request) {
	p.do(w, r, func(ctx context.Context, x deed) (Delivery, error) {
		text := strings.TrimSpace(x.Text)
		if strings.HasPrefix(text, "/") {
			command, rest, _ := strings.Cut(text, " ")
			return p.server.Command(ctx, x.User, x.Channel, command, strings.TrimSpace(rest))
		}
		if text == "" || utf8.RuneCountInString(text) > maxPostText {
			return Delivery{}, errors.New("there is nothing to send, or too much")
		}
		_, err := p.server.Say(x.User, x.Channel, x.TS, text)
		return Delivery{Acked: err == nil}, err // no app has to be told
	})
}

func (p *page) close(w http.ResponseWriter, r *http.Request) {
	p.do(w, r, func(ctx context.Context, x deed) (Delivery, error) {
		d, err := p.server.CloseView(ctx, x.User, x.View)
		if err == nil && !d.Sent {
			d.Acked = true // nobody had to be told
		}
		return d, err
	})
}

// do reads a deed, does it and answers. The JSON content type is demanded
// because a cross-origin form cannot send it.
func (p *page) do(w http.ResponseWriter, r *http.Request, act func(context.Context, deed) (Delivery, error)) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/json" {
		http.Error(w, "send application/json", http.StatusUnsupportedMediaType)
		return
	}
	var x deed
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&x); err != nil {
		http.Error(w, "cannot read the request", http.StatusBadRequest)
		return
	}
	// The click is at Slack now: closing the browser does not take it back.
	d, err := act(context.WithoutCancel(r.Context()), x)
	out := outcome{Acked: d.Acked, TookMS: d.Took.Milliseconds(), Notice: d.Notice, Errors: d.FieldErrors}
	if err != nil {
		out.Acked, out.Notice = false, err.Error()
		if input, ok := errors.AsType[*InputError](err); ok {
			out.Notice, out.Errors = "", map[string]string{input.BlockID: input.Message}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(out); err != nil {
		p.server.cfg.Logger.Debug("fake slack page: reader left", "err", err)
	}
}
