package console

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"net/http"

	"github.com/firebreak-project/firebreak/approvals/ballot"
)

// view is what a page is made from.
type view struct {
	Name    string // of the template
	Title   string
	Status  int    // default 200
	Person  string // who is signed in; empty for nobody
	Request *ballot.Request
	Listing Listing
	Origin  string
	RPID    string
	Back    string // where to go after signing in
	Problem string // a sentence
	Voted   string // how the person voted: "approved", "denied" or ""

	Version, Style, Script, Icon, Build string        // of the frame
	Content                             template.HTML // of the frame: what Name made
	Mark                                string        // changes when the content does
}

// page wraps what answers with a page. A handler returns what to show, or a
// refusal, which is shown too.
func (c *Console) page(handle func(r *http.Request) (view, *refusal)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, no := handle(r)
		if no != nil {
			c.sayNoOnPage(w, r, no)
			return
		}
		c.show(w, r, v)
	}
}

// sayNoOnPage is a refusal for a person who reads.
func (c *Console) sayNoOnPage(w http.ResponseWriter, r *http.Request, no *refusal) {
	c.note(r, no)
	retryAfter(w, no)
	c.show(w, r, view{Name: "problem", Title: http.StatusText(no.status), Status: no.status, Problem: no.sentence})
}

// show writes a page. The script asks for it again with the mark that it has,
// and gets an empty answer when nothing has changed.
func (c *Console) show(w http.ResponseWriter, r *http.Request, v view) {
	v.Origin, v.RPID, v.Version = c.o.Origin, c.o.RPID, c.o.Version
	v.Style, v.Script, v.Icon, v.Build = c.files.style, c.files.script, c.files.icon, c.files.build
	var content, whole bytes.Buffer
	err := c.files.pages.ExecuteTemplate(&content, v.Name, v)
	if err == nil {
		sum := sha256.Sum256(content.Bytes())
		v.Content, v.Mark = template.HTML(content.String()), hex.EncodeToString(sum[:8]) //nolint:gosec // html/template made it
		err = c.files.pages.ExecuteTemplate(&whole, "frame", v)
	}
	if err != nil {
		c.note(r, refuse(http.StatusInternalServerError, ReasonUnreadable, "").because(err))
		http.Error(w, "This page cannot be shown. Use firebreak approve on the command line.", http.StatusInternalServerError)
		return
	}
	tag := `"` + v.Mark + `"`
	w.Header().Set("ETag", tag)
	if v.Status == 0 && r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if v.Status != 0 {
		w.WriteHeader(v.Status)
	}
	_, _ = w.Write(whole.Bytes()) // the client has gone if it fails
}

// reader is who reads a page; nobody is allowed.
func (c *Console) reader(r *http.Request) string {
	if token, _ := tokenOf(r); token == "" {
		return ""
	}
	person, no := c.person(r)
	if no != nil {
		c.note(r, no)
		return ""
	}
	return person
}

func (c *Console) home(r *http.Request) (view, *refusal) {
	v := view{Name: "home", Title: "Requests", Person: c.reader(r)}
	if v.Person == "" {
		return view{Name: "locked", Title: "Sign in", Back: "/"}, nil
	}
	var no *refusal
	v.Listing, no = c.listing(r.Context())
	return v, no
}

func (c *Console) signInPage(r *http.Request) (view, *refusal) {
	return view{Name: "sign-in", Title: "Sign in", Person: c.reader(r), Back: "/"}, nil
}

func (c *Console) enrolPage(r *http.Request) (view, *refusal) {
	return view{Name: "enrol", Title: "Make a passkey", Person: c.reader(r)}, nil
}

// requestPage shows one request. Who is not signed in is told nothing of it, not
// even whether it exists.
func (c *Console) requestPage(r *http.Request) (view, *refusal) {
	person := c.reader(r)
	if person == "" {
		return view{Name: "locked", Title: "Sign in to read this request", Back: r.URL.Path}, nil
	}
	s, no := c.state(r)
	if no != nil {
		return view{}, no.of(person)
	}
	request := ballot.Describe(s)
	return view{Name: "request", Title: request.Headline, Person: person, Request: &request, Voted: voted(request, person)}, nil
}

func voted(r ballot.Request, person string) string {
	if r.Votes == nil {
		return ""
	}
	for _, no := range r.Votes.Objections {
		if no.Person == person {
			return "denied"
		}
	}
	for _, yes := range r.Votes.Approvals {
		if yes.Person == person {
			return "approved"
		}
	}
	return ""
}
