package slacktest

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
)

// method is one row of the Web API: its scope, its rate limit and its work.
// call runs with the server's lock held. A scope of connections:write belongs
// to the app-level token, every other one to the bot's.
type method struct {
	scope     string
	perMinute int
	call      func(*Server, *args) (reply, *refusal)
}

// methodTable lists what the fake can do, with Slack's scopes and tiers. A
// "special" tier is several hundred calls a minute.
func methodTable() map[string]method {
	const special = 600
	return map[string]method{
		"apps.connections.open":        {appScope, tier3, (*Server).appsConnectionsOpen},
		"auth.test":                    {"", special, (*Server).authTest},
		"chat.postMessage":             {"chat:write", special, (*Server).chatPostMessage},
		"chat.postEphemeral":           {"chat:write", tier4, (*Server).chatPostEphemeral},
		"chat.update":                  {"chat:write", tier3, (*Server).chatUpdate},
		"chat.delete":                  {"chat:write", tier3, (*Server).chatDelete},
		"chat.getPermalink":            {"", special, (*Server).chatGetPermalink},
		"views.open":                   {"", tier4, (*Server).viewsOpen},
		"views.push":                   {"", tier4, (*Server).viewsPush},
		"views.update":                 {"", tier4, (*Server).viewsUpdate},
		"bots.info":                    {"users:read", tier3, (*Server).botsInfo},
		"users.info":                   {"users:read", tier4, (*Server).usersInfo},
		"users.list":                   {"users:read", tier2, (*Server).usersList},
		"conversations.info":           {"groups:read", tier3, (*Server).conversationsInfo},
		"conversations.members":        {"groups:read", tier4, (*Server).conversationsMembers},
		"conversations.history":        {"groups:history", tier3, (*Server).conversationsHistory},
		"conversations.replies":        {"groups:history", tier3, (*Server).conversationsReplies},
		"files.getUploadURLExternal":   {"files:write", tier4, (*Server).filesGetUploadURL},
		"files.completeUploadExternal": {"files:write", tier4, (*Server).filesCompleteUpload},
	}
}

// serveAPI carries out one Web API call. Faults act here, before the work
// (lost) or after it (landed), so that a method knows nothing about them.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	a, no := readArgs(w, r)
	if a == nil {
		a = &args{}
	}
	var f *Fault
	if no == nil {
		f = s.takeFault(name, a.text("channel"))
	}
	if f != nil && !f.Landed && !s.misbehave(r, f) {
		s.mu.Lock()
		s.record(name, a, answer{}, f)
		s.mu.Unlock()
		f.fail(w)
		return
	}
	s.mu.Lock()
	out := s.carryOut(name, a, no)
	s.record(name, a, out, f)
	s.mu.Unlock()
	if f != nil && f.Landed && !s.misbehave(r, f) {
		f.fail(w)
		return
	}
	out.write(w)
}

// carryOut checks what Slack checks before a method runs, then runs it. The
// caller holds mu.
func (s *Server) carryOut(name string, a *args, no *refusal) answer {
	m, known := s.methods[name]
	switch {
	case !known:
		no = refuse("unknown_method")
	case no != nil:
	default:
		if no = s.checkToken(a.token, m.scope == appScope); no == nil {
			no = s.checkScope(m.scope)
		}
	}
	if no == nil {
		no = s.checkRate(name, m.perMinute, a)
	}
	if no != nil {
		return answerOf(nil, no)
	}
	return answerOf(m.call(s, a))
}

// appScope is the only scope of an app-level token.
const appScope = "connections:write"

// checkToken knows the two tokens apart: neither does the other's work. The
// caller holds mu.
func (s *Server) checkToken(token string, appLevel bool) *refusal {
	isBot := s.botToken != "" && sameSecret(token, s.botToken)
	isApp := s.cfg.AppToken != "" && sameSecret(token, s.cfg.AppToken)
	switch {
	case token == "":
		return refuse("not_authed")
	case isBot && s.dead != "":
		return refuse(s.dead)
	case !isBot && !isApp:
		return refuse("invalid_auth")
	case isApp != appLevel:
		return refuse("not_allowed_token_type")
	}
	return nil
}

// MethodScope is the scope that a method of the Web API needs, "" for none,
// and whether the fake serves the method at all: what an app's manifest can be
// held against.
func MethodScope(name string) (scope string, served bool) {
	m, served := methodTable()[name]
	return m.scope, served
}

func (s *Server) checkScope(scope string) *refusal {
	if scope == "" || scope == appScope || s.cfg.Scopes == nil || slices.Contains(s.cfg.Scopes, scope) {
		return nil
	}
	// A read of channels is granted by either kind's scope; the method still
	// hides what the bot may not see.
	if alt, ok := strings.CutPrefix(scope, "groups:"); ok && slices.Contains(s.cfg.Scopes, "channels:"+alt) {
		return nil
	}
	return &refusal{code: "missing_scope", needed: scope, provided: strings.Join(s.cfg.Scopes, ",")}
}

// sameSecret compares digests, so neither content nor length leaks in time.
func sameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func (s *Server) authTest(*args) (reply, *refusal) {
	return reply{
		"url": s.baseURL + "/", "team": s.cfg.TeamDomain, "user": s.cfg.BotName,
		"team_id": s.cfg.TeamID, "user_id": s.cfg.BotUserID, "bot_id": s.botID(),
		"is_enterprise_install": false,
	}, nil
}

// botID is the "B..." id that belongs to the bot user.
func (s *Server) botID() string { return botIDOf(s.cfg.BotUserID) }

func botIDOf(user string) string { return "B" + strings.TrimPrefix(user, "U") }
