package archive_test

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/cmd/crackle/archive"
)

func ExampleStore() {
	keep := func(ctx context.Context, js jetstream.JetStream, file []byte) error {
		s, err := archive.Open(ctx, js, archive.Bounds{MaxBytes: 64 << 20})
		if err != nil {
			return err
		}
		if err := s.Put(ctx, "motor", "0123456789ab", file, []byte(`{"rows":36000}`)); err != nil {
			return err
		}
		return s.Serve(ctx, archive.Service{Stream: "motor", Hash: "0123456789ab", By: "anna"})
	}
	_ = keep // with a connection to a server
	fmt.Println(archive.Bucket, archive.Notes)
	// Output: CRACKLE_MODELS CRACKLE_TEACH
}
