//go:build browser

package browsertest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patience is how long a person waits for a page before giving up.
const patience = 20 * time.Second

// Phone and Wide are the sizes that pages are held against, in CSS pixels.
var (
	Phone = Size{390, 844}
	Wide  = Size{1280, 860}
)

// Size is a window.
type Size struct{ Width, Height int64 }

// Page is one tab of a Chromium of its own. One goroutine uses it.
type Page struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex // guards troubles, which come from the browser
	troubles []string
}

// Open starts a Chromium, which ends with the test, and shows the address in
// a window of that size. What the page logs as an error, a refusal of its
// content security policy included, fails the test when it ends.
func Open(t *testing.T, url string, size Size) *Page {
	t.Helper()
	p := Start(t)
	p.Resize(size)
	p.Go(url)
	return p
}

// Start is [Open] with an empty page: for tests that set things up first. flags
// are more of Chromium's own.
func Start(t *testing.T, flags ...chromedp.ExecAllocatorOption) *Page {
	t.Helper()
	binary := os.Getenv("FIREBREAK_CHROMIUM")
	require.NotEmpty(t, binary, "FIREBREAK_CHROMIUM names no Chromium; run make test-browser")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(binary), chromedp.UserDataDir(t.TempDir()),
		// The same letters on every machine that has the fonts.
		chromedp.Flag("font-render-hinting", "none"), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "en-GB"))
	if os.Geteuid() == 0 {
		// Chromium refuses to sandbox what root starts.
		options = append(options, chromedp.NoSandbox)
	}
	options = append(options, flags...)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, leave := chromedp.NewContext(alloc)
	t.Cleanup(leave)
	p := &Page{t: t, ctx: ctx}
	// The first one starts the browser, and must not be on a timer.
	require.NoError(t, chromedp.Do(ctx))
	require.NoError(t, chromedp.Listen(ctx, p.hear))
	t.Cleanup(func() { assert.Empty(t, p.Troubles(), "the page complained") })
	p.call("the log", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, log.Enable, cdp.Empty{})
		return err
	})
	return p
}

// hear keeps what went wrong in the page. It runs in the browser's own loop.
func (p *Page) hear(event any) {
	var what string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		what = "exception: " + e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError {
			return
		}
		what = fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
	default:
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.troubles = append(p.troubles, what)
}

// Troubles are the errors that the page has logged so far, and forgets them:
// a test that expects one reads it here.
func (p *Page) Troubles() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.troubles
	p.troubles = nil
	return out
}

// Context is for what this package has no words for: chromedp's own calls.
func (p *Page) Context() context.Context { return p.ctx }

// call does something within a person's patience, or fails the test.
func (p *Page) call(what string, f func(context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, f(ctx), what)
}

// Do carries out chromedp's actions within a person's patience.
func (p *Page) Do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.call(what, func(ctx context.Context) error { return chromedp.Do(ctx, steps...) })
}

// Go shows another address, and waits until it has loaded.
func (p *Page) Go(url string) {
	p.t.Helper()
	p.Do("open "+url, chromedp.Navigate(url))
}

// Resize gives the window another size.
func (p *Page) Resize(s Size) {
	p.t.Helper()
	p.Do("resize", chromedp.EmulateViewport(s.Width, s.Height))
}

// Sharp is [Page.Resize] with two dots to the pixel, as telephones have them.
func (p *Page) Sharp(s Size) {
	p.t.Helper()
	p.Do("resize", chromedp.EmulateViewport(s.Width, s.Height, chromedp.EmulateScale(2)))
}

// Dark and Light say which the reader prefers.
func (p *Page) Dark() { p.t.Helper(); p.prefer("dark") }

// Light is the opposite of [Page.Dark].
func (p *Page) Light() { p.t.Helper(); p.prefer("light") }

func (p *Page) prefer(scheme string) {
	p.t.Helper()
	p.call("prefer "+scheme, func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme},
				{Name: "prefers-reduced-motion", Value: "reduce"}, // nothing is read halfway through
			},
		})
		return err
	})
}

// Fit makes the window as high as it takes to show the whole of what a CSS
// selector names and scrolls within itself, up to a limit that keeps pictures
// small.
func (p *Page) Fit(selector string, width int64) {
	p.t.Helper()
	p.Resize(Size{width, 700})
	more := Ask[int64](p, `(() => { const e = document.querySelector(`+quote(selector)+`); return e.scrollHeight - e.clientHeight })()`)
	p.Resize(Size{width, min(700+more, maxHeight)})
	p.settle()
}

// settle waits until what has changed is drawn.
func (p *Page) settle() {
	p.t.Helper()
	p.call("draw", func(ctx context.Context) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](
			`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`, chromedp.EvalAwaitPromise))
		return err
	})
}

// maxHeight is of a picture, in CSS pixels.
const maxHeight = 2900
