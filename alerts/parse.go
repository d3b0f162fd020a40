package alerts

import "github.com/firebreak-project/firebreak/incident"

// Parse reads one alert as the generic source takes it, for people who try
// playbooks at their desk. It is as strict as the door is, but asks for no
// proof: what it returns never reaches an inbox. Pure.
func Parse(source string, n Names, body []byte) (incident.Received, error) {
	var g genericAlert
	if err := decodeStrict(body, &g); err != nil {
		return incident.Received{}, err
	}
	m, err := g.read(delivery{source: Source{Name: source, Kind: "generic", Exercises: true}, names: n})
	if err != nil {
		return incident.Received{}, err
	}
	return incident.Received{Alert: m.alert, Raw: body, Inert: m.inert}, nil
}
