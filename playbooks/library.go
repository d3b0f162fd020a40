package playbooks

import (
	"embed"
	"io/fs"
)

//go:embed library/*.yaml
var library embed.FS

// Library is the folder of playbooks that ship, with an example inventory.
// They are to be read, copied and changed.
func Library() fs.FS {
	sub, err := fs.Sub(library, "library")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return sub
}
