package web_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"crackle/web/webtest"
)

// TestMain closes the browser after the last test and then looks for goroutines that nobody waited for.
func TestMain(m *testing.M) {
	code := m.Run()
	webtest.Close()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
