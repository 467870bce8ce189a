// Package web serves what the monitor knows: the dashboard, its live feed, the API, metrics and readiness.
//
//	Upstream: the program, as a Monitor and a hub.Hub
//	Downstream: browsers, scripts, metric collectors
//	Drops when: never by itself; a request beyond its bounds is refused with a reason, and what a slow browser misses is counted by the hub
//
// Server listens on loopback unless there are users who can log in. Changes need the session's token and the page's own origin; see package auth.
package web
