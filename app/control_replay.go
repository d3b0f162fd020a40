package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// replayPath is where the control socket takes the wish to decide once more.
const replayPath = "/v1/alerts/replay"

// ReplayOrder is a person's wish that a stored alert be decided once more, by
// the playbooks and the inventory of now.
type ReplayOrder struct {
	Receipt uint64 `json:"receipt"`
	Why     string `json:"why"`
	As      string `json:"as,omitempty"`
}

// AlertReplayed is the receipt under which it is decided again, on disk.
type AlertReplayed struct {
	Receipt uint64 `json:"receipt"`
	Again   uint64 `json:"again"`
	By      string `json:"by"`
}

// replayer takes stored alerts in once more.
type replayer interface {
	Replay(ctx context.Context, by string, o ReplayOrder) (AlertReplayed, error)
}

// ReplayAlert asks the daemon behind a control socket.
func ReplayAlert(ctx context.Context, socket string, o ReplayOrder) (AlertReplayed, error) {
	return speak[AlertReplayed](ctx, socket, request{replayPath, o, "see in firebreak alert list whether it was taken"})
}

// replays goes through the inbox. It implements replayer.
type replays struct{ app *App }

// errOnlyOrders says which stored messages can be decided once more.
var errOnlyOrders = errors.New("it was no alert by itself, so there is nothing to decide")

// Replay implements replayer. It brings no authority: what it opens asks the
// same people, and it confirms no more than its source did before. A pre-signed
// or pre-authorised release is for a detector at the time, so the alert is a
// person's request from now on: it goes the way of every alert, into the inbox
// first, under an id of its own.
func (r replays) Replay(ctx context.Context, by string, o ReplayOrder) (AlertReplayed, error) {
	if strings.TrimSpace(o.Why) == "" {
		return AlertReplayed{}, errors.New("say why: it becomes part of the record")
	}
	got, err := r.stored(ctx, o.Receipt)
	if err != nil {
		return AlertReplayed{}, err
	}
	if got.Inert != "" && !incident.Untimely(got.Inert) {
		return AlertReplayed{}, fmt.Errorf("receipt %d is %s: %w", o.Receipt, incident.OneLine(got.Inert, 60), errOnlyOrders)
	}
	if got.Alert.By != "" {
		return AlertReplayed{}, fmt.Errorf("receipt %d is what %s asked for; ask again", o.Receipt, got.Alert.By)
	}
	got.Inert, got.Raw, got.Headers = "", nil, map[string]string{"Replay-Of": fmt.Sprint(o.Receipt), "Replay-By": by, "Replay-Why": incident.OneLine(o.Why, maxWhy)}
	got.Alert.ID = fmt.Sprintf("replay/%d/%d", o.Receipt, time.Now().UnixMicro())
	got.Alert.Replayed = r.requester(by, o.As)
	again, _, err := r.app.engine.Receive(ctx, got)
	if err != nil {
		return AlertReplayed{}, err
	}
	r.app.o.Log.Warn("a stored alert is decided once more", "receipt", o.Receipt, "again", again, "by", by, "why", o.Why)
	return AlertReplayed{Receipt: o.Receipt, Again: again, By: by}, nil
}

// requester is the person of the roster that they say to be, who then cannot
// approve it as well; else whom the kernel says.
func (r replays) requester(by, as string) string {
	for _, p := range r.app.current.Load().set.Inventory().Roster() {
		if as != "" && strings.EqualFold(p.Name, as) {
			return p.Name
		}
	}
	return by
}

func (r replays) stored(ctx context.Context, receipt uint64) (incident.Received, error) {
	if receipt == 0 {
		return incident.Received{}, errors.New("receipts begin with 1")
	}
	for f, err := range r.app.journal.Read(ctx, incident.Inbox, receipt-1) {
		if err != nil {
			return incident.Received{}, err
		}
		body, err := f.Body()
		if err != nil {
			return incident.Received{}, err
		}
		if got, ok := body.(incident.Received); ok && f.Seq == receipt {
			return got, nil
		}
		break
	}
	return incident.Received{}, fmt.Errorf("there is no receipt %d; firebreak alert list shows those there are", receipt)
}
