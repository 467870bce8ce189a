package broker_test

import (
	"context"
	"fmt"
	"os"

	"github.com/nats-io/nats.go"

	"crackle/ingest/broker"
)

// A second program on the machine finds the server by its data folder.
func ExampleDoor() {
	dir, err := os.MkdirTemp("", "crackle")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	b, err := broker.Start(ctx, broker.Config{Dir: dir, MaxBytes: 64 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Stop(ctx)

	url, token, err := broker.Door(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	nc, err := nats.Connect(url, nats.Token(token))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer nc.Close()
	fmt.Println(nc.IsConnected())
	// Output: true
}
