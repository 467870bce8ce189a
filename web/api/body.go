package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	bodyLimit    = 32 << 10
	nameLimit    = 64   // runes
	commentLimit = 1000 // runes
	idLimit      = 128  // bytes
)

// body reads the JSON object of a request into v, or answers why it cannot be read.
func (h *Handler) body(w http.ResponseWriter, r *http.Request, v any) bool {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		fail(w, http.StatusUnsupportedMediaType, "content_type", fmt.Sprintf("Content-Type: found %.50q, allowed application/json", r.Header.Get("Content-Type")))
		return false
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		fail(w, http.StatusRequestEntityTooLarge, "body", fmt.Sprintf("body: allowed up to %d bytes", bodyLimit))
	case err != nil:
		fail(w, http.StatusBadRequest, "body", "body: it could not be read to its end")
	default:
		if err = decode(text, v); err != nil {
			fail(w, http.StatusBadRequest, "body", err.Error())
		}
	}
	return err == nil
}

// decode reads strictly: one JSON object in UTF-8 with known keys. Then v, if it can, says what is wrong with its values.
func decode(text []byte, v any) error {
	if !utf8.Valid(text) {
		return errors.New("body: found bytes that are not UTF-8, allowed one JSON object in UTF-8")
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("body: it is not the object that is meant here, which /api/v1/openapi.json describes: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("body: found more after the object, allowed one JSON object")
	}
	if c, ok := v.(interface{ check() error }); ok {
		return c.check()
	}
	return nil
}

// line puts a name right and says what is wrong with it.
func line(key string, text *string) error {
	*text = strings.TrimSpace(*text)
	if n := utf8.RuneCountInString(*text); n > nameLimit {
		return fmt.Errorf("%s: found %d characters, allowed 1 to %d", key, n, nameLimit)
	}
	if i := strings.IndexFunc(*text, unicode.IsControl); i >= 0 {
		return fmt.Errorf("%s: found a control character at byte %d, allowed printable text on one line", key, i)
	}
	if i := strings.IndexFunc(*text, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }); i >= 0 {
		return fmt.Errorf("%s: found a character at byte %d that turns the reading direction, allowed printable text on one line", key, i)
	}
	return nil
}

// comment puts a text right and says what is wrong with it.
func comment(text *string) error {
	*text = strings.TrimSpace(strings.ReplaceAll(*text, "\r\n", "\n"))
	if n := utf8.RuneCountInString(*text); n > commentLimit {
		return fmt.Errorf("comment: found %d characters, allowed up to %d", n, commentLimit)
	}
	if i := strings.IndexFunc(*text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 {
		return fmt.Errorf("comment: found a control character at byte %d, allowed printable text, line ends and tabs", i)
	}
	if i := strings.IndexFunc(*text, turns); i >= 0 {
		return fmt.Errorf("comment: found a character at byte %d that turns the reading direction of what follows, allowed printable text, line ends and tabs", i)
	}
	return nil
}

// turns says that a character makes others read the other way round than they are written. The marks that only say in which direction a letter
// belongs are needed in some languages.
func turns(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// alarmID reads the id of the path.
func alarmID(w http.ResponseWriter, r *http.Request) (id string, ok bool) {
	id = r.PathValue("id")
	if len(id) > idLimit {
		fail(w, http.StatusBadRequest, "alarm", fmt.Sprintf("alarm id: found %d bytes, allowed up to %d", len(id), idLimit))
		return "", false
	}
	return id, true
}
