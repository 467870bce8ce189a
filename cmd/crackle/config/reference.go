package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var referenceName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand replaces ${NAME} by the environment variable NAME, and $${ by ${. A key whose text held a reference is noted in refs.
func (d *decoder) expand(text string, at keyPath) string {
	if !strings.Contains(text, "${") {
		return text
	}
	var out strings.Builder
	for rest := text; ; {
		i := strings.Index(rest, "${")
		if i < 0 {
			out.WriteString(rest)
			break
		}
		if i > 0 && rest[i-1] == '$' {
			out.WriteString(rest[:i-1] + "${")
			rest = rest[i+2:]
			continue
		}
		out.WriteString(rest[:i])
		name, after, closed := strings.Cut(rest[i+2:], "}")
		if !closed || !referenceName.MatchString(name) {
			d.add(at, "a ${ that starts no reference", "${NAME}, NAME being letters, digits and _", "close the reference, or write $${ for the characters ${ themselves")
			return ""
		}
		value, ok := os.LookupEnv(name)
		if !ok {
			d.add(at, fmt.Sprintf("${%s}, and the environment has no %s", name, name), "a variable that is set", "set "+name+" where crackle is started")
			return ""
		}
		d.refs[at.id()] = text
		out.WriteString(value)
		rest = after
	}
	return out.String()
}

// Secret files are short: a larger one is a wrong path.
const secretFileMost = 64 << 10

// secretFile reads a secret from a file, without the line end at its end.
func (d *decoder) secretFile(name string, at keyPath) Secret {
	text, err := readRegular(resolve(d.base, name), secretFileMost)
	do := "write the secret into that file, readable by the user that crackle runs as"
	switch {
	case errors.Is(err, os.ErrNotExist):
		d.add(at, d.show(at, name)+", which does not exist", "a file that holds the secret", do)
	case err != nil:
		d.add(at, d.show(at, name)+", which cannot be read ("+reason(err)+")", "a file of at most 64 KiB that holds the secret", do)
	case strings.TrimRight(text, "\r\n") == "":
		d.add(at, d.show(at, name)+", which is empty", "a file that holds the secret", do)
	}
	return NewSecret(strings.TrimRight(text, "\r\n"))
}

// readRegular reads a file that is no device and no larger than most.
func readRegular(name string, most int64) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("not a regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("larger than %d bytes", most)
	}
	if err != nil {
		return "", err
	}
	return string(text), nil
}

// reason is an error without the path that the message already names.
func reason(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// resolve takes a path in the file as relative to the file's folder. The empty path stays empty.
func resolve(base, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(base, name)
}
