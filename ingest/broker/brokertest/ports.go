package brokertest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// FreePorts gives n ports of the loopback interface for servers that leave them and come back: below those that the system gives to connections, which
// would take them meanwhile.
func FreePorts(t testing.TB, n int) (ports []int) {
	t.Helper()
	for try := 0; len(ports) < n; try++ {
		port := 10_000 + rand.IntN(22_000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			if try > 1000 {
				t.Fatal(err)
			}
			continue
		}
		defer l.Close() // not earlier, so that none comes twice
		ports = append(ports, port)
	}
	return ports
}
