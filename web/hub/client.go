package hub

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	readLimit  = 512              // a client has nothing to say but pongs
	closeGrace = 2 * time.Second  // for the other side to answer a close frame
	cutGrace   = 30 * time.Second // the same for one that was cut: it may be asleep, and a socket closed under it would lose the reason
	pingBytes  = 16 << 10         // ask for an acknowledgement after so many bytes, or after pingEvery
	pingEvery  = time.Second
	stopping   = "the monitor is stopping"
)

// CloseEnded is the close code of a client whose request's context ended before the socket did: it is not let in any more.
const CloseEnded = 4401

// client is one window. The hub's goroutine owns lagging; the reader (the handler's goroutine) and the writer are its pair.
type client struct {
	hub   *Hub
	conn  *websocket.Conn
	epoch string // what it had last
	since uint64
	waves string // the stream whose waves it wants; empty: none; allWaves

	queue   chan *frame
	waiting atomic.Bool // the writer holds a frame back
	lagging bool

	once   sync.Once
	bye    chan struct{} // closed by stop
	code   int           // valid once bye is closed
	reason string
	gone   chan struct{} // closed when both goroutines are done with the connection

	written atomic.Int64 // bytes given to the socket
	acked   atomic.Int64 // of these, known to have been read
	heard   atomic.Int64 // last pong, ns since 1970
	news    chan struct{}
}

// ServeHTTP upgrades the request to a WebSocket and serves it until either side closes, or the request's context ends: then the client is
// told the context's cause with CloseEnded. A page of another host or port is refused; the
// Host itself is the server's to check.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !sameOrigin(r) { // before anything is said of the monitor's state
		http.Error(w, "the live feed is for pages of this server", http.StatusForbidden)
		return
	}
	if !h.begun(r.Context()) {
		http.Error(w, "the monitor is starting; try again in a second", http.StatusServiceUnavailable)
		return
	}
	select {
	case <-h.stopped:
		http.Error(w, stopping, http.StatusServiceUnavailable)
		return
	default:
	}
	conn, err := h.upgrader.Upgrade(w, r, nil) // answers the request itself when it fails
	if err != nil {
		h.cfg.Log.Debug("a WebSocket was refused", "remote", r.RemoteAddr, "origin", r.Header.Get("Origin"), "error", err)
		return
	}
	since, err := strconv.ParseUint(r.URL.Query().Get("since"), 10, 64)
	query := r.URL.Query()
	epoch, waves := query.Get("epoch"), allWaves
	if query.Has("waves") {
		waves = query.Get("waves")
	}
	if err != nil {
		epoch = ""
	}
	c := &client{
		hub: h, conn: conn, epoch: epoch, since: since, waves: waves,
		queue: make(chan *frame, h.cfg.Queue),
		bye:   make(chan struct{}),
		gone:  make(chan struct{}),
		news:  make(chan struct{}, 1),
	}
	c.heard.Store(time.Now().UnixNano())
	unwatch := context.AfterFunc(r.Context(), func() { c.stop(CloseEnded, context.Cause(r.Context()).Error()) })
	defer unwatch()
	c.serve()
}

// begun waits a moment for Run: the server may be quicker than the hub.
func (h *Hub) begun(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	select {
	case <-h.started:
		return true
	case <-ctx.Done():
		return false
	}
}

// sameOrigin lets in the pages of the request's own host and port, and programs, which send no Origin.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

func (c *client) serve() {
	defer c.conn.Close()
	select {
	case c.hub.join <- c:
	case <-c.hub.stopped:
		c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, stopping), time.Now().Add(closeGrace))
		return
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write()
	}()
	c.read()
	c.stop(websocket.CloseNormalClosure, "")
	<-written
	close(c.gone)
	select {
	case c.hub.leave <- c:
	case <-c.hub.stopped:
	}
}

// stop makes the writer say goodbye with code and reason. The first call counts.
func (c *client) stop(code int, reason string) {
	c.once.Do(func() {
		c.code, c.reason = code, reason
		close(c.bye)
	})
}

// offer queues all frames or, when they do not fit, none.
func (c *client) offer(frames ...*frame) bool {
	if len(frames) > cap(c.queue)-len(c.queue) { // only the hub adds, so the room cannot shrink
		return false
	}
	for _, f := range frames {
		c.queue <- f
	}
	return true
}

func (c *client) drain() {
	for {
		select {
		case <-c.queue:
		default:
			return
		}
	}
}

// idle says whether the writer has sent all that it was given and may send more.
func (c *client) idle() bool { return len(c.queue) == 0 && !c.waiting.Load() }

// read takes pongs until the connection ends. Anything else that a client sends is refused.
func (c *client) read() {
	c.conn.SetReadLimit(readLimit)
	c.conn.SetPongHandler(func(payload string) error {
		if n, err := strconv.ParseInt(payload, 10, 64); err == nil && n > c.acked.Load() && n <= c.written.Load() {
			c.acked.Store(n)
		}
		c.heard.Store(time.Now().UnixNano())
		select {
		case c.news <- struct{}{}:
		default:
		}
		return nil
	})
	for {
		if _, _, err := c.conn.NextReader(); err != nil {
			return
		}
		c.stop(websocket.ClosePolicyViolation, "this socket only sends; use the HTTP API to change something")
	}
}

// write sends what is queued, and pings, until stop is called or the client does not read.
func (c *client) write() {
	ping := time.NewTicker(min(pingEvery, c.hub.cfg.StallAfter/4))
	defer ping.Stop()
	defer c.farewell()
	pinged := int64(0)
	for {
		queue := c.queue
		full := c.written.Load()-c.acked.Load() > int64(c.hub.cfg.Allowance)
		if full {
			queue = nil
		}
		c.waiting.Store(full)
		select {
		case <-c.bye:
			return
		default:
		}
		var err error
		select {
		case <-c.bye:
			return
		case <-c.news:
		case f := <-queue:
			if err = c.send(f); err == nil && c.written.Load()-pinged > pingBytes {
				pinged, err = c.ping()
			}
		case now := <-ping.C:
			if silent := now.Sub(time.Unix(0, c.heard.Load())); silent > c.hub.cfg.StallAfter {
				c.cut(fmt.Sprintf("nothing was read for %.3g s; connect again to go on from the newest state", silent.Seconds()))
				return
			}
			pinged, err = c.ping()
		}
		if err != nil {
			c.stop(websocket.CloseAbnormalClosure, "")
			return
		}
	}
}

func (c *client) cut(reason string) {
	c.hub.metrics.cut.Inc()
	c.hub.cfg.Log.Warn("a dashboard window was cut", "remote", c.conn.RemoteAddr().String(), "reason", reason)
	c.stop(websocket.ClosePolicyViolation, reason)
}

func (c *client) send(f *frame) error {
	c.conn.SetWriteDeadline(time.Now().Add(c.hub.cfg.StallAfter))
	c.written.Add(int64(f.size))
	return c.conn.WritePreparedMessage(f.message)
}

// ping asks the browser to acknowledge all that was written so far.
func (c *client) ping() (int64, error) {
	n := c.written.Load()
	err := c.conn.WriteControl(websocket.PingMessage, strconv.AppendInt(nil, n, 10), time.Now().Add(c.hub.cfg.StallAfter))
	return n, err
}

// farewell sends the close frame and gives the other side time to answer, so that the frame is not lost to a reset.
func (c *client) farewell() {
	grace := closeGrace
	if c.code == websocket.ClosePolicyViolation {
		grace = cutGrace
	}
	if c.code != websocket.CloseAbnormalClosure {
		c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(c.code, c.reason), time.Now().Add(closeGrace))
	}
	select {
	case <-c.hub.stopped:
		grace = closeGrace
	default:
	}
	c.conn.SetReadDeadline(time.Now().Add(grace))
}
