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

[stream.motor.filter]
kind = "butterworth"
odrer = 4
type = "low-pass"
high_hz = 500
`), "plant.toml")
	fmt.Println(err)
	// Output:
	// plant.toml:11: stream.motor.filter.odrer: found an unknown key; allowed: channels, frequency_hz, high_hz, kind, low_hz, order, q, ripple_db, stop_db, type in [stream.motor.filter]; do: write order, if that is what is meant
	// plant.toml:13: stream.motor.filter.high_hz: found 500 Hz; allowed: above 0 and below 500 Hz, half of rate_hz = 1000; do: lower the edge, or correct rate_hz if the signal is sampled faster
}
