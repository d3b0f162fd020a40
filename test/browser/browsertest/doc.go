// Package browsertest drives a headless Chromium for tests of pages: it clicks
// and types as a person does, and asks of what is on the screen whether it can
// be read. `make test-browser` finds a Chromium and names it in
// FIREBREAK_CHROMIUM; everything here is built with the tag browser.
//
// A picture is only written when FIREBREAK_PICTURES names a folder for it
// (`make pictures`).
package browsertest
