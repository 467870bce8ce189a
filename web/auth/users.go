package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// UsersFile is the usual name of the file of users in the data folder.
const UsersFile = "users.json"

const (
	maxUsers  = 1000
	lookEvery = time.Second // between two looks whether the file has changed
)

// User is somebody who may log in.
type User struct {
	Name     string    `json:"name"`
	Role     Role      `json:"role"`
	Password string    `json:"password"`        // PHC string; see hashPassword
	Token    string    `json:"token,omitempty"` // SHA-256 of the token of programs, in hex; empty: none
	Changed  time.Time `json:"changed"`

	hash hashed
}

// Errors of changes to Users.
var (
	ErrUserExists  = errors.New("there is a user of this name already")
	ErrUnknownUser = errors.New("there is no user of this name")
)

// Users is a file of users, readable by its owner only. It may be changed by another process while it is open: what is read is at most a
// second old. Its methods may be called from several goroutines at once.
type Users struct {
	path string

	mu     sync.Mutex
	list   []User // sorted by name; replaced as a whole
	stamp  stamp
	looked time.Time
	err    error // of the last look
}

// OpenUsers reads a file of users. One that is not there holds none; one that cannot be read, or that others may read, is an error.
func OpenUsers(path string) (*Users, error) {
	u := &Users{path: path}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.look(time.Now())
	if u.err != nil {
		return nil, u.err
	}
	return u, nil
}

// Path is the file's.
func (u *Users) Path() string { return u.path }

// List gives the users by name, without what is kept of their passwords; a token is "set" or empty.
func (u *Users) List() []User {
	out := slices.Clone(u.now())
	for i := range out {
		out[i].Password, out[i].hash = "", hashed{}
		if out[i].Token != "" {
			out[i].Token = "set"
		}
	}
	return out
}

// Any says whether there is a user at all. While the file cannot be read there is one: a door that was closed does not open by a mistake.
func (u *Users) Any() bool {
	list := u.now()
	return len(list) > 0 || u.Err() != nil
}

// Err is what keeps the file from being read now; those who were in it stay.
func (u *Users) Err() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.err
}

// now is the list as the file has it; not to be changed.
func (u *Users) now() []User {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.look(time.Now())
	return u.list
}

func (u *Users) find(name string) (User, bool) {
	list := u.now()
	if i := slices.IndexFunc(list, func(o User) bool { return o.Name == name }); i >= 0 {
		return list[i], true
	}
	return User{}, false
}

// byToken finds whose token it is. Sums are compared, in constant time, so that the time taken tells nothing of a token.
func (u *Users) byToken(token string) (User, bool) {
	sum := []byte(tokenSum(token))
	for _, o := range u.now() {
		if o.Token != "" && subtle.ConstantTimeCompare([]byte(o.Token), sum) == 1 {
			return o, true
		}
	}
	return User{}, false
}

func tokenSum(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Add makes a user; ErrUserExists when there is one of the name, in whatever case.
func (u *Users) Add(name string, role Role, password string) error {
	if err := errors.Join(CheckName(name), CheckPassword(password), checkRole(name, role)); err != nil {
		return err
	}
	return u.change(func(list []User) ([]User, error) {
		if slices.ContainsFunc(list, func(o User) bool { return strings.EqualFold(o.Name, name) }) {
			return nil, fmt.Errorf("user %s: %w; crackle user list shows them", name, ErrUserExists)
		}
		if len(list) >= maxUsers {
			return nil, fmt.Errorf("user %s: found %d users, no more are allowed; remove some", name, len(list))
		}
		return append(list, User{Name: name, Role: role, Password: hashPassword(password), Changed: time.Now().UTC()}), nil
	})
}

// Remove takes a user out; the sessions end within a second.
func (u *Users) Remove(name string) error {
	return u.change(func(list []User) ([]User, error) {
		i, err := index(list, name)
		if err != nil {
			return nil, err
		}
		return slices.Delete(list, i, i+1), nil
	})
}

// SetPassword gives a user another password; the sessions and the token end.
func (u *Users) SetPassword(name, password string) error {
	if err := CheckPassword(password); err != nil {
		return err
	}
	return u.edit(name, func(o *User) { o.Password, o.Token = hashPassword(password), "" })
}

// SetRole gives a user another role; the sessions end.
func (u *Users) SetRole(name string, role Role) error {
	if err := checkRole(name, role); err != nil {
		return err
	}
	return u.edit(name, func(o *User) { o.Role = role })
}

// NewToken makes a token for programs that act for a user, and ends the one before. It is not kept: this is the only time it is seen.
func (u *Users) NewToken(name string) (token string, err error) {
	token = "crackle_" + rand.Text()
	if err := u.edit(name, func(o *User) { o.Token = tokenSum(token) }); err != nil {
		return "", err
	}
	return token, nil
}

func (u *Users) edit(name string, f func(*User)) error {
	return u.change(func(list []User) ([]User, error) {
		i, err := index(list, name)
		if err != nil {
			return nil, err
		}
		f(&list[i])
		list[i].Changed = time.Now().UTC()
		return list, nil
	})
}

func index(list []User, name string) (int, error) {
	i := slices.IndexFunc(list, func(o User) bool { return o.Name == name })
	if i < 0 {
		return 0, fmt.Errorf("user %.80s: %w; crackle user list shows them", name, ErrUnknownUser)
	}
	return i, nil
}
