package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
)

// Hash identifies the effective configuration: every value, defaults included, but no secret. It is the same for the same file wherever
// it stands and on every machine, and changes when any other value does.
func (c *Config) Hash() string {
	plain := Config{Server: c.Server, NATS: c.NATS, Store: c.Store, Log: c.Log, FeatureSets: c.FeatureSets, Sinks: c.Sinks}
	plain.Store.Dir = c.relative(c.Store.Dir)
	plain.NATS.CredsFile = c.relative(c.NATS.CredsFile)
	plain.Streams = map[string]Stream{}
	for name, s := range c.Streams {
		s.Model = c.relative(s.Model)
		plain.Streams[name] = s
	}
	return digest(plain)
}

// StreamHash identifies one stream's part of the configuration, as Hash does for the whole. It is "" for a stream that there is not.
func (c *Config) StreamHash(name string) string {
	s, ok := c.Streams[name]
	if !ok {
		return ""
	}
	s.Model = c.relative(s.Model)
	return digest(s)
}

// relative undoes resolve.
func (c *Config) relative(name string) string {
	if c.base == "" || name == "" {
		return name
	}
	if rel, err := filepath.Rel(c.base, name); err == nil {
		return rel
	}
	return name
}

// digest hashes a value's JSON, in which map keys are sorted and a Secret is only there or not there.
func digest(v any) string {
	text, err := json.Marshal(v)
	if err != nil { // an infinite number, which Validate refuses
		text = []byte(err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
