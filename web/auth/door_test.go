package auth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"crackle/web/auth"
)

func request(host string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/api/v1/x", nil)
	r.Host = host
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func TestCheckHost(t *testing.T) {
	d := auth.NewDoor(auth.Config{})
	for host, good := range map[string]bool{
		"localhost": true, "LOCALHOST:8080": true, "127.0.0.1:8080": true, "127.8.9.1": true, "[::1]:8080": true, "[::ffff:127.0.0.1]:1": true,
		"": false, "evil.example": false, "localhost.evil.example": false, "127.0.0.1.evil.example:8080": false, "192.168.0.1": false, "0.0.0.0:8080": false, "[fe80::1]": false,
	} {
		if err := d.CheckHost(request(host)); (err == nil) != good {
			t.Errorf("%q: %v, want accepted %v", host, err, good)
		}
	}
}

func TestCheckOrigin(t *testing.T) {
	d := auth.NewDoor(auth.Config{})
	for origin, good := range map[string]bool{
		"": true, "http://localhost:8080": true, "https://LOCALHOST:8080": true,
		"http://localhost:8081": false, "http://localhost": false, "null": false, "http://evil.example": false, "%zz": false, "localhost:8080": false,
	} {
		if err := d.CheckOrigin(request("localhost:8080", "Origin", origin)); (err == nil) != good {
			t.Errorf("%q: %v, want accepted %v", origin, err, good)
		}
	}
}

func TestCheckChange(t *testing.T) {
	d, other := auth.NewDoor(auth.Config{}), auth.NewDoor(auth.Config{})
	if d.Token(auth.Caller{}) == other.Token(auth.Caller{}) {
		t.Error("two doors have the same token")
	}
	for _, c := range []struct {
		token, site string
		good        bool
	}{
		{d.Token(auth.Caller{}), "", true}, {d.Token(auth.Caller{}), "same-origin", true}, {d.Token(auth.Caller{}), "none", true},
		{d.Token(auth.Caller{}), "cross-site", false}, {d.Token(auth.Caller{}), "same-site", false}, {"", "", false}, {other.Token(auth.Caller{}), "same-origin", false}, {d.Token(auth.Caller{}) + "A", "", false},
	} {
		r := request("localhost", auth.TokenHeader, c.token)
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		if err := d.CheckChange(r, d.Caller(r)); (err == nil) != c.good {
			t.Errorf("token %q, site %q: %v, want accepted %v", c.token, c.site, err, c.good)
		}
	}
}

func Example() {
	d := auth.NewDoor(auth.Config{})
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/api/v1/alarms/1/acknowledge", nil)
	fmt.Println(d.CheckHost(r))
	fmt.Println(d.CheckChange(r, d.Caller(r)) != nil)
	r.Header.Set(auth.TokenHeader, d.Token(auth.Caller{}))
	fmt.Println(d.CheckChange(r, d.Caller(r)))
	// Output:
	// <nil>
	// true
	// <nil>
}
