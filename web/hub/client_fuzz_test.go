package hub

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// Whatever a client sends after the handshake, and whatever it says it had last, the hub goes on, and lets the client go.
func FuzzClientFrames(f *testing.F) {
	masked := func(opcode byte, text string) []byte {
		b := []byte{0x80 | opcode, 0x80 | byte(len(text)), 0, 0, 0, 0}
		return append(b, text...)
	}
	f.Add("epoch=a&since=1", masked(1, "hello"))
	f.Add("epoch=%00&since=18446744073709551616", masked(9, "ping"))
	f.Add("since=-1", masked(10, "99999999999999999999"))
	f.Add("", masked(10, "7"))
	f.Add("", append(masked(8, "\x03\xe8"), masked(1, "after the close")...))
	f.Add("", []byte{0x81, 0x05, 'p', 'l', 'a', 'i', 'n'})                     // not masked
	f.Add("", []byte{0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0}) // of 2^64 bytes
	f.Add("", []byte{0xf1, 0x80, 0, 0, 0, 0})                                  // reserved bits
	f.Add("", bytes.Repeat(masked(9, strings.Repeat("x", 125)), 40))
	f.Add("", []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))

	h, err := New(Config{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); h.Run(ctx) }()
	srv := httptest.NewServer(h)
	f.Cleanup(func() { cancel(); <-ended; srv.Close() })
	<-h.started
	h.PublishStream(StreamStatus{Name: "s", RateHz: 100})
	h.PublishScore(score("s", 1, 2))
	addr := strings.TrimPrefix(srv.URL, "http://")

	f.Fuzz(func(t *testing.T, query string, frames []byte) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		if strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r > '~' }) {
			query = "" // no request line
		}
		fmt.Fprintf(c, "GET /?%s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", query, addr)
		in := bufio.NewReader(c)
		r, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != http.StatusSwitchingProtocols {
			return // refused in words, as for a query that cannot be read
		}
		go func() {
			c.Write(frames)
			c.(*net.TCPConn).CloseWrite()
		}()
		if n, err := io.Copy(io.Discard, in); err != nil && !isReset(err) {
			t.Fatalf("after %d bytes: %v; the hub keeps a client that is gone", n, err)
		}
		d, _, err := websocket.DefaultDialer.Dial("ws://"+addr, nil)
		if err != nil {
			t.Fatalf("the hub takes no more clients: %v", err)
		}
		d.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, text, err := d.ReadMessage(); err != nil || !bytes.Contains(text, []byte(`"snapshot"`)) {
			t.Fatalf("the next client gets %s, %v", text, err)
		}
		d.Close()
	})
}

func isReset(err error) bool { return strings.Contains(err.Error(), "reset by peer") }
