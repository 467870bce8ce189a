package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
)

// Hash identifies the effective configuration: every value, defaults included, but no secret. It is the same for the same file wherever
// it stands and on every machine, and changes when any other value does.
func (c *Config) Hash() string {
	plain := Config{Server: c.Server, NATS: c.NATS, Store: c.Store, Evidence: c.Evidence, Heartbeat: c.Heartbeat, Log: c.Log, FeatureSets: c.FeatureSets, Sinks: c.Sinks}
	plain.Store.Dir = c.relative(c.Store.Dir)
	for _, path := range plain.NATS.files() {
		*path = c.relative(*path)
	}
	plain.Streams = map[string]Stream{}
	for name, s := range c.Streams {
		s = c.portable(s)
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
	s = c.portable(s)
	return digest(s)
}

// StreamSettings is one stream's part of the configuration as JSON, for ReadStream: every value, defaults included. It holds no secret,
// because a stream has none. It is nil for a stream that there is not.
func (c *Config) StreamSettings(name string) json.RawMessage {
	s, ok := c.Streams[name]
	if !ok {
		return nil
	}
	s = c.portable(s)
	text, err := json.Marshal(s)
	if err != nil { // an infinite number, which Validate refuses
		return nil
	}
	return text
}

// ReadStream reads what StreamSettings wrote, checks it as a file's table is checked, but for the model's file, and gives its StreamHash with it.
func ReadStream(settings json.RawMessage) (s Stream, hash string, err error) {
	d := json.NewDecoder(bytes.NewReader(settings))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, "", fmt.Errorf("stream settings: %w", err)
	}
	r := newReport("")
	r.bad[keyPath{"stream", s.Name, "model"}.id()] = true // where the file was is of no interest
	r.name(keyPath{"stream", s.Name}, s.Name)
	r.stream(&s, keyPath{"stream", s.Name})
	if len(r.errs) > 0 {
		return s, "", r.errs
	}
	return s, digest(s), nil
}

// portable is a stream's table with its paths as they stand in the file.
func (c *Config) portable(s Stream) Stream {
	s.Model = c.relative(s.Model)
	s.Heads = slices.Clone(s.Heads)
	for i, path := range s.Heads {
		s.Heads[i] = c.relative(path)
	}
	return s
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
