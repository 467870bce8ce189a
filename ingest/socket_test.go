package ingest_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"crackle/ingest"
	"crackle/ingest/block"
)

// socketClient speaks NATS over a plain socket, as a script without a library does.
type socketClient struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dialPlain(t *testing.T, url, token string) *socketClient {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "nats://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	c := &socketClient{t, conn, bufio.NewReader(conn)}
	c.line("INFO")
	fmt.Fprintf(conn, "CONNECT {\"verbose\":false,\"headers\":true,\"auth_token\":%q}\r\n", token)
	c.ping()
	return c
}

func (c *socketClient) line(want string) {
	c.t.Helper()
	s, err := c.in.ReadString('\n')
	if err != nil || !strings.HasPrefix(s, want) {
		c.t.Fatalf("the server says %q, %v; want %s", s, err, want)
	}
}

func (c *socketClient) ping() {
	c.t.Helper()
	fmt.Fprint(c.conn, "PING\r\n")
	c.line("PONG")
}

func (c *socketClient) pub(subject, headers, payload string) {
	if headers == "" {
		fmt.Fprintf(c.conn, "PUB %s %d\r\n%s\r\n", subject, len(payload), payload)
		return
	}
	head := "NATS/1.0\r\n" + headers + "\r\n"
	fmt.Fprintf(c.conn, "HPUB %s %d %d\r\n%s%s\r\n", subject, len(head), len(head)+len(payload), head, payload)
}

// The encodings without an index come from a plain socket, are numbered by the receiver, and keep their numbers over a restart.
func TestPlainSocket(t *testing.T) {
	broker := startBroker(t)
	nc := connect(t, ingest.Options{InProcess: broker.InProcess(), Token: broker.Token()})
	c := dialPlain(t, broker.URL(), broker.Token())
	const meter, daq = "crackle.signal.plant.meter", "crackle.signal.daq"
	c.pub(daq, "Crackle-Encoding: raw\r\nCrackle-Type: i16\r\nCrackle-Scale: 0.5\r\nCrackle-Part: P-1\r\n", "\x02\x00\x04\x00\x06\x00")
	c.pub(meter, "", `{"t":"2026-03-01T12:00:00Z","v":{"u":230.5,"i":1.5}}`)
	c.pub(meter, "", `{"t":"2026-03-01T12:00:01Z","v":{"u":"high"}}`)
	c.pub(meter, "", `{"t":"2026-03-01T12:00:02Z","v":{"u":231,"i":null}}`)
	c.pub(daq, "Crackle-Encoding: raw\r\nCrackle-Type: i16\r\nCrackle-Scale: 0.5\r\nCrackle-Mark: end\r\n", "\x08\x00")
	c.ping()

	decoder := func(cfg block.DecoderConfig) block.Decoder {
		d, err := block.NewDecoder(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	oldest := ingest.Start{From: ingest.FromOldest}
	meterConfig := ingest.Config{Stream: "plant.meter", Channels: 2, RateHz: 1, JetStream: true, Start: oldest,
		Decoder: decoder(block.DecoderConfig{Encoding: "json", Names: []string{"u", "i"}, RateHz: 1})}
	r := receive(t, nc, meterConfig)
	first := r.next()
	if first.First != 0 || first.Run == 0 || first.TimeNS != 1772366400e9 || first.Samples[0] != 230.5 || first.Samples[1] != 1.5 {
		t.Errorf("first %+v", first)
	}
	second := r.next()
	if second.Run != first.Run || second.First != 1 || second.Samples[1] == second.Samples[1] {
		t.Errorf("second %+v", second)
	}
	if n := r.Counts().Malformed[block.KindSyntax]; n != 1 {
		t.Errorf("%d messages whose u is no number, want 1", n)
	}
	r.stop()

	meterConfig.Start = ingest.Start{From: ingest.FromAfter, Seq: second.StoreSeq, StoreNS: second.StoreNS, Run: second.Run, Next: second.End()}
	again := receive(t, nc, meterConfig)
	c.pub(meter, "", `[232,2]`)
	third := again.next()
	if third.Run != first.Run || third.First != 2 || time.Since(time.Unix(0, third.TimeNS)) > time.Minute {
		t.Errorf("third %+v", third)
	}

	d := receive(t, nc, ingest.Config{Stream: "daq", JetStream: true, Start: oldest,
		Decoder: decoder(block.DecoderConfig{Names: []string{"mbn"}, RateHz: 1000})})
	one := d.next()
	if one.Count() != 3 || one.Samples[2] != 3 || one.Part != "P-1" || time.Since(time.Unix(0, one.TimeNS)) > time.Minute {
		t.Errorf("raw %+v", one)
	}
	if two := d.next(); two.First != 3 || two.Samples[0] != 4 || two.Flags != block.PartEnd || two.Part != "" {
		t.Errorf("raw %+v", two)
	}
}
