package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"crackle/web"
	"crackle/web/api"
)

// archive gives out packs of a size, whose bytes follow from their places, and notes when one is let go.
type archive struct {
	size   int64
	closed chan struct{}
}

func (a *archive) Kept(context.Context, string) (bool, error) { return true, nil }
func (a *archive) Drawing(context.Context, string) (*api.Drawing, error) {
	return nil, api.NotFound("evidence", "none")
}
func (a *archive) Pack(context.Context, string) (io.ReadCloser, int64, error) {
	return &pack{a, 0}, a.size, nil
}

type pack struct {
	of *archive
	at int64
}

func (p *pack) Read(b []byte) (int, error) {
	n := min(int64(len(b)), p.of.size-p.at)
	for i := range b[:n] {
		b[i] = byte((p.at + int64(i)) % 251)
	}
	if p.at += n; n == 0 {
		return 0, io.EOF
	}
	return int(n), nil
}

func (p *pack) Close() error { close(p.of.closed); return nil }

// A pack that takes longer than the server's time to write comes whole, as long as somebody takes it; one that nobody takes is given up.
func TestEvidenceOverASlowLine(t *testing.T) {
	store := &archive{size: 32 << 20, closed: make(chan struct{})}
	h := newHouse(t, web.Config{Providers: api.Providers{Evidence: store}, WriteWithin: time.Second})
	token, err := h.users.NewToken("vera")
	if err != nil {
		t.Fatal(err)
	}
	get := func() *http.Response {
		c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.(*net.TCPConn).SetReadBuffer(64 << 10)
		req, err := http.NewRequest("GET", h.url+"/api/v1/alarms/a/evidence/pack", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return c, nil }, ReadBufferSize: 4 << 10, DisableKeepAlives: true}
		r, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != 200 {
			t.Fatal(r.Status)
		}
		t.Cleanup(func() { r.Body.Close() })
		return r
	}
	r := get()
	began, at, buf := time.Now(), int64(0), make([]byte, 1<<20)
	for {
		n, err := io.ReadFull(r.Body, buf)
		for i := range buf[:n] {
			if buf[i] != byte((at+int64(i))%251) {
				t.Fatalf("byte %d is wrong", at+int64(i))
			}
		}
		at += int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			t.Fatalf("after %d bytes and %s: %v", at, time.Since(began), err)
		}
		time.Sleep(70 * time.Millisecond)
	}
	if at != store.size || time.Since(began) < 1500*time.Millisecond {
		t.Errorf("%d of %d bytes in %s", at, store.size, time.Since(began))
	}
	<-store.closed
	store.closed = make(chan struct{})
	get() // and nothing is read
	select {
	case <-store.closed:
	case <-time.After(30 * time.Second):
		t.Error("a pack that nobody takes is not given up")
	}
}

// flood is a body of a size that counts what is taken of it.
type flood struct {
	left  int64
	taken atomic.Int64
}

func (f *flood) Read(b []byte) (int, error) {
	if f.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(b)), f.left)
	for i := range b[:n] {
		b[i] = ' '
	}
	f.left -= n
	f.taken.Add(n)
	return int(n), nil
}

// A body of 100 MB is refused with a reason before it is read, with and without a login, wherever it is sent.
func TestHugeBodies(t *testing.T) {
	h := newHouse(t, web.Config{})
	token, err := h.users.NewToken("elsa")
	if err != nil {
		t.Fatal(err)
	}
	p := h.person(nil)
	for _, c := range []struct {
		method, path string
		login        bool
		status       int
	}{
		{"POST", "/api/v1/login", false, 413}, {"POST", "/api/v1/logout", false, 204}, {"POST", "/api/v1/alarms/acknowledge", false, 401}, {"POST", "/api/v1/alarms/acknowledge", true, 413},
		{"POST", "/api/v1/alarms/a/acknowledge", true, 413}, {"GET", "/api/v1/streams", true, 200}, {"POST", "/", true, 405}, {"PUT", "/api/v1/streams", true, 405},
	} {
		body := &flood{left: 100 << 20}
		req, err := http.NewRequest(c.method, h.url+c.path, body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		if c.login {
			req.Header.Set("Authorization", "Bearer "+token)
		} else {
			req.Header.Set("X-Crackle-Token", p.token)
		}
		tr := &http.Transport{DisableKeepAlives: true}
		r, err := tr.RoundTrip(req)
		tr.CloseIdleConnections()
		if err != nil { // the server may hang up on one who goes on writing, before the answer is read
			if !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "broken pipe") {
				t.Errorf("%s %s: %v", c.method, c.path, err)
			}
		} else {
			if r.StatusCode != c.status && !(c.path == "/" && r.StatusCode == 503) { // 503: a program without its dashboard
				text, _ := io.ReadAll(r.Body)
				t.Errorf("%s %s: %s %s, want %d", c.method, c.path, r.Status, text, c.status)
			}
			r.Body.Close()
		}
		if n := body.taken.Load(); n > 32<<20 {
			t.Errorf("%s %s: %d bytes were taken", c.method, c.path, n)
		}
	}
}

// past notes the widest answer that it was asked for.
type past struct {
	mu    sync.Mutex
	asked int
	most  int
}

func (p *past) History(_ context.Context, q api.HistoryQuery) (*api.History, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	p.most = max(p.most, q.Width)
	return &api.History{}, nil
}

// 10,000 requests for absurd zooms: each is answered, nothing beyond the bounds reaches the program, and memory does not grow.
func TestAbsurdZooms(t *testing.T) {
	p := &past{}
	h := newHouse(t, web.Config{Providers: api.Providers{History: p}})
	token, err := h.users.NewToken("vera")
	if err != nil {
		t.Fatal(err)
	}
	queries := []string{
		"width=2147483647", "width=-1", "width=1e9", "width=99999999999999999999", "from=0000-01-01T00:00:00Z", "to=9999-12-31T23:59:59Z", "from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
		"from=1970-01-01T00:00:00Z&to=2200-12-31T23:59:59Z&width=4096", "from=2026-01-01T00:00:00.000000001Z&to=2026-01-01T00:00:00.000000002Z", "width=16&want=" + strings.Repeat("raw,", 60),
		"zoom=1", "width=1&width=2", "from=%00", "channel=" + strings.Repeat("x", 4000), "want=" + strings.Repeat("%2c", 80),
	}
	before := heap()
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	var asking sync.WaitGroup
	counts := [600]atomic.Int64{}
	for worker := range 8 {
		asking.Go(func() {
			for i := worker; i < 10_000; i += 8 {
				req, err := http.NewRequest("GET", fmt.Sprintf("%s/api/v1/streams/motor.current/history?%s", h.url, queries[i%len(queries)]), nil)
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("Authorization", "Bearer "+token)
				r, err := client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, r.Body)
				r.Body.Close()
				counts[r.StatusCode].Add(1)
			}
		})
	}
	asking.Wait()
	if ok, refused := counts[200].Load(), counts[400].Load(); ok+refused != 10_000 || int64(p.asked) != ok || p.most > api.MaxWidth || ok > 3000 {
		t.Errorf("%d answered, %d refused, %d asked of the program, the widest %d", ok, refused, p.asked, p.most)
	}
	if after := heap(); after > before+32<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
