package config_test

import (
	"fmt"

	"crackle/cmd/crackle/config"
)

// Every mistake of a file comes out at once.
func ExampleParse() {
	_, err := config.Parse([]byte(`
[stream.motor]
channels = ["current_a"]
rate_hz = 1000
model = ""
learn.windows = 500
features.list = ["rms"]
quueue_blocks = 10

[stream.motor.filter]
kind = "butterworth"
type = "low-pass"
high_hz = 500
`), "plant.toml")
	fmt.Println(err)
	// Output:
	// plant.toml:8: stream.motor.quueue_blocks: found an unknown key; allowed: alarm, channels, defects, encoding, features, filter, learn, model, network, no_data_s, part_resets, queue_blocks, rate_hz, reorder_blocks, source, start, subject, time_lapse, title, transport, units, window in [stream.motor]; do: write queue_blocks, if that is what is meant
	// plant.toml:13: stream.motor.filter.high_hz: found 500 Hz; allowed: above 0 and below 500 Hz, half of rate_hz = 1000; do: lower the edge, or correct rate_hz if the signal is sampled faster
}
