package config

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
)

// The longest times that a configuration may ask for, in seconds.
const (
	dayS  = 86400
	yearS = 366 * dayS
)

// check looks at every value of a complete Config.
func (r *report) check(c *Config) {
	r.server(&c.Server)
	r.nats(&c.NATS)
	r.store(c)
	r.evidence(c)
	r.heartbeat(&c.Heartbeat)
	r.oneOf(keyPath{"log", "level"}, c.Log.Level, "debug", "info", "warn", "error")
	r.oneOf(keyPath{"log", "format"}, c.Log.Format, "text", "json")
	r.featureSets(c.FeatureSets)
	if len(c.Streams) == 0 && !r.anyBadUnder("stream") {
		r.missing(keyPath{"stream"}, "at least one table [stream.NAME]", "describe a stream; config.example.toml shows one")
	}
	for _, name := range c.StreamNames() {
		if at := (keyPath{"stream", name}); !r.opaque[at.id()] {
			s := c.Streams[name]
			r.name(at, name)
			r.stream(&s, at)
		}
	}
	for _, name := range c.SinkNames() {
		if at := (keyPath{"sink", name}); !r.opaque[at.id()] {
			s := c.Sinks[name]
			r.name(at, name)
			r.sink(&s, at)
			r.sinkStreams(&s, at, c.StreamNames())
		}
	}
}

func (r *report) anyBadUnder(table string) bool {
	for id := range r.bad {
		if id == table || strings.HasPrefix(id, table+"\x00") {
			return true
		}
	}
	return false
}

var nameToken = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`)

var workerName = regexp.MustCompile(`^[a-z0-9_-]+$`)

const namesMost = 100 // characters; a name becomes part of subjects, keys and file names

// name checks the name of a stream or sink.
func (r *report) name(at keyPath, name string) bool {
	ok := nameToken.MatchString(name) && len(name) <= namesMost
	if !ok {
		r.add(at, "the name "+literal(name), fmt.Sprintf("tokens of a-z, 0-9, _ and - joined by dots, %d characters at most", namesMost), "rename it; its title may be any text")
	}
	return ok
}

// webURL checks the base of links; empty is allowed.
func (r *report) webURL(at keyPath, text string) {
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	switch {
	case err == nil && u.User != nil:
		r.add(at, "a URL with a user or password in it (not shown)", "a URL without them", "take the part before the @ out")
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		r.add(at, r.show(at, text), "an http:// or https:// URL", "write the address under which people reach the dashboard")
	case u.RawQuery != "" || u.Fragment != "":
		r.add(at, r.show(at, text), "a URL without ? and #", "write the address up to the path")
	}
}

func (r *report) nats(n *NATS) {
	t := keyPath{"nats"}
	r.natsURL(t.with("url"), n.URL)
	ways := []string{}
	for _, w := range []struct {
		name string
		set  bool
	}{{"creds_file", n.CredsFile != ""}, {"nkey_file", n.NkeyFile != ""}, {"token", !n.Token.Empty()}, {"user", n.User != ""}} {
		if w.set {
			ways = append(ways, w.name)
		}
	}
	if len(ways) > 1 {
		r.add(t.with(ways[1]), "also "+ways[0], "one way to log in: creds_file, nkey_file, token, or user with password", "keep the one that the NATS server asks for")
	}
	if len(ways) > 0 && n.Embedded() && !r.fragment && r.good(t, "url") {
		r.add(t.with(ways[0]), "a login without a url", "no login for the embedded server, which makes its own", "set nats.url to the server that asks for it, or take the login out")
	}
	if !n.Password.Empty() && n.User == "" && !r.fragment && r.good(t, "user") {
		r.add(t.with("password"), "a password without a user", "both or none", "set nats.user")
	}
	if n.Name == "" {
		r.add(t.with("name"), `""`, "a text", "name this monitor, as it is to stand in the NATS server's list of connections")
	}
	r.readable(t.with("creds_file"), n.CredsFile, "a NATS credentials file (.creds)", "give the path of the file that the NATS account came with")
	r.readable(t.with("nkey_file"), n.NkeyFile, "a file with the seed of a user's nkey", "give the path of the file that holds the seed, which begins with SU")
	r.natsTLS(t, n)
	r.between(t.with("connect_timeout_s"), n.ConnectTimeoutS, 0.1, 600, " seconds", "set 5, which is usual")
	r.between(t.with("reconnect_wait_s"), n.ReconnectWaitS, 0.1, 600, " seconds", "set 2, which is usual")
}

// natsTLS checks the files of an encrypted connection.
func (r *report) natsTLS(t keyPath, n *NATS) {
	const pem = "a PEM file"
	for _, f := range []struct{ key, path string }{{"ca_file", n.CAFile}, {"cert_file", n.CertFile}, {"key_file", n.KeyFile}} {
		if f.path != "" && n.Embedded() && !r.fragment && r.good(t, "url") {
			r.add(t.with(f.key), "a file for TLS without a url", "none for the embedded server, which is reached on this machine only", "set nats.url to the server that asks for TLS, or take the key out")
			continue
		}
		r.readable(t.with(f.key), f.path, pem, "give the path of the file that the server's administrator made")
	}
	switch {
	case r.fragment || !r.good(t, "cert_file", "key_file"):
	case n.CertFile != "" && n.KeyFile == "":
		r.add(t.with("cert_file"), "a certificate without its key", "both or none", "set nats.key_file")
	case n.KeyFile != "" && n.CertFile == "":
		r.add(t.with("key_file"), "a key without its certificate", "both or none", "set nats.cert_file")
	}
}

func (r *report) natsURL(at keyPath, text string) {
	if text == "" {
		return
	}
	for one := range strings.SplitSeq(text, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		scheme := ""
		if err == nil {
			scheme = u.Scheme
		}
		switch {
		case err == nil && u.User != nil:
			r.add(at, "a URL with a user, password or token in it (not shown)", "a URL without them", "move them to nats.user and nats.password, or to nats.token")
		case err != nil || u.Host == "" || (scheme != "nats" && scheme != "tls" && scheme != "ws" && scheme != "wss"):
			r.add(at, r.show(at, text), "nats://, tls://, ws:// or wss:// URLs, separated by commas", `write for example "nats://127.0.0.1:4222", or "" for the embedded server`)
		}
	}
}

// readable checks that a file is there; an empty path is allowed.
func (r *report) readable(at keyPath, name, allowed, do string) {
	if name == "" {
		return
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		r.add(at, r.show(at, name)+", which cannot be read ("+reason(err)+")", allowed, do)
	case !info.Mode().IsRegular():
		r.add(at, r.show(at, name)+", which is not a file", allowed, do)
	}
}

func (r *report) store(c *Config) {
	s, t := &c.Store, keyPath{"store"}
	if s.Dir == "" {
		r.add(t.with("dir"), `""`, "a folder, made when it is not there", "name the folder for signals and models")
	} else if info, err := os.Stat(s.Dir); err == nil && !info.IsDir() {
		r.add(t.with("dir"), r.show(t.with("dir"), s.Dir)+", which is not a folder", "a folder, made when it is not there", "name another one")
	}
	const least = 64 << 20
	if s.MaxBytes < least {
		r.add(t.with("max_bytes"), fmt.Sprint(s.MaxBytes), fmt.Sprintf("at least %d bytes (64 MiB)", least), "give it room for the signals of signal_max_age_s: 10 GiB is 10_737_418_240")
	}
	if at := t.with("signal_max_age_s"); s.SignalMaxAgeS != 0 {
		r.between(at, s.SignalMaxAgeS, 1, 10*yearS, " seconds, or 0 for no limit by age", "write the age in seconds; a day is 86400")
	}
	r.oneOf(t.with("sync"), s.Sync, SyncAlways, SyncDefault)
	most := int64(1) << 50
	if c.NATS.Embedded() && s.MaxBytes >= least {
		most = s.MaxBytes / 20
	}
	if s.ModelsMaxBytes != 0 && (s.ModelsMaxBytes < 1<<20 || s.ModelsMaxBytes > most) {
		r.add(t.with("models_max_bytes"), fmt.Sprint(s.ModelsMaxBytes), fmt.Sprintf("1048576 bytes (1 MiB) to %d, a twentieth of max_bytes with the embedded server, or 0 for a fiftieth of it", most),
			"set 0, or give the store more room")
	}
	r.between(t.with("models_max_age_s"), s.ModelsMaxAgeS, 60, 10*yearS, " seconds", "set 34560000, which is 400 days")
	if at := t.with("worker"); !workerName.MatchString(s.Worker) || len(s.Worker) > namesMost {
		r.add(at, r.show(at, s.Worker), fmt.Sprintf("one word of a-z, 0-9, _ and -, %d characters at most", namesMost), "give each crackle that uses the same NATS server a name of its own; \"main\" where there is one")
	}
}

func (r *report) heartbeat(h *Heartbeat) {
	t := keyPath{"heartbeat"}
	r.between(t.with("every_s"), h.EveryS, 0.1, 3600, " seconds", "set 5, which is usual")
	if at := t.with("missing_s"); r.good(t, "every_s") && h.MissingS < 2*h.EveryS {
		r.add(at, r.show(at, h.MissingS), fmt.Sprintf("%g seconds or more, twice every_s", 2*h.EveryS), "set it to four times every_s, which is usual")
	} else {
		r.between(at, h.MissingS, 0.2, dayS, " seconds", "set 20, which is usual")
	}
	r.between(t.with("dead_man_s"), h.DeadManS, 0.1, dayS, " seconds", "set 60, or what the service at dead_man_url expects")
	if !h.DeadManURL.Empty() {
		r.hook(t, "dead_man_url", h.DeadManURL, h.AllowPrivate)
	}
}

func (r *report) evidence(c *Config) {
	e, t := &c.Evidence, keyPath{"evidence"}
	r.between(t.with("pre_s"), e.PreS, 0, 600, " seconds", "set 2, which is usual")
	r.between(t.with("post_s"), e.PostS, 0, 600, " seconds", "set 3, which is usual")
	if e.MemoryBytes < 1<<16 || e.MemoryBytes > 1<<34 {
		r.add(t.with("memory_bytes"), fmt.Sprint(e.MemoryBytes), "65536 bytes (64 KiB) to 17179869184 (16 GiB)", "set 67_108_864, or what pre_s, post_s and 5 s more of the stream take, at 8 bytes a sample and channel")
	}
	most := int64(1) << 50
	if c.NATS.Embedded() && r.good(keyPath{"store"}, "max_bytes") {
		most = c.Store.MaxBytes / 10
	}
	if e.MaxBytes != 0 && (e.MaxBytes < 1<<20 || e.MaxBytes > most) {
		r.add(t.with("max_bytes"), fmt.Sprint(e.MaxBytes), fmt.Sprintf("1048576 bytes (1 MiB) to %d, a tenth of store.max_bytes with the embedded server, or 0 for a twentieth of it", most),
			"set 0, or give the store more room")
	}
	r.between(t.with("max_age_s"), e.MaxAgeS, 60, 10*yearS, " seconds", "set 7776000, which is 90 days")
}
