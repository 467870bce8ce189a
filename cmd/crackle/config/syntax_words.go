package config

import (
	"cmp"
	"regexp"
	"strings"
)

// phrase turns a message of the TOML library into what was found, and the next step when there is one of its own.
type phrase struct {
	message   *regexp.Regexp
	found, do string
}

var phrases = []phrase{
	{regexp.MustCompile(`^unexpected EOF; expected value$|^expected value but found '(?:\\n|\\r|\\x00)' instead$`), "nothing where a value belongs", "write the value behind the =, or take the key out"},
	{regexp.MustCompile(`^expected value but found (.+) instead$`), "$1 where a value belongs", ""},
	{regexp.MustCompile(`^expected a top-level item to end with a newline, comment, or EOF, but got (.+) instead$`), "$1 where the line should end", ""},
	{regexp.MustCompile(`^expected '\.' or '\]' to end table name, but got (.+) instead$`), "$1 where a ] belongs", "close the table's name with ]"},
	{regexp.MustCompile(`^expected end of table array name delimiter '\]', but got (.+) instead$`), "$1 where a ] belongs", "close the table's name with as many brackets as it begins with"},
	{regexp.MustCompile(`^unexpected end of table name \(table names cannot be empty\)$`), "a table without a name", "write the table's name between the brackets"},
	{regexp.MustCompile(`^unexpected table separator \(table names cannot be empty\)$`), "a dot where a name belongs", "write the table's name between the dots"},
	{regexp.MustCompile(`^expected a comma \(','\) or array terminator \('\]'\), but got (.+)$`), "$1 where a comma or a ] belongs", "separate the items of the list with commas and close it with ]"},
	{regexp.MustCompile(`^expected a comma or an inline table terminator '}', but got (.+?)(?: instead)?$`), "$1 where a comma or a } belongs", "separate the keys with commas and close the table with }"},
	{regexp.MustCompile(`^unexpected comma$`), "a comma where a value belongs", "take the comma out, or write what is missing before it"},
	{regexp.MustCompile(`^expected '\.' or '=', but got (.+) instead$`), "$1 where a = belongs", "write key = value; a name with blanks in it stands in quotes"},
	{regexp.MustCompile(`^unexpected EOF; expected key separator '='$`), "a key without a value", "write key = value"},
	{regexp.MustCompile(`^unexpected '=': key name appears blank$|^unexpected '='$`), "a = without a key before it", "write key = value"},
	{regexp.MustCompile(`^unexpected '\.'(?:: keys cannot start with a '\.')?$`), "a dot where a key belongs", "write key = value"},
	{regexp.MustCompile(`^floats must start with a digit, not '\.'$`), "a number that starts with a dot", "write a digit before the dot, as in 0.5"},
	{regexp.MustCompile(`^(?i)invalid float(?: value)?: ['"](.+)['"]$`), `"$1", which is no number`, ""},
	{regexp.MustCompile(`^expected a digit but got (.+)$`), "$1 where a digit belongs", ""},
	{regexp.MustCompile(`^strings cannot contain newlines$|^unexpected EOF; expected ["'].*$`), "a text without its closing quote", "close the text with the quote that it begins with"},
	{regexp.MustCompile(`^invalid escape in string '(.+)'$`), `$1 in a text, which stands for nothing`, `write \\ for a backslash, or put the text in 'single quotes'`},
	{regexp.MustCompile(`^Key '(.+)' has already been defined$`), "$1 a second time", "take one of the two out"},
	{regexp.MustCompile(`^Key '(.+)' was already created and cannot be used as an array$`), "$1 as a list of tables, and as something else before", "write the table's name in single brackets, once"},
	{regexp.MustCompile(`^newlines not allowed within inline tables$`), "a table in braces that goes on in the next line", "write it in one line, or as a table of its own under a [header]"},
}

const mend = `mend this line; texts stand in "double quotes", lists in [brackets], and # starts a comment`

// closings are what ends a list, a table or a text.
var closings = map[string][2]string{
	"[": {"a list without its closing ]", "close the list with ]"},
	"{": {"a table without its closing }", "close the table with }"},
}

// plain says what was found and what to do. It quotes when what was found holds some of the text itself.
func (s slip) plain() (found, do string, quotes bool) {
	if c, ok := closings[s.unclosed]; ok {
		return c[0], c[1], false
	}
	if s.unclosed != "" {
		return "a text without its closing " + s.unclosed, "close the text with " + s.unclosed, false
	}
	message := strings.TrimRight(belowUnreadable.ReplaceAllString(s.message, ""), ".")
	for _, p := range phrases {
		if m := p.message.FindStringSubmatchIndex(message); m != nil {
			found = unseen.Replace(string(p.message.ExpandString(nil, p.found, message, m)))
			return found, cmp.Or(p.do, mend), strings.Contains(p.found, "$")
		}
	}
	if message == "" {
		return "what is not TOML", mend, false
	}
	return "what is not TOML (" + strings.ToLower(message[:1]) + message[1:] + ")", mend, true
}

// belowUnreadable is how the library names the table that stands in for one whose header cannot be read.
var belowUnreadable = regexp.MustCompile(`"?` + unreadable + `"?\.[0-9]+\.`)

// unseen gives characters that cannot be seen a name.
var unseen = strings.NewReplacer(`'\n'`, "the end of the line", `'\r'`, "the end of the line", `'\x00'`, "the end of the file", "end of file", "the end of the file")
