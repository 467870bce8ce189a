package outbound_test

import (
	"fmt"

	"crackle/alert/notify"
	"crackle/alert/notify/outbound"
)

// An address inside the own network is refused unless the configuration file names it.
func Example() {
	_, err := outbound.New(outbound.Config{URL: notify.NewSecret("http://169.254.169.254/token")})
	fmt.Println(err)
	// Output:
	// outbound: host 169.254.169.254: address is loopback, link-local, private or otherwise not public; set allow_private = true in the configuration file to allow it
}
