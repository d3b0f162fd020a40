//go:build browser

package browsertest

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// Click presses what a CSS selector names, with the mouse, once it is there.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.Do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Type writes into what a CSS selector names, key by key.
func (p *Page) Type(selector, text string) {
	p.t.Helper()
	p.Do("type into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Choose picks an option of a select by its value, and tells the page.
func (p *Page) Choose(selector, value string) {
	p.t.Helper()
	p.Await("select "+selector, `Boolean(document.querySelector(`+quote(selector)+`))`)
	chosen := Ask[bool](p, `(() => { const s = document.querySelector(`+quote(selector)+`); s.value = `+quote(value)+`;
		s.dispatchEvent(new Event("input", {bubbles: true})); s.dispatchEvent(new Event("change", {bubbles: true}));
		return s.value === `+quote(value)+` })()`)
	require.True(p.t, chosen, "%s has no option %s", selector, value)
}

// Key presses a key, as chromedp's kb package spells it.
func (p *Page) Key(keys string) {
	p.t.Helper()
	p.Do("press a key", chromedp.KeyEvent(keys))
}

// Sees waits until a person can read the text somewhere on the page. White
// space counts as one space, and a text in capitals by style is found as it
// was written.
func (p *Page) Sees(text string) {
	p.t.Helper()
	p.Await("see "+text, `(`+readable+`)().includes(`+quote(oneSpace(text))+`)`)
}

// SeesNot waits until nobody can read the text any more.
func (p *Page) SeesNot(text string) {
	p.t.Helper()
	p.Await("no longer see "+text, `!(`+readable+`)().includes(`+quote(oneSpace(text))+`)`)
}

// Text is all that a person can read now.
func (p *Page) Text() string {
	p.t.Helper()
	return Ask[string](p, `(`+readable+`)()`)
}

// readable is the text of what is shown. It is put together from text nodes,
// for innerText has the capitals that a style made.
const readable = `() => {
	if (!document.body) return ""; // between two pages
	const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const el = walk.currentNode.parentElement;
		if (el && el.checkVisibility({ visibilityProperty: true, opacityProperty: true })) out.push(walk.currentNode.data);
	}
	return out.join("").replace(/\s+/g, " ");
}`

func oneSpace(text string) string { return strings.Join(strings.Fields(text), " ") }

func quote(text string) string {
	raw, _ := json.Marshal(text) // a string always encodes
	return string(raw)
}

// Ask evaluates an expression in the page. It is the devtools' own doing, so
// a strict content security policy does not stand in its way.
func Ask[T any](p *Page, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	require.NoError(p.t, err, "ask the page")
	return out
}

// Await waits until an expression is true in the page. (chromedp's Poll builds
// a function from text, which a strict content security policy forbids.)
func (p *Page) Await(what, expression string) {
	p.t.Helper()
	end := time.Now().Add(patience)
	for !Ask[bool](p, `Boolean(`+expression+`)`) {
		if time.Now().After(end) {
			require.FailNow(p.t, "waited for nothing: "+what, "the page says: %s", p.Text())
		}
		time.Sleep(25 * time.Millisecond)
	}
}
