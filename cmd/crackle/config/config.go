package config

import (
	"maps"
	"path/filepath"
	"slices"
)

// Config is the whole configuration file. The zero value is not usable: start from Default.
type Config struct {
	Server    Server    `toml:"server"`
	NATS      NATS      `toml:"nats"`
	Store     Store     `toml:"store"`
	Evidence  Evidence  `toml:"evidence"`
	Heartbeat Heartbeat `toml:"heartbeat"`
	Log       Log       `toml:"log"`

	FeatureSets map[string]FeatureSet `toml:"features"` // by name
	Streams     map[string]Stream     `toml:"stream"`   // by name
	Sinks       map[string]Sink       `toml:"sink"`     // by name

	warnings Errors
	source   *report // of the file that the Config was read from; nil when there was none
	base     string  // folder that relative paths were resolved against; "" when the Config was not read from a file
}

// Server is the table [server]: the dashboard and its API.
type Server struct {
	Listen       string   `toml:"listen"`         // host and port; another than a loopback host needs users
	NextFreePort bool     `toml:"next_free_port"` // try the ports above when Listen's is taken
	PublicURL    string   `toml:"public_url"`     // base of the links in messages; "" means the address listened on
	Hosts        []string `toml:"hosts"`          // further names that the server answers to
	CertFile     string   `toml:"cert_file"`      // of the certificate for https, with KeyFile; both empty: http
	KeyFile      string   `toml:"key_file"`
	UsersFile    string   `toml:"users_file"`     // "" means users.json in the data folder; see Config.UsersFile
	SessionIdleS float64  `toml:"session_idle_s"` // a login that is not used for so long ends
	SessionS     float64  `toml:"session_s"`      // every login ends after so long
	StopS        float64  `toml:"stop_s"`         // seconds for a graceful stop before it turns hard
}

// files are the paths in the table.
func (s *Server) files() []*string { return []*string{&s.CertFile, &s.KeyFile, &s.UsersFile} }

// UsersFile is where the users who may log in are kept.
func (c *Config) UsersFile() string {
	if c.Server.UsersFile != "" {
		return c.Server.UsersFile
	}
	return filepath.Join(c.Store.Dir, "users.json")
}

// NATS is the table [nats]: the server that signals come from.
type NATS struct {
	URL             string  `toml:"url"` // servers, separated by commas; "" starts the embedded one in the data folder
	Name            string  `toml:"name"`
	CredsFile       string  `toml:"creds_file"`
	NkeyFile        string  `toml:"nkey_file"` // of a user's seed
	User            string  `toml:"user"`
	Password        Secret  `toml:"password"`
	Token           Secret  `toml:"token"`
	CAFile          string  `toml:"ca_file"`   // authorities to trust; "" means the system's
	CertFile        string  `toml:"cert_file"` // of a client certificate, with KeyFile
	KeyFile         string  `toml:"key_file"`
	ConnectTimeoutS float64 `toml:"connect_timeout_s"`
	ReconnectWaitS  float64 `toml:"reconnect_wait_s"`
}

// Embedded reports whether Crackle runs its own NATS server.
func (n NATS) Embedded() bool { return n.URL == "" }

// files are the paths in the table.
func (n *NATS) files() []*string {
	return []*string{&n.CredsFile, &n.NkeyFile, &n.CAFile, &n.CertFile, &n.KeyFile}
}

// Store is the table [store]: the data folder of the embedded server, and how long signals are kept.
type Store struct {
	Dir            string  `toml:"dir"`
	MaxBytes       int64   `toml:"max_bytes"`
	SignalMaxAgeS  float64 `toml:"signal_max_age_s"` // 0 keeps signals until max_bytes is reached
	Sync           string  `toml:"sync"`             // SyncAlways or SyncDefault
	ModelsMaxBytes int64   `toml:"models_max_bytes"` // of all models; 0: see Config.ModelBytes
	ModelsMaxAgeS  float64 `toml:"models_max_age_s"` // of a model that is not in service
	Worker         string  `toml:"worker"`           // this crackle's name among those that use the same store
}

// Values of Store.Sync.
const (
	SyncAlways  = "always"  // every acknowledged message is on the disk
	SyncDefault = "default" // the NATS server flushes by its own timer
)

// Evidence is the table [evidence]: what is kept of each alarm.
type Evidence struct {
	Off         bool    `toml:"off"`
	PreS        float64 `toml:"pre_s"`        // of signal before the onset
	PostS       float64 `toml:"post_s"`       // after it
	MemoryBytes int64   `toml:"memory_bytes"` // of the signal that is remembered for it, per stream
	MaxBytes    int64   `toml:"max_bytes"`    // of all packs; 0: see Config.EvidenceBytes
	MaxAgeS     float64 `toml:"max_age_s"`    // of a pack
}

// EvidenceBytes bounds the evidence packs in the store: evidence.max_bytes, else a twentieth of the embedded server's folder, or 4 GiB on an
// external server.
func (c *Config) EvidenceBytes() int64 {
	switch {
	case c.Evidence.MaxBytes > 0:
		return c.Evidence.MaxBytes
	case c.NATS.Embedded():
		return c.Store.MaxBytes / 20
	}
	return 4 << 30
}

// ModelBytes bounds the models in the store: store.models_max_bytes, else a fiftieth of the embedded server's folder, or 1 GiB on an external server.
func (c *Config) ModelBytes() int64 {
	switch {
	case c.Store.ModelsMaxBytes > 0:
		return c.Store.ModelsMaxBytes
	case c.NATS.Embedded():
		return c.Store.MaxBytes / 50
	}
	return 1 << 30
}

// Heartbeat is the table [heartbeat]: the test signal that goes the whole way.
type Heartbeat struct {
	EveryS       float64 `toml:"every_s"`       // between two beats
	MissingS     float64 `toml:"missing_s"`     // without one, which is an alarm
	DeadManURL   Secret  `toml:"dead_man_url"`  // pinged while, and only while, beats come through; empty: none
	DeadManS     float64 `toml:"dead_man_s"`    // between two pings
	AllowPrivate bool    `toml:"allow_private"` // let that address be on this machine or in a private network
}

// Log is the table [log].
type Log struct {
	Level  string `toml:"level"`  // debug, info, warn or error
	Format string `toml:"format"` // text or json
}

// FeatureSet is a table [features.NAME]: a feature list under a name, which a stream's list may hold in place of the features themselves.
type FeatureSet struct {
	List []string `toml:"list"`
}

// Default is the configuration of an empty file: an embedded server, a dashboard on loopback, no stream and no sink.
// Load refuses a file without a stream, since there would be nothing to watch; see DefaultStream and DefaultSink for those tables.
func Default() *Config {
	return &Config{
		Server:   Server{Listen: "127.0.0.1:8080", SessionIdleS: 12 * 3600, SessionS: 7 * 86400, StopS: 10},
		NATS:     NATS{Name: "crackle", ConnectTimeoutS: 5, ReconnectWaitS: 2},
		Store:    Store{Dir: "crackle-data", MaxBytes: 10 << 30, SignalMaxAgeS: 86400, Sync: SyncAlways, ModelsMaxAgeS: 400 * 86400, Worker: "main"},
		Evidence: Evidence{PreS: 2, PostS: 3, MemoryBytes: 64 << 20, MaxAgeS: 90 * 86400},
		Log:      Log{Level: "info", Format: "text"},

		Heartbeat: Heartbeat{EveryS: 5, MissingS: 20, DeadManS: 60},

		FeatureSets: map[string]FeatureSet{},
		Streams:     map[string]Stream{},
		Sinks:       map[string]Sink{},
	}
}

// StreamNames lists the streams in alphabetical order.
func (c *Config) StreamNames() []string { return slices.Sorted(maps.Keys(c.Streams)) }

// SinkNames lists the sinks in alphabetical order.
func (c *Config) SinkNames() []string { return slices.Sorted(maps.Keys(c.Sinks)) }
