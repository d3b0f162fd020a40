package slacktest

import (
	"embed"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"strings"
)

//go:embed page
var pageFiles embed.FS

// contentPolicy lets the page run its own two files and nothing else: a
// message that smuggled markup in could still not run a script.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// page is the part of the server that people look at.
type page struct {
	server *Server
	views  *template.Template
	seen   map[onlooker]string // ts of the newest message that was looked at; guarded by server.mu
}

// onlooker is one person in one channel.
type onlooker struct{ user, channel string }

// pageHandler serves the page to loopback hosts only, which also defeats DNS
// rebinding, and refuses cross-origin writes.
func (s *Server) pageHandler() (http.Handler, error) {
	views, err := template.ParseFS(pageFiles, "page/*.gohtml")
	if err != nil {
		return nil, fmt.Errorf("parse page templates: %w", err)
	}
	p := &page{server: s, views: views, seen: map[onlooker]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.show)
	mux.HandleFunc("GET /page/state", p.state)
	mux.HandleFunc("GET /page/events", p.events)
	mux.HandleFunc("POST /page/press", p.press)
	mux.HandleFunc("POST /page/submit", p.submit)
	mux.HandleFunc("POST /page/say", p.say)
	mux.HandleFunc("POST /page/close", p.close)
	for name, kind := range map[string]string{
		"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml",
	} {
		mux.HandleFunc("GET /page/"+name, asset(name, kind))
	}
	return loopbackOnly(http.NewCrossOriginProtection().Handler(withHeaders(mux))), nil
}

func asset(name, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		content, err := pageFiles.ReadFile("page/" + name)
		if err != nil {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(content) // a browser that left needs no answer
	}
}

func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// loopbackOnly looks at the Host that the browser was told, so that it also
// works behind a forwarded port.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		ip := net.ParseIP(strings.Trim(host, "[]"))
		if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this page is served to localhost only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// show renders the whole page once; the script keeps it up to date.
func (p *page) show(w http.ResponseWriter, r *http.Request) {
	st := p.look(r)
	var out strings.Builder
	if err := p.views.ExecuteTemplate(&out, "page", st); err != nil {
		http.Error(w, "render page", http.StatusInternalServerError)
		p.server.cfg.Logger.Error("fake slack page", "err", err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(out.String())) // a browser that left needs no answer
}

// events tells the browser that something changed; it then asks for the
// state. Only a number crosses, so a slow reader can miss nothing.
func (p *page) events(w http.ResponseWriter, r *http.Request) {
	s, rc := p.server, http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		s.mu.Lock()
		version, changed := s.version, s.changed
		s.mu.Unlock()
		if _, err := fmt.Fprintf(w, "data: %d\n\n", version); err != nil || rc.Flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case <-s.closed:
			return
		}
	}
}
