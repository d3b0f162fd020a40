package slacktest

func (s *Server) apiUser(u User) map[string]any {
	return map[string]any{
		"id": u.ID, "team_id": u.TeamID, "name": u.Name, "real_name": u.RealName,
		"deleted": u.Deleted, "is_restricted": u.IsRestricted, "is_ultra_restricted": u.IsUltraRestricted,
		"is_bot": u.IsBot, "is_stranger": u.IsStranger, "is_app_user": u.IsBot,
		"is_workflow_bot": u.IsWorkflowBot, "is_connector_bot": u.IsConnectorBot,
		"is_admin": false, "is_owner": false, "is_primary_owner": false,
		"tz": "Etc/UTC", "tz_label": "UTC", "tz_offset": 0,
		"profile": map[string]any{"real_name": u.RealName, "display_name": u.Name, "team": u.TeamID},
	}
}

func (s *Server) usersInfo(a *args) (reply, *refusal) {
	u, known := s.users[a.text("user")]
	if !known {
		return nil, refuse("user_not_found")
	}
	return reply{"user": s.apiUser(u)}, nil
}

func (s *Server) usersList(a *args) (reply, *refusal) {
	part, next, no := paged(s.userOrder, a, 1000)
	if no != nil {
		return nil, no
	}
	members := make([]any, len(part))
	for i, id := range part {
		members[i] = s.apiUser(s.users[id])
	}
	return reply{"members": members, "response_metadata": map[string]any{"next_cursor": next}}, nil
}

// botsInfo knows the app's own bot and the bots among the users.
func (s *Server) botsInfo(a *args) (reply, *refusal) {
	for _, id := range s.userOrder {
		if u := s.users[id]; u.IsBot && botIDOf(id) == a.text("bot") {
			return reply{"bot": map[string]any{
				"id": botIDOf(id), "name": u.RealName, "user_id": id, "app_id": s.cfg.AppID, "deleted": u.Deleted,
			}}, nil
		}
	}
	return nil, refuse("bot_not_found")
}
