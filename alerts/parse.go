package alerts

import "github.com/firebreak-project/firebreak/incident"

// Parse reads one alert as the generic source takes it, for people who try
// playbooks at their desk. It is as strict as the door is, but asks for no
// proof: what it returns never reaches an inbox. Pure.
func Parse(source string, n Names, body []byte) (incident.Received, error) {
	messages, err := generic{}.decode(delivery{source: Source{Name: source, Kind: "generic", Exercises: true}, names: n, body: body})
	if err != nil {
		return incident.Received{}, err
	}
	return incident.Received{Alert: messages[0].alert, Raw: body, Inert: messages[0].inert}, nil
}
