//go:build browser

package browsertest

import (
	_ "embed"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

//go:embed contrast.js
var contrastJS string

//go:embed sideways.js
var sidewaysJS string

// Finding is a text that is hard to read, and why.
type Finding struct {
	Text, Where, Why string
}

// mostPicture keeps the repository small, in bytes.
const mostPicture = 120_000

// CheckContrast demands of every text that can be seen that it stands out: 4.5
// to 1 against what is behind it, 3 to 1 when it is large (WCAG 2.2, 1.4.3).
// While a dialog is open only the dialog counts. Controls that are switched
// off are exempt, as in the standard.
func (p *Page) CheckContrast() {
	p.t.Helper()
	checked, findings := p.Contrast()
	assert.NotZero(p.t, checked, "there was no text to check")
	assert.Empty(p.t, findings, "texts that are hard to read")
}

// Contrast counts the texts that can be seen and names those that are hard to
// read.
func (p *Page) Contrast() (checked int, findings []Finding) {
	p.t.Helper()
	found := Ask[struct {
		Checked  int
		Findings []Finding
	}](p, contrastJS)
	return found.Checked, found.Findings
}

// CheckWidth demands that nothing has to be scrolled sideways or sticks out of
// the window. An element that must scroll (a table) says so with data-sideways.
func (p *Page) CheckWidth() {
	p.t.Helper()
	assert.Empty(p.t, p.Sideways(), "things that are too wide")
}

// Sideways names what [Page.CheckWidth] objects to.
func (p *Page) Sideways() []Finding {
	p.t.Helper()
	return Ask[[]Finding](p, sidewaysJS)
}

// CheckReadable is both checks, in the light and in the dark.
func (p *Page) CheckReadable() {
	p.t.Helper()
	for _, scheme := range []func(){p.Dark, p.Light} {
		scheme()
		p.CheckContrast()
		p.CheckWidth()
	}
}

// Picture writes what the window shows as name.png into FIREBREAK_PICTURES,
// when that is set. One that is too large for the repository is an error.
func (p *Page) Picture(name string) {
	p.t.Helper()
	folder := os.Getenv("FIREBREAK_PICTURES")
	if folder == "" {
		return
	}
	p.settle()
	raw, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	raw, err = smaller(raw)
	require.NoError(p.t, err)
	assert.Less(p.t, len(raw), mostPicture, "%s.png is too large", name)
	require.NoError(p.t, os.WriteFile(filepath.Join(folder, name+".png"), raw, 0o644))
}
