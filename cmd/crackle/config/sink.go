package config

import "path"

// Sink is a table [sink.NAME]: one place that alarms are told to. The keys in the second and later groups belong to the kinds that
// their tag names; one that is set in a sink of another kind is a mistake.
type Sink struct {
	Name        string   `toml:"-"`
	Kind        string   `toml:"kind"`    // slack, email, webhook or log
	Streams     []string `toml:"streams"` // names or globs; * stands for any text, dots included
	MinSeverity string   `toml:"min_severity"`
	SendCleared bool     `toml:"send_cleared"` // tell when an alarm is over, too
	Hours       []string `toml:"hours"`        // times at which to tell, see notify.ParseHours; none: always
	Zone        string   `toml:"zone"`         // that the hours are in
	TimeoutS    float64  `toml:"timeout_s"`
	Queue       int      `toml:"queue"` // messages waiting at most

	SubjectTemplate string `toml:"subject_template" kinds:"slack,email"` // see notify.NewTemplate
	TextTemplate    string `toml:"text_template" kinds:"slack,email"`

	WebhookURL Secret `toml:"webhook_url" kinds:"slack"`

	URL          Secret `toml:"url" kinds:"webhook"`
	Token        Secret `toml:"token" kinds:"webhook"`
	AllowPrivate bool   `toml:"allow_private" kinds:"slack,webhook"` // let the address be on this machine or in a private network

	Host       string   `toml:"host" kinds:"email"`
	Port       int      `toml:"port" kinds:"email"`       // 0: the usual one of the encryption
	Encryption string   `toml:"encryption" kinds:"email"` // starttls, tls or none
	Username   string   `toml:"username" kinds:"email"`
	Password   Secret   `toml:"password" kinds:"email"`
	From       string   `toml:"from" kinds:"email"`
	To         []string `toml:"to" kinds:"email"`
}

// DefaultSink is the table [sink.name] with no key in it but its kind. What it is valid with depends on the kind.
func DefaultSink(name, kind string) Sink {
	return Sink{
		Name: name, Kind: kind, Streams: []string{"*"}, MinSeverity: "info", SendCleared: true, TimeoutS: 15, Queue: 256,
		Encryption: "starttls",
	}
}

// Severities in rising order, as in Alarm.Severity and Sink.MinSeverity.
var Severities = []string{"info", "warning", "critical"}

// Wants reports whether the sink is to be told of an alarm of the stream at the severity.
func (s *Sink) Wants(stream, severity string) bool {
	if rank(severity) < rank(s.MinSeverity) {
		return false
	}
	for _, glob := range s.Streams {
		if ok, _ := path.Match(glob, stream); ok {
			return true
		}
	}
	return false
}

// rank orders severities; one that is not known ranks highest, so that it is told and not lost.
func rank(severity string) int {
	for i, s := range Severities {
		if s == severity {
			return i
		}
	}
	return len(Severities)
}
