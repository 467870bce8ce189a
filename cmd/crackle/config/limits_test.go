package config

import (
	"testing"

	"crackle/alert"
)

func TestOnDelayIsWhatAlertAllows(t *testing.T) {
	if windowsMost != alert.MaxWindows {
		t.Errorf("windowsMost is %d, alert.MaxWindows is %d", windowsMost, alert.MaxWindows)
	}
}
