package app_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"crackle/alert"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest"
	"crackle/ingest/block"
)

// external makes a configuration use a server of another process.
func external(t testing.TB, s *natsServer, text string) *config.Config {
	t.Helper()
	return parse(t, t.TempDir(), fmt.Sprintf("%s\n[nats]\nurl = %q\ntoken = %q\nconnect_timeout_s = 1\nreconnect_wait_s = 0.2\n%s", base, s.url, s.token, text))
}

// sender publishes the healthy recording over and over, at ten times its pace.
type sender struct {
	t    *testing.T
	pub  *ingest.Publisher
	part atomic.Pointer[string]
	sent atomic.Uint64 // samples that the server was offered
	done chan struct{}
	quit chan struct{}
}

const senderRows = 50

// send starts a sender whose server may go away: without a store, what cannot be sent at once is lost.
func send(t *testing.T, s *natsServer, stream string, store bool) *sender {
	t.Helper()
	nc, err := nats.Connect(s.url, nats.Token(s.token), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond), nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	x := &sender{t: t, pub: publisher(t, nc, stream, store), done: make(chan struct{}), quit: make(chan struct{})}
	x.enter("one")
	go x.run(asBlock(healthy(t), 0))
	t.Cleanup(x.stop)
	return x
}

// enter makes what is sent from now on part of another part.
func (x *sender) enter(part string) { x.part.Store(&part) }

func (x *sender) run(signal *block.Block) {
	defer close(x.done)
	pieces := cut(signal, func() int { return senderRows })
	pace := time.NewTicker(senderRows * time.Millisecond / 10)
	defer pace.Stop()
	open := ""
	for i := 0; ; i++ {
		b := *pieces[i%len(pieces)]
		b.First, b.Flags, b.Part = 0, 0, *x.part.Load()
		if b.Part != open {
			b.Flags, open = block.PartBegin, b.Part
		}
		// Without a store an error means that the server is away; the index goes on all the same.
		_ = x.pub.Publish(x.t.Context(), &b)
		x.sent.Store(x.pub.Next())
		select {
		case <-pace.C:
		case <-x.quit:
			return
		}
	}
}

// stop ends the sending; everything sent has then been taken by the server.
func (x *sender) stop() {
	if x.quit == nil {
		return
	}
	close(x.quit)
	<-x.done
	x.quit = nil
}

// The server is killed under a running monitor and started again: scoring goes on, what was lost is said, and nothing else is lost.
func TestScenarioServerKilledAndBack(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	cfg := external(t, srv, join(motorStream("motor.store", ""), motorStream("motor.core", `transport = "core"`)))
	saveMotorModel(t, cfg, "motor.store")
	w := start(t, cfg)
	streams := []string{"motor.store", "motor.core"}
	senders := []*sender{send(t, srv, "motor.store", true), send(t, srv, "motor.core", false)}
	each := func(do func(stream string, x *sender)) {
		for i, s := range streams {
			do(s, senders[i])
		}
	}
	more := func(n int) {
		t.Helper()
		each(func(stream string, x *sender) {
			before := w.scored(stream)
			eventually(t, fmt.Sprintf("%d more scores of %s", n, stream), func() bool { return w.scored(stream) >= before+n })
		})
	}
	more(20)
	each(func(_ string, x *sender) { x.enter("two") })
	more(20)

	srv.kill()
	eventually(t, "alarm of the connection", func() bool { return len(w.events("", alert.KindConnection)) == 1 })
	if status, body := w.get("/readyz"); status != 503 || !strings.Contains(body, "not connected to NATS at "+srv.url) {
		t.Errorf("ready while the server is away: %d %s", status, body)
	}
	srv.start()
	eventually(t, "end of the connection's alarm", func() bool { return len(w.events("", alert.KindConnection)) == 2 })
	more(20)
	each(func(_ string, x *sender) { x.enter("three") })
	more(20)
	each(func(_ string, x *sender) { x.enter("four") })
	more(5)
	each(func(_ string, x *sender) { x.stop() })
	flush(t, senders[0].pub)
	flush(t, senders[1].pub)

	if c := settled(t, w, "motor.store", senders[0]); c.Missing != 0 || c.Delivered.Samples != senders[0].pub.Next() {
		t.Errorf("with a store something was lost: %+v", c)
	}
	if c := settled(t, w, "motor.core", senders[1]); c.Missing < 1000 || c.Gaps != 1 {
		t.Errorf("without a store the gap is not counted right: %+v", c)
	}
	each(func(stream string, _ *sender) {
		w.wantVerdict(stream, "one", detector.OK)
		w.wantVerdict(stream, "three", detector.OK)
	})
	w.wantVerdict("motor.store", "two", detector.OK)
	w.wantVerdict("motor.core", "two", detector.NotAssessed)

	gap := w.events("motor.core", alert.KindGap)
	// The gap follows from the server's absence: it is listed under that alarm rather than raised beside it.
	if len(gap) != 1 || gap[0].Change != alert.Listed || !strings.Contains(gap[0].Alarm.What, "samples missing") {
		t.Errorf("gap alarm %+v", gap)
	}
	if n := len(w.events("motor.store", alert.KindGap)); n != 0 {
		t.Errorf("%d gap alarms with a store", n)
	}
	away := w.events("", alert.KindConnection)
	if len(away) != 2 || away[0].Change != alert.Raised || away[1].Change != alert.Cleared || !strings.Contains(away[0].Alarm.What, srv.url) {
		t.Errorf("connection alarm %+v", away)
	}
	for _, stream := range streams {
		if got := len(w.events(stream, alert.KindNoData)) + len(w.events(stream, alert.KindScore)); got != 0 {
			t.Errorf("%s: %d further alarms for one cause", stream, got)
		}
	}
	if status, body := w.get("/readyz"); status != 200 {
		t.Errorf("not ready again: %d %s", status, body)
	}
}

// settled waits until every sample that was sent has come or is counted as missing.
func settled(t *testing.T, w *watch, stream string, x *sender) ingest.Counts {
	t.Helper()
	eventually(t, "the last sample of "+stream, func() bool {
		c := w.counts(stream)
		return c.LastEnd == x.pub.Next() && c.Delivered.Samples+c.Missing == x.pub.Next()
	})
	return w.counts(stream)
}

// A server that is not there at the start is waited for.
func TestAwayAtStart(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	srv.kill() // and its port and token are known
	cfg := external(t, srv, join(motorStream("motor.store", ""), motorStream("motor.core", `transport = "core"`)))
	saveMotorModel(t, cfg, "motor.store")
	w := newWatch(t, cfg)
	if err := w.Start(within(t)); err != nil {
		t.Fatalf("start without a server: %v", err)
	}
	status, body := w.get("/readyz")
	if status != 503 {
		t.Errorf("ready without a server: %d", status)
	}
	wantAll(t, body, `"ready":false`, `"connected":false`, "not connected to NATS at "+srv.url, "start the server")
	srv.start()
	w.listen()
	for _, stream := range []string{"motor.store", "motor.core"} {
		p := w.publisher(stream)
		publishPart(t, p, healthy(t), "first", 100)
		w.wantVerdict(stream, "first", detector.OK)
	}
	if status, body := w.get("/readyz"); status != 200 {
		t.Errorf("not ready with a server: %d %s", status, body)
	}
}

// A server without JetStream: streams that need it are a problem that is said, the others go on.
func TestServerWithoutJetStream(t *testing.T) {
	t.Parallel()
	plain, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	plain.Start()
	t.Cleanup(func() { plain.Shutdown(); plain.WaitForShutdown() })
	cfg := external(t, &natsServer{url: plain.ClientURL()}, join(motorStream("motor.store", ""), motorStream("motor.core", `transport = "core"`)))
	saveMotorModel(t, cfg, "motor.store")
	w := newWatch(t, cfg)
	if err := w.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the core subscription", func() bool {
		return w.counts("motor.core").Opened == 1 && w.Connection().FlushTimeout(time.Second) == nil
	})
	p := w.publisher("motor.core")
	publishPart(t, p, healthy(t), "first", 100)
	publishPart(t, p, healthy(t), "second", 100)
	w.wantVerdict("motor.core", "second", detector.OK)
	_, body := w.get("/readyz")
	wantAll(t, body, "the signal store cannot be used", "enable JetStream", `"motor.store"`)
	if n := w.log.count("ERROR the signal store cannot be used"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, w.log)
	}
	if s := w.Status("motor.store"); s.Verdict != detector.NotAssessed {
		t.Errorf("status %+v", s)
	}
}
