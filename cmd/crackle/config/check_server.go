package config

import (
	"crypto/tls"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
)

func (r *report) server(s *Server) {
	t := keyPath{"server"}
	at := t.with("listen")
	_, port, err := net.SplitHostPort(s.Listen)
	if n, perr := strconv.Atoi(port); err != nil || perr != nil || n < 0 || n > 65535 {
		r.add(at, r.show(at, s.Listen), "a host and a port from 0 to 65535", `write "127.0.0.1:8080"; port 0 takes any free one`)
	}
	r.webURL(t.with("public_url"), s.PublicURL)
	for _, h := range s.Hosts {
		if !hostName.MatchString(h) || len(h) > 253 {
			r.addItem(t.with("hosts"), r.show(t.with("hosts"), h), "a name alone, without http:// and without a port", `write it as in "crackle.plant.example"`)
		}
	}
	r.serverTLS(t, s)
	if at := t.with("users_file"); s.UsersFile != "" {
		if info, err := os.Stat(s.UsersFile); err == nil && !info.Mode().IsRegular() {
			r.add(at, r.show(at, s.UsersFile)+", which is not a file", "a file, made by crackle user add when it is not there", "name another one")
		}
	}
	r.between(t.with("session_idle_s"), s.SessionIdleS, 60, yearS, " seconds", "set 43200, which is half a day")
	r.between(t.with("session_s"), s.SessionS, 60, yearS, " seconds", "set 604800, which is a week")
	r.between(t.with("stop_s"), s.StopS, 1, 600, " seconds", "set 10, which gives the streams time to drain")
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

// serverTLS checks the files of https, and that they belong together.
func (r *report) serverTLS(t keyPath, s *Server) {
	r.readable(t.with("cert_file"), s.CertFile, "a PEM file", "give the path of the server's certificate, its own first and then those of the authorities between")
	r.readable(t.with("key_file"), s.KeyFile, "a PEM file", "give the path of the key that belongs to cert_file")
	switch {
	case r.fragment || !r.good(t, "cert_file", "key_file"):
	case s.CertFile != "" && s.KeyFile == "":
		r.add(t.with("cert_file"), "a certificate without its key", "both or none", "set server.key_file")
	case s.KeyFile != "" && s.CertFile == "":
		r.add(t.with("key_file"), "a key without its certificate", "both or none", "set server.cert_file")
	case s.CertFile != "":
		if _, err := tls.LoadX509KeyPair(s.CertFile, s.KeyFile); err != nil {
			r.add(t.with("cert_file"), "a certificate and a key that cannot be used ("+strings.TrimPrefix(err.Error(), "tls: ")+")", "a PEM certificate and the key that belongs to it", "give the pair that the authority made")
		}
	}
}
