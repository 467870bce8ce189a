package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Bounds of a password: characters at least, as NIST SP 800-63B asks of one that is the only factor in a closed system, and bytes at most,
// so that nobody makes the server hash a novel.
const (
	MinPassword = 10
	MaxPassword = 256
)

// cost is Argon2id's: OWASP's first recommendation (19 MiB, two passes, one lane). A verification takes about 20 ms of one core, which does
// not disturb the scoring beside it.
type cost struct {
	memoryKiB uint32
	passes    uint32
	lanes     uint8
}

var present = cost{19 << 10, 2, 1}

const (
	saltBytes = 16
	hashBytes = 32
)

var b64 = base64.RawStdEncoding

// CheckPassword says what is wrong with a new password.
func CheckPassword(password string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return errors.New("password: found bytes that are not UTF-8; type it as text")
	case n < MinPassword:
		return fmt.Errorf("password: found %d characters, allowed are %d or more; a few words in a row are easy to remember", n, MinPassword)
	case len(password) > MaxPassword:
		return fmt.Errorf("password: found %d bytes, allowed are up to %d", len(password), MaxPassword)
	}
	return nil
}

// hashPassword makes the text that is kept of a password, in the PHC string format with its cost and salt.
func hashPassword(password string) string {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	c := present
	sum := argon2.IDKey([]byte(password), salt, c.passes, c.memoryKiB, c.lanes, hashBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memoryKiB, c.passes, c.lanes, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

// hashed is a PHC string taken apart.
type hashed struct {
	cost
	salt, sum []byte
}

// parseHash reads what hashPassword made. A file may come from anywhere, so its cost is bounded.
func parseHash(text string) (h hashed, err error) {
	part := strings.Split(text, "$")
	var version int
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" {
		return h, errors.New("password hash: found another form than $argon2id$…")
	}
	if _, err := fmt.Sscanf(part[2], "v=%d", &version); err != nil || version != argon2.Version {
		return h, fmt.Errorf("password hash: found version %.20q, allowed v=%d", part[2], argon2.Version)
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &h.memoryKiB, &h.passes, &h.lanes); err != nil {
		return h, fmt.Errorf("password hash: found cost %.40q, allowed m=…,t=…,p=…", part[3])
	}
	if h.memoryKiB < 8 || h.memoryKiB > 1<<20 || h.passes < 1 || h.passes > 16 || h.lanes < 1 || h.lanes > 16 {
		return h, fmt.Errorf("password hash: found cost %.40q, allowed up to m=1048576,t=16,p=16", part[3])
	}
	var e1, e2 error
	h.salt, e1 = b64.DecodeString(part[4])
	h.sum, e2 = b64.DecodeString(part[5])
	if e1 != nil || e2 != nil || len(h.salt) < 8 || len(h.salt) > 64 || len(h.sum) < 16 || len(h.sum) > 64 {
		return h, errors.New("password hash: found a salt or sum of another length or alphabet than this program writes")
	}
	return h, nil
}

// matches takes as long for a wrong password as for the right one.
func (h *hashed) matches(password string) bool {
	sum := argon2.IDKey([]byte(password), h.salt, h.passes, h.memoryKiB, h.lanes, uint32(len(h.sum)))
	return subtle.ConstantTimeCompare(sum, h.sum) == 1
}
