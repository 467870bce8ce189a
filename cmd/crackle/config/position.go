package config

import (
	"strings"

	"github.com/BurntSushi/toml"
)

// keyPath is the way to a value: table by table, then the key.
type keyPath []string

func (p keyPath) String() string { return toml.Key(p).String() }

// with gives the path to something inside p.
func (p keyPath) with(key ...string) keyPath { return append(p[:len(p):len(p)], key...) }

// id is the path as a map key; a TOML key cannot hold a NUL.
func (p keyPath) id() string { return strings.Join(p, "\x00") }

// positions maps the id of each key and table that a TOML document writes to the line where it is first written.
// The TOML library checks the syntax and keeps no lines; this scanner keeps lines and checks nothing, so it is run on
// documents that the library accepted.
type positions map[string]int

// line finds the line of a key, or of the nearest table around it when the key is not written.
func (p positions) line(at keyPath) int {
	for ; len(at) > 0; at = at[:len(at)-1] {
		if n, ok := p[at.id()]; ok {
			return n
		}
	}
	return 1
}

// scanPositions reads a whole document.
func scanPositions(text string) positions {
	s := scanner{text: text, line: 1, found: positions{}}
	s.document()
	return s.found
}

func (s *scanner) document() {
	var table keyPath
	for !s.done() {
		start := s.at
		s.space(true)
		switch {
		case s.done():
		case s.peek() == '[':
			s.skip("[")
			line := s.line
			table = s.key(nil, line)
			s.toLineEnd()
		default:
			line := s.line
			s.key(table, line)
			s.space(false)
			if s.peek() == '=' {
				s.at++
				s.value(s.last)
			}
		}
		if s.at == start {
			s.at++ // only in a document that is not TOML
		}
	}
}

type scanner struct {
	text  string
	at    int
	line  int
	found positions
	last  keyPath   // the key read last
	open  []opening // lists, inline tables and texts that are not closed yet, the outermost first
}

// opening is where a list, an inline table or a text begins.
type opening struct {
	mark string // [, { or the quotes
	line int
	key  keyPath // that it belongs to
}

// scanTo reads a document up to a byte, for what is open there.
func scanTo(text string, end int) *scanner {
	s := &scanner{text: text[:max(0, min(end, len(text)))], line: 1, found: positions{}}
	s.document()
	return s
}

func (s *scanner) done() bool { return s.at >= len(s.text) }

func (s *scanner) peek() byte {
	if s.done() {
		return 0
	}
	return s.text[s.at]
}

// skip passes all bytes of a set.
func (s *scanner) skip(set string) {
	for !s.done() && strings.IndexByte(set, s.text[s.at]) >= 0 {
		if s.text[s.at] == '\n' {
			s.line++
		}
		s.at++
	}
}

// space passes blanks and, when lines is set, line ends and comments.
func (s *scanner) space(lines bool) {
	s.skip(" \t\r")
	for lines && (s.peek() == '\n' || s.peek() == '#') {
		s.toLineEnd()
		s.skip(" \t\r\n")
	}
}

func (s *scanner) toLineEnd() {
	if n := strings.IndexByte(s.text[min(s.at, len(s.text)):], '\n'); n >= 0 {
		s.at += n
	} else {
		s.at = len(s.text)
	}
}

// key reads a dotted key, notes it and the tables it implies under prefix, and returns its path.
func (s *scanner) key(prefix keyPath, line int) keyPath {
	path := prefix
	for !s.done() {
		s.space(false)
		var part string
		switch c := s.peek(); c {
		case '"', '\'':
			part = s.str(c)
		default:
			start := s.at
			for !s.done() && strings.IndexByte(" \t\r\n.=]#,{}[\"'", s.peek()) < 0 {
				s.at++
			}
			part = s.text[start:s.at]
		}
		path = path.with(part)
		if _, ok := s.found[path.id()]; !ok {
			s.found[path.id()] = line
		}
		s.space(false)
		if s.peek() != '.' {
			break
		}
		s.at++
	}
	s.last = path
	return path
}

// value passes a value; the keys of inline tables in it are noted under at.
func (s *scanner) value(at keyPath) {
	s.space(true)
	switch c := s.peek(); c {
	case '"', '\'':
		s.str(c)
	case '[', '{':
		s.group(at)
	default:
		for !s.done() && strings.IndexByte(",]}#\n", s.peek()) < 0 {
			s.at++
		}
	}
}

// group passes an array or an inline table.
func (s *scanner) group(at keyPath) {
	table := s.peek() == '{'
	s.open = append(s.open, opening{string(s.peek()), s.line, at})
	s.at++
	for !s.done() {
		s.skip(" \t\r\n,")
		start := s.at
		switch s.peek() {
		case '#':
			s.toLineEnd()
		case ']', '}':
			s.at++
			s.open = s.open[:len(s.open)-1]
			return
		default:
			inner := at
			if table {
				inner = s.key(at, s.line)
				s.skip(" \t=")
			}
			s.value(inner)
			if s.at == start {
				s.at++ // only in a document that is not TOML
			}
		}
	}
}

// str passes a string and returns its text, with escapes resolved in a basic string.
func (s *scanner) str(quote byte) string {
	fence := string(quote)
	if triple := strings.Repeat(fence, 3); strings.HasPrefix(s.text[s.at:], triple) {
		fence = triple
	}
	s.open = append(s.open, opening{fence, s.line, s.last})
	s.at += len(fence)
	start := s.at
	for !s.done() && !strings.HasPrefix(s.text[s.at:], fence) {
		if quote == '"' && s.peek() == '\\' {
			s.at++
		}
		if s.peek() == '\n' {
			s.line++
		}
		s.at++
	}
	if !s.done() {
		s.open = s.open[:len(s.open)-1]
	}
	end := min(s.at, len(s.text))
	s.at = min(end+len(fence), len(s.text))
	if len(fence) == 3 { // the string may itself end in one or two quotes
		for !s.done() && s.peek() == quote {
			s.at++
		}
	}
	return unescape(s.text[start:end], quote)
}

// unescape gives a quoted key its text through the TOML library, which knows the escapes.
func unescape(raw string, quote byte) string {
	if quote == '\'' || !strings.Contains(raw, `\`) {
		return raw
	}
	var v struct{ K string }
	if _, err := toml.Decode(`K = "`+raw+`"`, &v); err != nil {
		return raw
	}
	return v.K
}
