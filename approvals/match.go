package approvals

import "slices"

// fill seats people in teams, one person per team and one team per person, as
// many as can be: a maximum matching (Kuhn's augmenting paths). A greedy
// choice would seat ana, who is in both teams, where ben alone could sit, and
// call a quorum missing that stands. The result maps each team that is filled
// to its person; equal input gives equal output.
func fill(teams []string, people []Person) map[string]string {
	seated := map[string]int{} // team -> index of the person
	var seat func(person int, tried map[string]bool) bool
	seat = func(person int, tried map[string]bool) bool {
		for _, team := range teams {
			if tried[team] || !slices.Contains(people[person].Teams, team) {
				continue
			}
			tried[team] = true
			sitting, taken := seated[team]
			if !taken || seat(sitting, tried) {
				seated[team] = person
				return true
			}
		}
		return false
	}
	for i := range people {
		seat(i, map[string]bool{})
	}
	named := make(map[string]string, len(seated))
	for team, i := range seated {
		named[team] = people[i].Name
	}
	return named
}
