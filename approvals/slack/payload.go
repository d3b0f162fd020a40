package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The interactions that are understood.
const (
	kindClick  = "block_actions"
	kindSubmit = "view_submission"
	kindClosed = "view_closed"
)

// interaction is what is read of a payload: identity, place and input. The
// message in it is compared with what was written and not read for anything
// else, because what a card says is never evidence.
type interaction struct {
	proof     proof  // how it showed that Slack sent it
	Type      string `json:"type"`
	AppID     string `json:"api_app_id"`
	TriggerID string `json:"trigger_id"`
	Team      struct {
		ID string `json:"id"`
	} `json:"team"`
	User struct {
		ID     string `json:"id"`
		TeamID string `json:"team_id"`
	} `json:"user"`
	Container struct {
		Type      string `json:"type"`
		ChannelID string `json:"channel_id"`
		MessageTS string `json:"message_ts"`
	} `json:"container"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Message struct {
		Blocks json.RawMessage `json:"blocks"`
	} `json:"message"`
	Actions []struct {
		Type     string `json:"type"`
		BlockID  string `json:"block_id"`
		ActionID string `json:"action_id"`
		Value    string `json:"value"`
		ActionTS string `json:"action_ts"`
	} `json:"actions"`
	View struct {
		ID         string `json:"id"`
		Hash       string `json:"hash"`
		AppID      string `json:"app_id"`
		CallbackID string `json:"callback_id"`
		Metadata   string `json:"private_metadata"`
		State      struct {
			Values map[string]map[string]struct {
				Value *string `json:"value"`
			} `json:"values"`
		} `json:"state"`
	} `json:"view"`
}

// parseInteraction reads one JSON object and nothing after it. Fields that are
// not read may hold anything: Slack adds some every year.
func parseInteraction(raw []byte) (interaction, error) {
	var in interaction
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&in); err != nil {
		return in, fmt.Errorf("decode payload: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return in, errors.New("decode payload: something follows it")
	}
	return in, nil
}

// input is what a person typed into the view.
func (in interaction) input(block string) string {
	if v := in.View.State.Values[block][block].Value; v != nil {
		return *v
	}
	return ""
}
