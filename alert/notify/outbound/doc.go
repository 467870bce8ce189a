// Package outbound posts to other people's HTTP servers with care: deadlines for connecting and in total, the proxy of the
// environment, no redirects, bounded answers, and no connection to a loopback, link-local or private address unless allowed. An
// address is checked when it is dialled, after the name was resolved, so that a name that changes its address in between gains nothing.
//
// Through a proxy the name is resolved by the proxy: then only what the URL itself says can be checked, and the proxy's own rules hold
// for the rest.
package outbound
