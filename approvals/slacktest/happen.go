package slacktest

import (
	"context"
	"fmt"
)

// What follows changes the workspace and sends the event that Slack would. An
// app without an events URL, not on Socket Mode, hears nothing: its Delivery
// was not Sent.

// RevokeToken makes the bot token useless: every method answers
// token_revoked. The app hears tokens_revoked.
func (s *Server) RevokeToken(ctx context.Context) (Delivery, error) {
	s.kill("token_revoked")
	return s.announce(ctx, "tokens_revoked", map[string]any{
		"tokens": map[string]any{"oauth": []string{}, "bot": []string{s.cfg.BotUserID}},
	})
}

// Uninstall takes the app out of the workspace: every method answers
// account_inactive. The app hears app_uninstalled.
func (s *Server) Uninstall(ctx context.Context) (Delivery, error) {
	s.kill("account_inactive")
	return s.announce(ctx, "app_uninstalled", nil)
}

func (s *Server) kill(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = code
}

// Reinstall gives the app a new bot token; the old one is unknown from now on.
func (s *Server) Reinstall(token string) error {
	if token == "" {
		return fmt.Errorf("reinstall: the token is empty")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.botToken, s.dead = token, ""
	return nil
}

// ChangeUser replaces or adds a user. The app hears user_change.
func (s *Server) ChangeUser(ctx context.Context, u User) (Delivery, error) {
	if err := s.SetUser(u); err != nil {
		return Delivery{}, err
	}
	s.mu.Lock()
	shown := s.apiUser(s.users[u.ID])
	s.mu.Unlock()
	return s.announce(ctx, "user_change", map[string]any{"user": shown})
}

// ArchiveChannel archives a channel, by a person. The app hears
// channel_archive, or group_archive when the channel is private.
func (s *Server) ArchiveChannel(ctx context.Context, channel, by string) (Delivery, error) {
	c, err := s.changeChannel(channel, func(c *Channel) { c.IsArchived = true })
	if err != nil {
		return Delivery{}, fmt.Errorf("archive: %w", err)
	}
	kind := "channel_archive"
	if c.IsPrivate {
		kind = "group_archive"
	}
	return s.announce(ctx, kind, map[string]any{"channel": channel, "user": by})
}

// ShareChannel shares a channel with another workspace. The app hears
// channel_shared.
func (s *Server) ShareChannel(ctx context.Context, channel, team string) (Delivery, error) {
	if _, err := s.changeChannel(channel, func(c *Channel) { c.IsExtShared = true }); err != nil {
		return Delivery{}, fmt.Errorf("share: %w", err)
	}
	return s.announce(ctx, "channel_shared", map[string]any{"channel": channel, "connected_team_id": team})
}

func (s *Server) changeChannel(id string, change func(*Channel)) (Channel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, known := s.channels[id]
	if !known {
		return c, fmt.Errorf("channel %s is unknown", id)
	}
	change(&c)
	return c, s.putChannel(c)
}

// announce sends an event to an app that subscribes to events.
func (s *Server) announce(ctx context.Context, kind string, body map[string]any) (Delivery, error) {
	s.mu.Lock()
	subscribed := s.socketMode || s.eventsURL != ""
	s.mu.Unlock()
	if !subscribed {
		return Delivery{Kind: "event", Action: kind}, nil
	}
	return s.Event(ctx, kind, body)
}
