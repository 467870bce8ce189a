package auth

import (
	"fmt"
	"regexp"
)

// Role is what somebody may do; a higher one may do all that a lower one may.
type Role uint8

const (
	Nobody   Role = iota // not logged in
	Viewer               // reads
	Operator             // acknowledges, shelves, judges alarms
	Engineer             // teaches, puts models in service, tries sinks
)

var roleNames = [...]string{"", "viewer", "operator", "engineer"}

func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("role %d", uint8(r))
}

// ParseRole reads viewer, operator or engineer.
func ParseRole(text string) (Role, error) {
	for r := Viewer; r <= Engineer; r++ {
		if roleNames[r] == text {
			return r, nil
		}
	}
	return Nobody, fmt.Errorf("role: found %.40q, allowed viewer, operator or engineer", text)
}

// MarshalText implements encoding.TextMarshaler.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Role) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRole(string(text))
	return err
}

func checkRole(name string, r Role) error {
	if r < Viewer || r > Engineer {
		return fmt.Errorf("user %s: found no role, allowed viewer, operator or engineer", name)
	}
	return nil
}

var userName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`)

// CheckName says what is wrong with the name of a user.
func CheckName(name string) error {
	if !userName.MatchString(name) {
		return fmt.Errorf("user: found the name %.80q, allowed are 1 to 64 letters, digits and . _ @ -, a letter or digit first", name)
	}
	return nil
}
