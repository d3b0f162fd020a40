package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"
)

//go:embed assets pages
var embedded embed.FS

// files are the templates and what pages load, named by its hash: a browser may
// keep it for ever, and never shows an old one with a new page.
type files struct {
	pages               *template.Template
	style, script, icon string // their paths
	assets              map[string]file
	build               string // hash of all of it
}

type file struct {
	kind string
	text []byte
}

func loadFiles() (*files, error) {
	f := &files{assets: map[string]file{}}
	var err error
	f.pages, err = template.New("console").Funcs(template.FuncMap{
		"stamp": func(t *time.Time) string { return t.UTC().Format(time.RFC3339) },
		"clock": func(t *time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
		"join":  func(list []string) string { return strings.Join(list, ", ") },
	}).ParseFS(embedded, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("console: read its pages: %w", err)
	}
	if f.style, err = f.add("console.css", "text/css; charset=utf-8"); err != nil {
		return nil, err
	}
	if f.script, err = f.add("console.js", "text/javascript; charset=utf-8"); err != nil {
		return nil, err
	}
	if f.icon, err = f.add("console.svg", "image/svg+xml"); err != nil {
		return nil, err
	}
	f.build, err = hashOf(embedded)
	return f, err
}

// hashOf is over the names and texts of all files, in the order of names.
func hashOf(all fs.FS) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(all, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(all, path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("console: read its files: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

func (f *files) add(name, kind string) (path string, err error) {
	text, err := embedded.ReadFile("assets/" + name)
	if err != nil {
		return "", fmt.Errorf("console: read its assets: %w", err)
	}
	sum := sha256.Sum256(text)
	stem, ending, _ := strings.Cut(name, ".")
	hashed := stem + "." + hex.EncodeToString(sum[:8]) + "." + ending
	f.assets[hashed] = file{kind, text}
	return "/assets/" + hashed, nil
}

// asset serves what pages load. It is the same for everybody.
func (c *Console) asset(w http.ResponseWriter, r *http.Request) {
	one, ok := c.files.assets[r.PathValue("name")]
	if !ok {
		c.turnAway(w, r, refuse(http.StatusNotFound, ReasonNotFound, "There is no such file."))
		return
	}
	w.Header().Set("Content-Type", one.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(one.text) // the client has gone if it fails
}
