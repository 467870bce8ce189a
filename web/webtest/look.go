package webtest

import (
	"fmt"
	"strings"
)

// Views are the sizes and themes that every page has to hold in.
var Views = []struct {
	Name          string
	Width, Height int64
	Dark          bool
}{{"wide-light", 1280, 800, false}, {"wide-dark", 1280, 800, true}, {"tall-light", 820, 1180, false}, {"tall-dark", 820, 1180, true}}

// Picture is a number that changes when a canvas does.
const Picture = `((sel) => { let h = 7; for (const c of document.querySelector(sel).toDataURL()) h = (h * 31 + c.charCodeAt(0)) | 0; return h; })`

// Moves waits until a canvas changes.
func (p *Page) Moves(sel string) {
	p.t.Helper()
	before := JS[int](p, fmt.Sprintf("%s(%q)", Picture, sel))
	p.Within("movement of "+sel, fmt.Sprintf("%s(%q) !== %d", Picture, sel, before))
}

// Hostile is text from outside that would like to be markup.
const Hostile = `<img src=x onerror=window.hit=1><script>window.hit=1</script>"'/&🙂`

// Shows checks that hostile text stands in each of the places as it is, and became markup in none.
func (p *Page) Shows(places ...string) {
	p.t.Helper()
	for _, sel := range places {
		got := JS[string](p, fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.textContent).join("\n")`, sel))
		if !strings.Contains(got, Hostile) {
			p.t.Errorf("%s reads %q, want the text as it is", sel, got)
		}
	}
	if n := JS[int](p, `document.querySelectorAll("img, body script").length`); n != 0 || !JS[bool](p, `window.hit === undefined`) {
		p.t.Errorf("hostile text became markup: %d elements", n)
	}
	p.Fits("long text")
}
