package alerts

import "net/http"

// alertmanager is Prometheus Alertmanager's webhook, version 4, with its
// default body. Nothing of it is signed: a token, a password or a client
// certificate proves the Alertmanager and not the alert, for whoever can post
// into it can post here. Nothing dates a delivery, and a repeat keeps startsAt.
type alertmanager struct{}

func alertmanagerTrade() trade {
	return trade{
		kind: alertmanager{}, transport: true,
		// It repeats a delivery that met a 5xx and takes everything else for an
		// answer, 429 too.
		answers: answers{again: http.StatusServiceUnavailable},
		takes:   []string{"rule", "rules", "severity"},
		sign: func(s Source, t Trial) (Signed, error) {
			return Signed{http.Header{"Authorization": {"Bearer " + s.Secrets[0]}}, t.Body}, nil
		},
	}
}

func (alertmanager) evidence() []string { return []string{"Content-Type"} }

func (alertmanager) verify(d delivery) error {
	if byAuthorization(d, "Bearer", "Basic") {
		return nil
	}
	return noToken("the token or password does not fit; set it in http_config of the receiver")
}

func (alertmanager) decode(d delivery) ([]message, error) {
	return readGroup(d, "4", func(groupAlert) string { return "" })
}
