package app

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// maxWatched bounds what is read of one file for the digest; the loader takes
// less.
const maxWatched = 1 << 20

// filesDigest changes whenever anything does that the loader reads: the text of
// the inventory, and name and text of every YAML file of the folder. It follows
// links, because a mounted folder is changed by pointing one elsewhere. What
// cannot be read is part of it too: a file that comes back is a change.
func filesDigest(inventory, dir string) incident.Digest {
	var all strings.Builder
	add := func(path string) {
		fmt.Fprintf(&all, "%q %s\n", path, fileDigest(path))
	}
	add(inventory)
	entries, err := os.ReadDir(dir)
	if err != nil {
		fmt.Fprintf(&all, "%v\n", err)
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, ".") && slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(name)) {
			add(filepath.Join(dir, name))
		}
	}
	return incident.DigestOf("firebreak-files/1", []byte(all.String()))
}

func fileDigest(path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() { // a pipe would never end
		return fmt.Sprintf("no regular file: %v", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, maxWatched)); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%x %d", h.Sum(nil), info.Size())
}
