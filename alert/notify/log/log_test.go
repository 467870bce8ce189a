package log

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"crackle/alert"
	"crackle/alert/notify"
)

func TestSend(t *testing.T) {
	var buf bytes.Buffer
	s := New(Config{Log: slog.New(slog.NewJSONHandler(&buf, nil))})
	for _, c := range []struct {
		change alert.Change
		level  string
	}{{alert.Raised, "WARN"}, {alert.Cleared, "INFO"}} {
		buf.Reset()
		m := notify.Message{ID: "1-raised", AlarmID: "1", Change: c.change, Stream: "s", Title: "S", Kind: alert.KindScore, Onset: time.Unix(1, 0).UTC(), Score: 5, Limit: 4, What: "w\n"}
		if err := s.Send(t.Context(), m); err != nil || s.Name() != "log" {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(buf.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got["level"] != c.level || got["alarm"] != "1" || got["score"] != 5.0 || got["onset"] != "1970-01-01T00:00:01Z" || got["what"] != "w\n" {
			t.Errorf("%s", buf.String())
		}
	}
}
