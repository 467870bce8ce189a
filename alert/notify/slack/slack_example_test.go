package slack_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"crackle/alert"
	"crackle/alert/notify"
	"crackle/alert/notify/slack"
)

// A sink posts one message to an incoming webhook; here the webhook is a server of our own.
func Example() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.Header.Get("Content-Type"))
		io.WriteString(w, "ok")
	}))
	defer srv.Close()
	s, err := slack.New(slack.Config{WebhookURL: notify.NewSecret(srv.URL + "/services/T0/B0/X"), AllowPrivate: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	fmt.Println(s.Send(context.Background(), notify.Message{ID: "1-raised", Change: alert.Raised, Title: "Motor"}))
	// Output:
	// POST application/json
	// <nil>
}
