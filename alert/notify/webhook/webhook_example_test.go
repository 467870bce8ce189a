package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"crackle/alert"
	"crackle/alert/notify"
	"crackle/alert/notify/webhook"
)

// A receiver of Alertmanager's webhooks reads Crackle's as well.
func Example() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Status string
			Alerts []struct{ Labels map[string]string }
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(body.Status, body.Alerts[0].Labels["stream"], r.Header.Get("Idempotency-Key"))
	}))
	defer srv.Close()
	s, err := webhook.New(webhook.Config{URL: notify.NewSecret(srv.URL), AllowPrivate: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	err = s.Send(context.Background(), notify.Message{ID: "1-raised", AlarmID: "1", Change: alert.Raised, Stream: "motor.current", Title: "Motor"})
	fmt.Println(err)
	// Output:
	// firing motor.current 1-raised
	// <nil>
}
