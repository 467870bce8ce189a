package web_test

import (
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"crackle/web"
	"crackle/web/auth"
	"crackle/web/webtest"
)

// Over https a person logs in and sees the live feed; when the login ends elsewhere, the page asks for it again.
func TestBrowserHTTPS(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	dir := t.TempDir()
	pair(t, dir, 1)
	users, err := auth.OpenUsers(filepath.Join(dir, auth.UsersFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := users.Add("vera", auth.Viewer, password); err != nil {
		t.Fatal(err)
	}
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serveWith(t, p, web.Config{Listen: "127.0.0.1:0", Doors: web.Doors{Users: users, CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}}, dist)
	feed(t, p, sources)
	w := webtest.Open(t, b, "about:blank", 1280, 800, false)
	if _, err := chromedp.Call(w.Ctx, security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true}); err != nil { // the certificate is the test's own
		t.Fatal(err)
	}
	w.Do("open the page", chromedp.Navigate(url), chromedp.WaitReady("body"))
	w.Within("the login", `document.activeElement?.id === "user"`)
	w.Do("log in", chromedp.KeyEvent("vera"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(password), chromedp.KeyEvent(kb.Enter))
	w.Within("the streams", `document.querySelectorAll(".tile").length === 3`)
	w.Within("a live feed", `document.body.innerText.includes("ring-")`)
	if got := webtest.JS[string](w, `document.cookie`); got != "" {
		t.Errorf("a script can read the cookie %q", got)
	}
	if err := users.Remove("vera"); err != nil {
		t.Fatal(err)
	}
	if err := users.Add("other", auth.Viewer, password); err != nil {
		t.Fatal(err)
	}
	w.Within("the login again", `document.querySelector(".login") !== null && document.querySelectorAll(".tile").length === 0`)
}
