//go:build browser

package browsertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/test/browser/browsertest"
)

// serve is the address of a page with this body.
func serve(t *testing.T, body string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			return // the icon that a browser asks for
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>t</title>
			<style>:root { color-scheme: light dark } @media (prefers-color-scheme: dark) { .day { color: #333 } body { background: #111; color: #eee } }</style>
			<body>%s</body></html>`, body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestATextThatIsHardToReadIsFound(t *testing.T) {
	p := browsertest.Start(t)
	p.Resize(browsertest.Phone)
	for body, hard := range map[string]bool{
		`<p>plain</p>`: false,
		`<p style="color:#767676;background:#fff">as grey as may be</p>`:                           false,
		`<p style="color:#777;background:#fff">too grey</p>`:                                       true,
		`<p style="color:#949494;background:#fff;font-size:24px">large</p>`:                        false,
		`<p style="color:#949494;background:#fff;font-size:23px">nearly large</p>`:                 true,
		`<div style="background:#000"><p style="color:#000b">half of it shows through</p></div>`:   true,
		`<div style="background:#000"><p style="color:#fff">light on dark</p></div>`:               false,
		`<p style="opacity:.4;color:#000;background:#fff">faded</p>`:                               true,
		`<p style="background:linear-gradient(#fff,#000);color:#000">on a picture</p>`:             true,
		`<button disabled style="color:#ccc;background:#fff">off</button><p>plain</p>`:             false,
		`<input style="color:#ccc;background:#fff" value="typed">`:                                 true,
		`<p style="visibility:hidden;color:#fff;background:#fff">unseen</p><p>plain</p>`:           false,
		`<p style="color:oklch(0.99 0 0);background:#fff">written in a new way</p>`:                true,
		`<p style="color:#ccc;background:#fff">behind</p><dialog open id=d>d</dialog><p>plain</p>`: true,
		`<p style="color:#ccc;background:#fff">behind</p><dialog id=d><p>in front</p></dialog>`:    true,
	} {
		p.Go(serve(t, body))
		checked, findings := p.Contrast()
		assert.Equal(t, hard, len(findings) > 0, "%s %v", body, findings)
		assert.NotZero(t, checked, body)
	}
	// An open dialog is all that counts.
	browsertest.Ask[bool](p, `(() => { document.body.innerHTML = '<p style="color:#ccc;background:#fff">behind</p><dialog id=d>in front</dialog>'; d.showModal(); return true })()`)
	_, findings := p.Contrast()
	assert.Empty(t, findings)
}

func TestDarknessIsJudgedByWhatItShows(t *testing.T) {
	p := browsertest.Open(t, serve(t, `<p class="day">for the day</p>`), browsertest.Phone)
	p.Light()
	_, findings := p.Contrast()
	assert.Empty(t, findings)
	p.Dark()
	_, findings = p.Contrast()
	require.Len(t, findings, 1)
	assert.Equal(t, "for the day", findings[0].Text)
}

func TestWhatHasToBeScrolledSidewaysIsFound(t *testing.T) {
	p := browsertest.Start(t)
	p.Resize(browsertest.Phone)
	for body, wide := range map[string]bool{
		`<p>narrow</p>`:                       false,
		`<div style="width:500px">wide</div>`: true,
		`<div style="overflow:auto"><div style="width:500px">wide in a frame</div></div>`:            true,
		`<div style="overflow:auto" data-sideways><div style="width:500px">a table, say</div></div>`: false,
		`<div style="position:fixed;left:-40px;width:80px">out on the left</div>`:                    true,
	} {
		p.Go(serve(t, body))
		assert.Equal(t, wide, len(p.Sideways()) > 0, body)
	}
}

func TestAPersonReadsTypesAndClicks(t *testing.T) {
	p := browsertest.Open(t, serve(t, `<style>b { text-transform: uppercase }</style><b>Over
		here</b><i hidden>not here</i><input id="in"><select id="s"><option>a<option>b</select>
		<button onclick="out.textContent = document.getElementById('in').value + s.value">go</button><p id="out"></p>`), browsertest.Phone)
	p.Sees("Over here")
	assert.NotContains(t, p.Text(), "not here")
	p.Type("#in", "typed ")
	p.Choose("#s", "b")
	p.Click("button")
	p.Sees("typed b")
	browsertest.Ask[bool](p, `(() => { out.textContent = ""; return true })()`)
	p.SeesNot("typed b")
}

func TestWhatThePageComplainsOfIsHeard(t *testing.T) {
	p := browsertest.Open(t, serve(t, `<p>plain</p>`), browsertest.Wide)
	assert.Empty(t, p.Troubles())
	browsertest.Ask[bool](p, `(() => { setTimeout(() => { document.body.innerHTML = "<p>thrown</p>"; throw new Error("it broke") }); return true })()`)
	p.Sees("thrown")
	browsertest.Ask[bool](p, `true`) // one more round trip: events come in order
	assert.Len(t, p.Troubles(), 1)
}
