package app_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"crackle/detector"
	"crackle/ingest"
	"crackle/ingest/block"
	"crackle/ingest/broker/brokertest"
)

// cluster is three NATS servers with one JetStream.
type cluster struct {
	t     *testing.T
	opts  [3]*server.Options
	nodes [3]*server.Server
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t}
	var routes []*url.URL
	for i := range c.opts {
		ports := brokertest.FreePorts(t, 2)
		c.opts[i] = &server.Options{
			ServerName: fmt.Sprint("node-", i), Host: "127.0.0.1", Port: ports[0], NoSigs: true, NoLog: true,
			JetStream: true, StoreDir: filepath.Join(t.TempDir(), "store"), JetStreamMaxStore: 512 << 20, JetStreamMaxMemory: 64 << 20,
			LameDuckDuration: time.Second, LameDuckGracePeriod: 200 * time.Millisecond,
			Cluster: server.ClusterOpts{Name: "plant", Host: "127.0.0.1", Port: ports[1]},
		}
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", ports[1])})
	}
	for i := range c.opts {
		c.opts[i].Routes = routes
		c.start(i)
	}
	t.Cleanup(func() {
		for _, s := range c.nodes {
			s.Shutdown()
			s.WaitForShutdown()
		}
	})
	c.ready()
	return c
}

func (c *cluster) start(i int) {
	c.t.Helper()
	s, err := server.NewServer(c.opts[i].Clone())
	if err != nil {
		c.t.Fatal(err)
	}
	c.nodes[i] = s
	s.Start()
	if !s.ReadyForConnections(patience) {
		c.t.Fatal("a node of the cluster does not start")
	}
}

// ready waits until every node is up to date.
func (c *cluster) ready() {
	c.t.Helper()
	eventually(c.t, "the cluster", func() bool {
		leader := false
		for _, s := range c.nodes {
			if s.NumRoutes() < 2 || !s.JetStreamIsCurrent() {
				return false
			}
			leader = leader || s.JetStreamIsLeader()
		}
		return leader
	})
}

func (c *cluster) urls() string {
	var all []string
	for _, o := range c.opts {
		all = append(all, fmt.Sprintf("nats://127.0.0.1:%d", o.Port))
	}
	return strings.Join(all, ",")
}

// restart takes a node out of service as an operator does, clients leaving in order, and brings it back.
func (c *cluster) restart(i int) {
	c.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.nodes[i].LameDuckShutdown()
	}()
	<-done
	c.nodes[i].WaitForShutdown()
	c.start(i)
	c.ready()
}

// Under load, each of the three nodes of a cluster is restarted in order, one after the other: no window is lost or scored twice, no part is left
// unassessed.
func TestScenarioThreeLameDucks(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	nc, err := ingest.Connect(within(t), ingest.Options{URL: c.urls()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "room for the signal store", func() bool { // the leader may not know its peers yet
		_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: block.StoreName, Subjects: []string{block.SubjectAll}, Replicas: 3})
		return err == nil
	})
	dir := t.TempDir()
	text := fmt.Sprintf("%s\n[nats]\nurl = %q\nreconnect_wait_s = 0.2\n%s", base, c.urls(), motorStream("motor", ""))
	cfg := parse(t, dir, text)
	path := filepath.Join(dir, "monitor.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	saveMotorModel(t, cfg, "motor")
	s := cfg.Streams["motor"]
	m := startMonitor(t, path)
	pub := publisher(t, nc, "motor", true)
	stop, sent := make(chan struct{}), make(chan error, 1)
	blocks := production(t, 60)
	used := 0
	go func() {
		for used < len(blocks) {
			piece := *blocks[used]
			piece.First = 0
			if err := pub.Publish(t.Context(), &piece); err != nil {
				sent <- err
				return
			}
			used++
			select {
			case <-stop:
				if used%20 == 0 { // the end of a part
					sent <- pub.Flush(t.Context())
					return
				}
			case <-time.After(25 * time.Millisecond):
			}
		}
		sent <- pub.Flush(t.Context())
	}()
	for i := range c.nodes {
		c.restart(i)
	}
	close(stop)
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	last := blocks[used-1].Part
	m.part(last)
	want, _ := undisturbed(t, &s, blocks[:used])
	wantUnion(t, want, false, m)
	m.stop()
	for _, l := range m.all() {
		if p := l.Part; p != nil && (p.Verdict == detector.NotAssessed || p.Samples.Missing > 0) {
			t.Errorf("part %s: %v %q", p.Part, p.Verdict, p.Reasons)
		}
	}
	raised := used / 20 / 3
	wantLives(t, nc, raised)
}
