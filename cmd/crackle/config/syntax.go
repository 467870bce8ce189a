package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
)

// syntax reads the TOML. The library stops at the first mistake; here the lines that it is in are blanked and the rest is read again, so that one
// slip does not hide the others. It gives nil when there are too many to go on.
func (d *decoder) syntax(text string) map[string]any {
	const most = 20
	lines := strings.Split(text, "\n")
	for range most {
		var tree map[string]any
		text = strings.Join(lines, "\n")
		_, err := toml.Decode(text, &tree)
		if err == nil {
			d.lines = scanPositions(text)
			delete(tree, unreadable)
			if tree == nil {
				tree = map[string]any{}
			}
			return tree
		}
		d.fragment = true
		slip, ok := findSlip(err, text, lines)
		if ok || len(d.errs) == 0 {
			d.syntaxError(slip)
		}
		if !ok {
			return nil
		}
		slip.blank(lines)
	}
	return nil
}

// slip is one mistake in the syntax.
type slip struct {
	message   string // of the library
	line      int    // where it is, from 1
	last      int    // line up to which the text is of no use
	key       keyPath
	header    bool   // in the header of a table
	unclosed  string // the bracket or quotes that are not closed, "" when that is not it
	open      bool   // in a list or table that is closed later
	inLine    string // the text of the line
	secretive bool   // nothing of the line may be shown
}

// findSlip locates a mistake; ok is false when nothing can be blanked to go on.
func findSlip(err error, text string, lines []string) (s slip, ok bool) {
	var p toml.ParseError
	if !errors.As(err, &p) {
		return slip{message: err.Error(), line: 1, last: 1}, false
	}
	line := max(lineOf(p.Position, lines), 1)
	s = slip{message: p.Message, line: line, last: line, inLine: lines[line-1]}
	ctx := scanTo(text, p.Position.Start)
	trimmed := strings.TrimSpace(s.inLine)
	if len(ctx.open) > 0 && ctx.open[0].line <= line {
		first := ctx.open[0]
		s.key, s.open = first.key, true
		end := strings.Contains(p.Message, "EOF") || strings.Contains(p.Message, "end of file")
		if end || first.line < line && !isQuote(first.mark) && beginsAnew(trimmed) {
			s.unclosed, s.line = first.mark, first.line
			switch {
			case first.mark != "[": // what follows was taken for a part of it
				s.last = first.line
			case beginsAnew(trimmed):
				s.last = line - 1
			}
		}
	} else if s.header = strings.HasPrefix(trimmed, "["); !s.header && strings.Contains(trimmed, "=") {
		s.key = scanTo(text, lineStart(lines, line)+strings.Index(s.inLine, "=")).last
	}
	if len(s.key) > 2 && s.key[0] == unreadable {
		s.key = s.key[2:]
	}
	for _, k := range append(strings.Split(trimmed, "="), strings.Join(s.key, ".")) {
		s.secretive = s.secretive || nearSecret(k)
	}
	blank := true
	for _, l := range lines[s.line-1 : s.last] {
		blank = blank && strings.TrimSpace(l) == ""
	}
	return s, !blank && !strings.Contains(s.inLine, unreadable)
}

// beginsAnew reports whether a line looks like a key with its value, or like the header of a table, and not like a part of a list.
func beginsAnew(line string) bool {
	key, _, assigned := strings.Cut(line, "=")
	if assigned && !strings.ContainsAny(key, "{[,#") {
		return true
	}
	header := strings.TrimLeft(line, "[")
	return header != line && !strings.ContainsAny(header, `,=`) && strings.HasSuffix(strings.TrimSpace(strings.SplitN(header, "#", 2)[0]), "]") && header[0] != '"' && header[0] != ']'
}

func isQuote(mark string) bool { return strings.Trim(mark, `"'`) == "" }

func lineStart(lines []string, line int) (at int) {
	for _, l := range lines[:line-1] {
		at += len(l) + 1
	}
	return at
}

// unreadable is the table that takes in what stands below a header that cannot be read. It cannot be the name of a real one.
const unreadable = "below a header that cannot be read"

// blank takes the mistake out of the text. A header is completed when it only lacks its bracket; else what is below it belongs nowhere.
func (s slip) blank(lines []string) {
	for i := s.line - 1; i < s.last; i++ {
		lines[i] = ""
	}
	if !s.header {
		return
	}
	name := strings.Trim(strings.TrimSpace(s.inLine), "[")
	if whole := "[" + strings.TrimSpace(name) + "]"; !strings.ContainsAny(name, "[]#=,") && toml.Unmarshal([]byte(whole), &map[string]any{}) == nil {
		lines[s.line-1] = whole
		return
	}
	lines[s.line-1] = fmt.Sprintf("[%q.%q]", unreadable, fmt.Sprint(s.line))
}

// lineOf finds the line of a position. A position on a line end is the library's word for a line that is not complete, and the library
// counts it to the next line.
func lineOf(p toml.Position, lines []string) int {
	at := 0
	for i, l := range lines {
		if at += len(l) + 1; p.Start < at {
			return i + 1
		}
	}
	return min(p.Line, len(lines))
}

// nearSecret reports whether a key holds a secret, or is a slip of the pen for one that does.
func nearSecret(key string) bool {
	key = strings.Trim(key, " \t{,")
	last := strings.Trim(key[strings.LastIndexAny(key, ". ,{")+1:], `"'`)
	if isSecretKey(last) {
		return true
	}
	for _, known := range []string{"token", "password", "webhook_url"} {
		if d := distance(strings.ToLower(last), known); d <= 2 {
			return true
		}
	}
	return false
}

func (d *decoder) syntaxError(s slip) {
	found, do, quotes := s.plain()
	if s.secretive && quotes { // what the library could not read
		found, do = "a value that is not TOML (not shown, since the key is a secret)", mend
	}
	if len(s.key) > 0 {
		d.bad[s.key.id()] = true
		if s.open {
			d.partial[s.key.id()] = true
		}
	}
	d.errs = append(d.errs, &Error{File: d.file, Line: s.line, Key: s.key.String(), Found: found, Allowed: "TOML", Do: do})
}
