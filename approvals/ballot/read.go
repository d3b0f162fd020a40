package ballot

import (
	"errors"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// Read makes the vote of a signed paper: one signature for each sheet, in order,
// all of one kind and all by the person who was asked. Its errors are sentences
// for the person.
func Read(a Ask, signed []consent.Signature) (incident.Vote, error) {
	return incident.Vote{}, errors.New("not written yet")
}
