package auth

import (
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever stands in the headers of a request, nobody is let in without the cookie or the token, no change goes without them, and no foreign name is
// answered to.
func FuzzHeaders(f *testing.F) {
	users, err := OpenUsers(filepath.Join(f.TempDir(), UsersFile))
	if err != nil {
		f.Fatal(err)
	}
	if err := users.Add("ann", Engineer, "a few words in a row"); err != nil {
		f.Fatal(err)
	}
	token, err := users.NewToken("ann")
	if err != nil {
		f.Fatal(err)
	}
	d := NewDoor(Config{Users: users, Hosts: []string{"crackle.plant.example"}, Proxy: true})
	user, _ := users.find("ann")
	cookie := d.open(user)
	f.Add("127.0.0.1:80", "http://127.0.0.1:80", "Bearer x", "crackle-session=x", "x", "1.2.3.4")
	f.Add("crackle.plant.example", "null", "bearer ", "crackle-session=", "", "")
	f.Add("[::1]:8080", "", "Basic YTpi", "__Host-crackle-session=x; crackle-session=\"", "same-site", "::1")
	f.Add("127.0.0.1.evil.example", "https://evil.example", "Bearer\x00", "crackle-session=x; crackle-session=y", "cross-site", "a,b,,")
	f.Fuzz(func(t *testing.T, host, origin, authorization, cookies, change, forwarded string) {
		r := httptest.NewRequest("POST", "http://127.0.0.1/api/v1/x", nil)
		r.Host = host
		for name, value := range map[string]string{"Origin": origin, "Authorization": authorization, "Cookie": cookies, TokenHeader: change, "X-Forwarded-For": forwarded} {
			r.Header.Set(name, value)
		}
		c := d.Caller(r)
		if c.Role != Nobody && !strings.Contains(authorization, token) && !strings.Contains(cookies, cookie) {
			t.Fatalf("%q and %q let in as %+v", authorization, cookies, c)
		}
		if d.CheckChange(r, c) == nil && change != d.Token(c) && c.program == "" {
			t.Fatalf("a change with the token %q", change)
		}
		if d.CheckHost(r) == nil {
			name := strings.ToLower(host)
			if end := strings.IndexByte(name, ']'); end > 0 && name[0] == '[' {
				name = name[1:end]
			} else if head, _, one := strings.Cut(name, ":"); one && strings.Count(name, ":") == 1 {
				name = head
			}
			ip, err := netip.ParseAddr(strings.Trim(name, "[]"))
			if !(err == nil && ip.Unmap().IsLoopback()) && strings.Trim(name, "[]") != "localhost" && strings.Trim(name, "[]") != "crackle.plant.example" {
				t.Fatalf("answered to %q, which is %q", host, name)
			}
		}
		if origin != "" && d.CheckOrigin(r) == nil {
			if _, rest, ok := strings.Cut(origin, "://"); !ok && !strings.HasPrefix(origin, "//") || ok && !strings.Contains(strings.ToLower(rest), strings.ToLower(host)) {
				t.Fatalf("a page of %q may talk to %q", origin, host)
			}
		}
		d.Remote(r)
	})
}
