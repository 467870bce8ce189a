package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/term"

	"crackle/cmd/crackle/config"
	"crackle/cmd/crackle/top"
)

type topCmd struct {
	Config string        `short:"c" placeholder:"FILE" help:"Configuration of the crackle that is watched: tells its address."`
	URL    string        `name:"url" placeholder:"URL" help:"Address of its dashboard, in place of the configuration. Default: http://127.0.0.1:8080."`
	CAFile string        `name:"ca-file" placeholder:"FILE" help:"Authorities to trust for https. Default: the system's, and with -c the server's own certificate."`
	Token  string        `env:"CRACKLE_TOKEN" placeholder:"TOKEN" help:"Token of a user, where a login is needed (crackle user token); better set in the environment."`
	Every  time.Duration `default:"1s" placeholder:"TIME" help:"Between two looks, 200ms to 1m."`
	JSON   bool          `name:"json" xor:"form" help:"One look, as JSON: status, streams, open alarms, system."`
	Once   bool          `xor:"form" help:"One look, as text; so it is, too, when the output is no terminal."`
}

func (c *topCmd) Run(con console) error {
	if c.Every < 200*time.Millisecond || c.Every > time.Minute {
		return mistake{fmt.Errorf("--every: found %s, allowed are 200ms to 1m", c.Every)}
	}
	from, err := c.from()
	if err != nil {
		return err
	}
	client, err := top.NewClient(from)
	if err != nil {
		return mistake{err}
	}
	defer client.Close()
	ctx, stop := interruptible()
	defer stop()
	_, noColour := os.LookupEnv("NO_COLOR")
	view := &top.View{URL: client.URL()}
	out, isFile := con.file()
	if !c.JSON && !c.Once && isFile && term.IsTerminal(int(out.Fd())) && term.IsTerminal(int(os.Stdin.Fd())) {
		view.Colour = !noColour
		return (&top.Screen{In: os.Stdin, Out: out, Fetch: client.Fetch, Every: c.Every}).Run(ctx, view)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	snap, err := client.Fetch(ctx)
	if err != nil {
		return fmt.Errorf("%w\nIs it running? -c or --url names another one", err)
	}
	if c.JSON {
		return json.NewEncoder(con.out).Encode(snap.Raw)
	}
	view.Take(snap, nil, time.Now())
	for _, line := range view.Lines(120, 0, time.Now()) {
		fmt.Fprintln(con.out, line)
	}
	return nil
}

// from says where the monitor is.
func (c *topCmd) from() (top.ClientConfig, error) {
	out := top.ClientConfig{URL: c.URL, Token: c.Token, CAFile: c.CAFile}
	switch {
	case c.URL != "" && c.Config != "":
		return out, mistake{errors.New("-c and --url: give one of the two")}
	case c.URL != "":
		return out, nil
	}
	s := config.Default().Server
	if c.Config != "" {
		cfg, err := load(c.Config)
		if err != nil {
			return out, err
		}
		s = cfg.Server
	}
	scheme, addr := "http://", s.Listen
	if host, port, err := net.SplitHostPort(addr); err == nil {
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			addr = net.JoinHostPort("127.0.0.1", port)
		}
	}
	if s.CertFile != "" {
		scheme = "https://"
		if out.CAFile == "" {
			out.CAFile = s.CertFile
		}
	}
	out.URL = scheme + addr
	return out, nil
}
