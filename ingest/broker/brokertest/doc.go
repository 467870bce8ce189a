// Package brokertest helps tests that start NATS servers of their own.
package brokertest
