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

// Click presses what a CSS selector names, with the mouse, once it is there and
// nothing lies over it. The mouse goes to a place and not to a node: what a page
// draws anew meanwhile is pressed all the same, as by a finger.
func (p *Page) Click(selector string) {
	p.t.Helper()
	var at []float64
	p.until("click "+selector, func() bool {
		at = Ask[[]float64](p, `(`+pressable+`)(`+quote(selector)+`)`)
		return at != nil
	})
	p.Do("click "+selector, chromedp.MouseClickXY(at[0], at[1]))
}

// pressable is where a thing can be pressed now, or null.
const pressable = `(selector) => {
	const el = document.querySelector(selector);
	if (!el || el.disabled || !el.checkVisibility()) return null;
	el.scrollIntoView({ block: "nearest", behavior: "instant" });
	const box = el.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
	const top = document.elementFromPoint(x, y);
	return top && (el === top || el.contains(top)) ? [x, y] : null;
}`

// Type writes at the end of what a CSS selector names, key by key; a backspace
// takes a letter away.
func (p *Page) Type(selector, text string) {
	p.t.Helper()
	p.Await("type into "+selector, `(() => {
		const el = document.querySelector(`+quote(selector)+`);
		if (!el || el.disabled || !el.checkVisibility()) return false;
		el.focus();
		if (el.setSelectionRange) el.setSelectionRange(el.value.length, el.value.length);
		return document.activeElement === el;
	})()`)
	p.Key(text)
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
	p.until(what, func() bool { return Ask[bool](p, `Boolean(`+expression+`)`) })
}

// until looks again and again, for as long as a person has patience.
func (p *Page) until(what string, done func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(25 * time.Millisecond) {
		if time.Now().After(end) {
			require.FailNow(p.t, "waited for nothing: "+what, "the page says: %s", p.Text())
		}
	}
}
