package incident

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// bodies decodes each kind. A test holds it against every Kind constant.
var bodies = map[Kind]func(raw []byte) (Body, error){
	KindReceived:       decode[Received],
	KindRouted:         decode[Routed],
	KindOpened:         decode[Opened],
	KindAlertAttached:  decode[AlertAttached],
	KindNoted:          decode[Noted],
	KindCardPosted:     decode[CardPosted],
	KindCardUpdated:    decode[CardUpdated],
	KindCardLost:       decode[CardLost],
	KindTold:           decode[Told],
	KindTurnedAway:     decode[TurnedAway],
	KindAlarmed:        decode[Alarmed],
	KindFreezeAsked:    decode[FreezeAsked],
	KindKeyFrozen:      decode[KeyFrozen],
	KindSignalNoted:    decode[SignalNoted],
	KindSilenceAdded:   decode[SilenceAdded],
	KindSilenceExpired: decode[SilenceExpired],
	KindConfirmed:      decode[Confirmed],
	KindPlanned:        decode[Planned],
	KindMoot:           decode[Moot],
	KindAsked:          decode[Asked],
	KindVoted:          decode[Voted],
	KindAuthorised:     decode[Authorised],
	KindPreAuthorised:  decode[PreAuthorised],
	KindDeclined:       decode[Declined],
	KindLapsed:         decode[Lapsed],
	KindExecuted:       decode[Executed],
	KindContained:      decode[Contained],
	KindEscalated:      decode[Escalated],
	KindPriced:         decode[Priced],
	KindSigned:         decode[Signed],
	KindRefused:        decode[Refused],
	KindReleased:       decode[Released],
	KindBroadcast:      decode[Broadcast],
	KindIncluded:       decode[Included],
	KindReverted:       decode[Reverted],
	KindPreempted:      decode[Preempted],
	KindDisplaced:      decode[Displaced],
	KindHeld:           decode[Held],
	KindUnheld:         decode[Unheld],
	KindFinal:          decode[Final],
	KindAlreadySo:      decode[AlreadySo],
	KindGaveUp:         decode[GaveUp],
	KindStalled:        decode[Stalled],
	KindHurried:        decode[Hurried],
	KindCancelled:      decode[Cancelled],
}

// decode is strict: an unknown field is an error, so that an older binary
// refuses what it does not understand rather than dropping it.
func decode[T Body](raw []byte) (Body, error) {
	var body T
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&body); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is data after the body")
	}
	return body, nil
}
