package config

import (
	"errors"
	"net/mail"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strings"

	"crackle/alert/notify"
	"crackle/alert/notify/outbound"
)

func (r *report) sink(s *Sink, t keyPath) {
	kind := t.with("kind")
	if s.Kind == "" {
		r.missing(kind, alternatives(sinkKinds), "say what the sink is")
	} else {
		r.oneOf(kind, s.Kind, sinkKinds...)
	}
	r.oneOf(t.with("min_severity"), s.MinSeverity, Severities...)
	r.between(t.with("timeout_s"), s.TimeoutS, 0.1, 600, " seconds", "set 15, which is usual")
	if r.good(t, "hours", "zone") {
		r.hours(s, t)
	}
	r.count(t.with("queue"), s.Queue, 1, 100000, "set 256, which is usual; it holds what waits while the sink is away")
	known := s.Kind != "" && r.good(t, "kind")
	if known {
		r.foreignKeys(s, t)
	}
	for _, p := range []struct{ key, subject, text string }{{"subject_template", s.SubjectTemplate, ""}, {"text_template", "", s.TextTemplate}} {
		if _, err := notify.NewTemplate(p.subject, p.text); err != nil && r.good(t, p.key) {
			r.add(t.with(p.key), "a template that does not work: "+err.Error(), "a template of Go's text/template over the fields of a message", `write for example "{{.Title}}: {{kind .Kind}}"`)
		}
	}
	// Of a sink whose kind is not known, what is written is checked, and nothing is missing.
	if s.Kind == "slack" || !known && !s.WebhookURL.Empty() {
		r.hook(t, "webhook_url", s.WebhookURL, s.AllowPrivate)
	}
	if s.Kind == "webhook" || !known && !s.URL.Empty() {
		r.hook(t, "url", s.URL, s.AllowPrivate)
	}
	if s.Kind == "email" || !known {
		r.email(s, t, known)
	}
}

// hours checks the times at which a sink is told.
func (r *report) hours(s *Sink, t keyPath) {
	if _, err := notify.ParseHours(nil, s.Zone); err != nil && (s.Zone != "" || len(s.Hours) > 0) {
		r.add(t.with("zone"), r.show(t.with("zone"), s.Zone), `a zone of the IANA database, such as "Europe/Berlin", or "UTC"`, "name the zone that the hours are meant in")
		return
	}
	zone := s.Zone
	if zone == "" && len(s.Hours) > 0 {
		r.missing(t.with("zone"), `a zone of the IANA database, such as "Europe/Berlin", or "UTC"`, "name the zone that the hours are meant in")
		zone = "UTC"
	}
	for _, text := range s.Hours {
		if _, err := notify.ParseHours([]string{text}, zone); err != nil {
			r.addItem(t.with("hours"), literal(text), `days and hours, such as "mon-fri 06:00-22:00", "sat,sun 08:00-12:00" or "22:00-06:00"`, "write days by their first three letters and hours as 06:00")
		}
	}
}

var sinkKinds = []string{"slack", "email", "webhook", "log"}

// foreignKeys finds keys that belong to sinks of other kinds, which would be without effect.
func (r *report) foreignKeys(s *Sink, t keyPath) {
	st := reflect.TypeFor[Sink]()
	for key, i := range keysOf(st) {
		kinds := st.Field(i).Tag.Get("kinds")
		if kinds == "" || slices.Contains(strings.Split(kinds, ","), s.Kind) || !r.written(t.with(key)) {
			continue
		}
		r.add(t.with(key), "a key of sinks of kind "+strings.ReplaceAll(kinds, ",", " and ")+` in one of kind "`+s.Kind+`"`, "the keys of its own kind", "take it out, or change kind")
	}
}

// hook checks the address of a web hook, which is a secret: it is never shown.
func (r *report) hook(t keyPath, key string, secret Secret, private bool) {
	at := t.with(key)
	if r.written(t.with(key + "_file")) {
		at = t.with(key + "_file")
	}
	do := "set " + key + ` to "${NAME}" and the environment variable to the address, or name a file that holds it with ` + key + "_file"
	if secret.Empty() {
		if r.good(t, key, key+"_file") {
			r.missing(at, "an http:// or https:// URL", do)
		}
		return
	}
	if u, err := url.Parse(secret.Reveal()); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		r.add(at, "a text that is no web address (not shown)", "an http:// or https:// URL", do)
		return
	}
	if private || !r.good(t, "allow_private") {
		return
	}
	client, err := outbound.New(outbound.Config{URL: secret})
	switch {
	case errors.Is(err, outbound.ErrRefused):
		r.add(at, "an address on this machine or in a private network (not shown)", "an address in the public network, or any with allow_private = true", "set allow_private = true, if that is what is meant")
	case err == nil:
		client.Close()
	}
}

// email checks what an e-mail sink has; what it lacks only when it is known to be one.
func (r *report) email(s *Sink, t keyPath, known bool) {
	at := t.with("host")
	switch {
	case s.Host == "" && !known:
	case s.Host == "":
		r.missing(at, "the name or address of an SMTP server", "write it without the port, as in \"mail.example.com\"")
	case strings.ContainsAny(s.Host, "/ @") || strings.Count(s.Host, ":") == 1:
		r.add(at, r.show(at, s.Host), "a name or address alone", "write the port in port")
	}
	r.count(t.with("port"), s.Port, 0, 65535, "set 0 for the usual one: 587 for starttls, 465 for tls, 25 for none")
	r.oneOf(t.with("encryption"), s.Encryption, "starttls", "tls", "none")
	if known {
		r.login(s, t)
	}
	if s.From == "" && known {
		r.missing(t.with("from"), "an e-mail address", "write the sender, as in \"Crackle <crackle@example.com>\"")
	} else if s.From != "" {
		r.address(t.with("from"), s.From)
	}
	if len(s.To) == 0 && r.good(t, "to") && known {
		r.missing(t.with("to"), "at least one e-mail address", "list the people to tell")
	}
	for _, a := range s.To {
		r.address(t.with("to"), a)
	}
}

func (r *report) login(s *Sink, t keyPath) {
	if !s.Password.Empty() && s.Encryption == "none" && r.good(t, "encryption") {
		r.add(t.with("encryption"), `"none" with a password`, `"starttls" or "tls", so that the password does not cross the network in the clear`, `set encryption = "starttls"`)
	}
	if !r.good(t, "username", "password", "password_file") {
		return
	}
	password := t.with("password")
	if r.written(t.with("password_file")) {
		password = t.with("password_file")
	}
	switch user, pass := s.Username != "", !s.Password.Empty(); {
	case user && !pass:
		r.missing(password, "a password for username", `set password to "${NAME}", or name a file with password_file`)
	case pass && !user:
		r.add(password, "a password without a username", "both or none", "set username")
	}
}

func (r *report) address(at keyPath, text string) {
	if _, err := mail.ParseAddress(text); err != nil || strings.ContainsAny(text, "\r\n") {
		r.addItem(at, r.show(at, text), "an e-mail address", `write it as "name@example.com" or "Name <name@example.com>"`)
	}
}

// sinkStreams checks that each glob matches a stream, since a slip in a name would leave a stream's alarms untold.
func (r *report) sinkStreams(s *Sink, t keyPath, streams []string) {
	at := t.with("streams")
	if len(s.Streams) == 0 && r.good(t, "streams") {
		r.add(at, "an empty list", `names of streams, or "*" for all`, `write ["*"]`)
	}
	for _, glob := range s.Streams {
		hit, err := false, error(nil)
		for _, name := range append([]string{""}, streams...) { // a malformed glob is found even when there is no stream
			var ok bool
			if ok, err = path.Match(glob, name); err != nil {
				break
			}
			hit = hit || ok && name != ""
		}
		switch {
		case err != nil:
			r.addItem(at, literal(glob), "a name, or a glob of * ? and [a-z]", "close the bracket")
		case !hit && len(streams) > 0 && r.streamsKnown(streams):
			do := "correct the name"
			if near := nearest(glob, streams); near != "" {
				do = "write " + literal(near) + ", if that is what is meant"
			}
			r.addItem(at, literal(glob)+", which no stream is called", alternatives(streams)+`, or "*" for all`, do)
		}
	}
}

// streamsKnown reports whether the names of the streams can be relied on.
func (r *report) streamsKnown(streams []string) bool {
	at := keyPath{"stream"}
	return !r.fragment && r.good(nil, "stream") && r.good(at, streams...) && !slices.ContainsFunc(streams, func(name string) bool { return r.opaque[at.with(name).id()] })
}
