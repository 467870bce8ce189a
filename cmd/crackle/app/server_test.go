package app_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"crackle/ingest/broker"
	"crackle/ingest/broker/brokertest"
)

// These, set in the environment, turn the test binary into a NATS server of its own, which can be killed.
const (
	serverDir  = "CRACKLE_TEST_SERVER_DIR"
	serverPort = "CRACKLE_TEST_SERVER_PORT"
)

// serve is the life of such a server.
func serve(dir string) {
	port, _ := strconv.Atoi(os.Getenv(serverPort))
	b, err := broker.Start(context.Background(), broker.Config{Dir: dir, Port: port, MaxBytes: 256 << 20})
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(3)
	}
	os.Stdout.WriteString(b.URL() + " " + b.Token() + "\n")
	os.Stdin.Read(make([]byte, 1)) // returns when the test goes away
	os.Exit(0)
}

// natsServer is a server in another process. It keeps its port, token and store when it is started again.
type natsServer struct {
	t          testing.TB
	dir        string
	port       int
	cmd        *exec.Cmd
	url, token string
}

// startServer starts one that the end of the test kills.
func startServer(t testing.TB) *natsServer {
	t.Helper()
	s := &natsServer{t: t, dir: t.TempDir(), port: brokertest.FreePorts(t, 1)[0]}
	t.Cleanup(s.kill)
	s.start()
	return s
}

func (s *natsServer) start() {
	s.t.Helper()
	s.cmd = exec.Command(os.Args[0])
	s.cmd.Env = append(os.Environ(), serverDir+"="+s.dir, serverPort+"="+strconv.Itoa(s.port))
	s.cmd.Stderr = os.Stderr
	if _, err := s.cmd.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		s.t.Fatalf("the server did not start: %v", err)
	}
	s.url, s.token, _ = strings.Cut(strings.TrimSpace(line), " ")
}

// kill ends it the hard way.
func (s *natsServer) kill() {
	if s.cmd == nil {
		return
	}
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Error(err)
	}
	s.cmd.Wait()
	s.cmd = nil
}
