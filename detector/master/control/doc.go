// Package control draws the control chart of a reference part: every feature's values with their limits, and the slow mean with its own.
package control
