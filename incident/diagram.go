package incident

import (
	"fmt"
	"strings"
)

// Diagram draws both machines from their tables as a Mermaid document. The
// file docs/incident.mmd is its output, and a test fails when they differ.
func Diagram() string {
	var b strings.Builder
	b.WriteString("%% Generated from incident.RunTransitions and incident.StepTransitions by `make diagram`.\n")
	b.WriteString("stateDiagram-v2\n")
	b.WriteString("    state \"Run: one containment or recovery\" as run {\n")
	for _, t := range RunTransitions {
		edge(&b, string(t.From), t.On, string(t.To), t.When)
	}
	for _, p := range []Phase{PhaseContained, PhaseMoot, PhaseDeclined, PhaseLapsed, PhaseEscalated} {
		fmt.Fprintf(&b, "        %s --> [*]\n", node(string(p)))
	}
	b.WriteString("    }\n")
	b.WriteString("    state \"Step: one transaction\" as step {\n")
	fmt.Fprintf(&b, "        [*] --> %s\n", node("step "+string(StepReady)))
	for _, t := range StepTransitions {
		edge(&b, "step "+string(t.From), t.On, "step "+string(t.To), t.When)
	}
	for _, s := range []StepState{StepFinal, StepAlreadySo, StepFailed} {
		fmt.Fprintf(&b, "        %s --> [*]\n", node("step "+string(s)))
	}
	b.WriteString("    }\n")
	return b.String()
}

func edge(b *strings.Builder, from string, on Kind, to, when string) {
	label := string(on)
	if when != "" {
		label += " (" + when + ")"
	}
	fmt.Fprintf(b, "        %s --> %s: %s\n", node(from), node(to), label)
}

// node turns a name into a Mermaid identifier; no name is the start.
func node(name string) string {
	if name == "" {
		return "[*]"
	}
	return strings.NewReplacer(" ", "_", "-", "_").Replace(name)
}
