package console

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Bounds of a session.
const (
	sessionLife = 12 * time.Hour
	sessionIdle = time.Hour
	// sessionsEach is how many one person may have; the one that was used
	// longest ago gives way. People are as many as guardians.
	sessionsEach = 8
)

// cookieName begins so that browsers take it from this very host alone, over
// TLS alone, for the whole site.
const cookieName = "__Host-firebreak"

// session is somebody who has signed in. It reads and does nothing else.
type session struct {
	person     string
	bearer     bool // for a program, which sends it in a header
	since, use time.Time
}

func (s session) over(now time.Time) bool {
	return !now.Before(s.since.Add(sessionLife)) || !now.Before(s.use.Add(sessionIdle))
}

// sessions are kept by the hash of their token, so that who reads memory or a
// core of the process finds no token, and a lookup compares no secret.
type sessions struct {
	mu  sync.Mutex
	all map[[32]byte]session
}

func newSessions() *sessions { return &sessions{all: map[[32]byte]session{}} }

// start makes a session and returns its token, 256 random bits.
func (s *sessions) start(person string, bearer bool, now time.Time) string {
	var raw [32]byte
	rand.Read(raw[:])
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.makeRoom(person, now)
	s.all[sha256.Sum256([]byte(token))] = session{person, bearer, now, now}
	return token
}

// makeRoom ends what is over, and the oldest of a person who has too many.
func (s *sessions) makeRoom(person string, now time.Time) {
	var oldest [32]byte
	count, first := 0, time.Time{}
	for key, one := range s.all {
		if one.over(now) {
			delete(s.all, key)
			continue
		}
		if one.person == person {
			if count++; first.IsZero() || one.use.Before(first) {
				oldest, first = key, one.use
			}
		}
	}
	if count >= sessionsEach {
		delete(s.all, oldest)
	}
}

// find returns the session of a request and counts as use of it; a page that
// looks again by itself does not.
func (s *sessions) find(r *http.Request, now time.Time) (session, bool) {
	token, bearer := tokenOf(r)
	if token == "" {
		return session{}, false
	}
	key := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	one, ok := s.all[key]
	if !ok || one.bearer != bearer {
		return session{}, false
	}
	if one.over(now) {
		delete(s.all, key)
		return session{}, false
	}
	if r.Header.Get("If-None-Match") == "" {
		one.use = now
		s.all[key] = one
	}
	return one, true
}

// end ends the session of a request.
func (s *sessions) end(r *http.Request) {
	token, _ := tokenOf(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, sha256.Sum256([]byte(token)))
}

// forget ends every session of a person.
func (s *sessions) forget(person string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, one := range s.all {
		if one.person == person {
			delete(s.all, key)
		}
	}
}

// tokenOf finds the token; a header goes before a cookie.
func tokenOf(r *http.Request) (token string, bearer bool) {
	if header := r.Header.Get("Authorization"); header != "" {
		token, _ = strings.CutPrefix(header, "Bearer ")
		return token, true
	}
	if cookie, err := r.Cookie(cookieName); err == nil {
		return cookie.Value, false
	}
	return "", false
}

// cookie is what a browser keeps. It goes with no request that another site
// began, not even by a link.
func cookie(token string, life time.Duration) *http.Cookie {
	c := &http.Cookie{Name: cookieName, Value: token, Path: "/", Secure: true, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, MaxAge: int(life.Seconds())}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}
