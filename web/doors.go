package web

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"crackle/web/auth"
)

// Doors say who may come in, and how.
type Doors struct {
	Users             *auth.Users   // who may log in; nil or empty: on loopback everyone may do everything
	Hosts             []string      // further names that the server answers to
	PublicURL         string        // where people reach the server through a proxy; its name is one of Hosts
	CertFile, KeyFile string        // PEM; both or none; read again when they change
	SessionIdle       time.Duration // see auth.Config
	SessionWhole      time.Duration
	SessionFolder     string // keeps the logins over a restart, in a file for each port; "": they end with the process
}

// door makes the door of a server that listens on addr. Without users only a loopback address is let be.
func (d *Doors) door(addr string, log *slog.Logger) (*auth.Door, error) {
	host, port, err := net.SplitHostPort(addr)
	open := err == nil && !loopback(host)
	if open && (d.Users == nil || !d.Users.Any()) {
		return nil, fmt.Errorf("web: listen: found %q, which other machines can reach, and there is no user who could log in; make one with "+
			"crackle user add NAME --role engineer -c FILE, or listen on a loopback address such as 127.0.0.1:%s and use a tunnel: ssh -L %s:127.0.0.1:%s HOST", addr, port, port, port)
	}
	cfg := auth.Config{Users: d.Users, Open: open, Hosts: d.Hosts, Idle: d.SessionIdle, Whole: d.SessionWhole, Cookie: "crackle-" + port}
	if d.SessionFolder != "" {
		cfg.Sessions = filepath.Join(d.SessionFolder, "sessions-"+port+".json")
		cfg.Warn = func(err error) { log.Warn("logins are not kept over a restart", "error", err) }
	}
	if open {
		if name, err := os.Hostname(); err == nil {
			cfg.Hosts = append(cfg.Hosts[:len(cfg.Hosts):len(cfg.Hosts)], name)
		}
		if host != "" {
			cfg.Hosts = append(cfg.Hosts, host)
		}
	}
	if u, err := url.Parse(d.PublicURL); err == nil && u.Hostname() != "" {
		cfg.Hosts, cfg.Proxy = append(cfg.Hosts[:len(cfg.Hosts):len(cfg.Hosts)], u.Hostname()), true
		if u.Scheme == "https" {
			cfg.Secure = []string{u.Hostname()}
		}
	}
	return auth.NewDoor(cfg), nil
}

// certificate is nil when the server speaks plain HTTP.
func (d *Doors) certificate(log *slog.Logger) (*certificate, error) {
	if d.CertFile == "" && d.KeyFile == "" {
		return nil, nil
	}
	return newCertificate(d.CertFile, d.KeyFile, log)
}
