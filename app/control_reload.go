package app

import (
	"errors"
	"net/http"

	"github.com/firebreak-project/firebreak/playbooks"
)

// reloadPath is where the control socket takes the wish to reload.
const reloadPath = "/v1/playbooks/reload"

// readAnew has the files read, for whoever may direct the daemon.
func (c *control) readAnew(r *http.Request) (Reloaded, error) {
	who, err := c.admit(r)
	if err != nil {
		return Reloaded{}, err
	}
	c.log.Info("a person has the playbooks read anew", "by", who.words(""))
	done, err := c.reload(r.Context())
	if err == nil {
		return done, nil
	}
	if _, ours := errors.AsType[Problems](err); ours {
		return Reloaded{}, refused{http.StatusUnprocessableEntity, err}
	}
	if _, theirs := errors.AsType[playbooks.Problems](err); theirs {
		return Reloaded{}, refused{http.StatusUnprocessableEntity, err}
	}
	return Reloaded{}, refused{http.StatusConflict, err}
}

// Unfit says that the daemon has found problems in the files. What it says has
// one problem after the other, each with its place.
type Unfit struct{ words string }

// Error implements error.
func (e *Unfit) Error() string { return e.words }

// err is a complaint as an error of this side.
func (c complaint) err(status int) error {
	if status == http.StatusUnprocessableEntity {
		return &Unfit{c.Error}
	}
	return errors.New(c.Error)
}
