package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Bounds on what anybody may ask for.
const (
	maxBody     = 64 << 10
	requestTime = 10 * time.Second
	maxBuckets  = 4096
	// glance is how long who reads waits for the guardian documents: they are
	// there to read a plan, and Vault may be away.
	glance = time.Second
)

// Console serves the pages and the API. It is an http.Handler, keeps sessions
// in memory and is safe for concurrent use.
type Console struct {
	o          Options
	host       string // of Origin, as the Host header has it
	mux        *http.ServeMux
	files      *files
	challenges *challenges
	sessions   *sessions
	visits     *limiter // by address, of anything
	attempts   *limiter // by address, of signing in and enrolling
	votes      *limiter // by person
}

// New checks the options and makes a console. It calls nobody.
func New(o Options) (*Console, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	origin, err := url.Parse(o.Origin)
	if err != nil {
		return nil, err // check has parsed it
	}
	made, err := loadFiles()
	if err != nil {
		return nil, err
	}
	c := &Console{
		o: o, host: origin.Host, mux: http.NewServeMux(), files: made,
		challenges: newChallenges(), sessions: newSessions(),
		visits:   newLimiter(100*time.Millisecond, 200, maxBuckets),
		attempts: newLimiter(time.Second, 60, maxBuckets),
		votes:    newLimiter(2*time.Second, 30, maxBuckets),
	}
	c.routes()
	return c, nil
}

// methods are the handlers of one path.
type methods map[string]http.HandlerFunc

func (c *Console) routes() {
	for path, m := range map[string]methods{
		"/{$}":            {http.MethodGet: c.page(c.home)},
		"/sign-in":        {http.MethodGet: c.page(c.signInPage)},
		"/enrol":          {http.MethodGet: c.page(c.enrolPage)},
		"/r/{id}":         {http.MethodGet: c.page(c.requestPage)},
		"/assets/{name}":  {http.MethodGet: c.asset},
		"/api/v1/session": {http.MethodGet: c.api(c.signedIn(c.whoAmI)), http.MethodPost: c.api(c.signIn)},

		"/api/v1/session/challenge":   {http.MethodPost: c.api(c.challenge)},
		"/api/v1/session/end":         {http.MethodPost: c.api(c.signOut)},
		"/api/v1/enrol/challenge":     {http.MethodPost: c.api(c.enrolChallenge)},
		"/api/v1/enrol":               {http.MethodPost: c.api(c.enrol)},
		"/api/v1/requests":            {http.MethodGet: c.api(c.signedIn(c.list))},
		"/api/v1/requests/{id}":       {http.MethodGet: c.api(c.signedIn(c.document))},
		"/api/v1/requests/{id}/paper": {http.MethodPost: c.api(c.signedIn(c.paper))},
		"/api/v1/requests/{id}/vote":  {http.MethodPost: c.api(c.signedIn(c.vote))},
	} {
		c.mux.HandleFunc(path, c.dispatch(m))
	}
	c.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c.turnAway(w, r, refuse(http.StatusNotFound, ReasonNotFound, "There is no such page."))
	})
}

// dispatch chooses by method, so that a wrong one is refused and counted like
// everything else.
func (c *Console) dispatch(m methods) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		if handle := m[method]; handle != nil {
			handle(w, r)
			return
		}
		for name := range m {
			w.Header().Add("Allow", name)
		}
		c.turnAway(w, r, refuse(http.StatusMethodNotAllowed, ReasonNoMethod, "This address does not take %.10q.", r.Method))
	}
}

// ServeHTTP implements http.Handler.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	if no := c.admit(r); no != nil {
		c.turnAway(w, r, no)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestTime)
	defer cancel()
	c.mux.ServeHTTP(w, r.WithContext(ctx))
}

// admit refuses what is not meant for this site and who asks too often.
func (c *Console) admit(r *http.Request) *refusal {
	if !c.ours(r.Host) {
		return refuse(http.StatusMisdirectedRequest, ReasonElsewhere, "This is not the site that you asked for. A proxy has to pass the Host header on.")
	}
	if wait := c.visits.take(addressOf(r), c.o.Now()); wait > 0 {
		return tooOften(wait)
	}
	return nil
}

// ours tells whether a Host header names this site; some proxies write the port
// that https has anyway.
func (c *Console) ours(host string) bool {
	host = strings.ToLower(host)
	return host == c.host || host == c.host+":443"
}

func tooOften(wait time.Duration) *refusal {
	no := refuse(http.StatusTooManyRequests, ReasonTooOften, "Too many requests. Wait %s and try again.", wait.Round(time.Second)+time.Second)
	no.after = wait
	return no
}
