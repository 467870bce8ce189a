// Package top shows the overview of a running monitor in a terminal: the streams, those that need a person first, and the open alarms.
//
//	Upstream: the HTTP API of a running crackle
//	Downstream: a terminal, or whatever reads plain text
//	Drops when: never; what the terminal has no room for is scrolled to
package top
