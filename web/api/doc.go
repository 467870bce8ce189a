// Package api answers the versioned HTTP API under /api/v1.
//
//	Upstream: the application, through the Monitor interface
//	Downstream: the dashboard and any other HTTP client
//	Drops when: never; a request that cannot be served is answered with a reason
package api
