// Package auth keeps the doors of the web server: which Host names it answers to, which pages may talk to it, and the token that every
// change must carry.
//
// Today the server listens on loopback only and there are no logins; these checks keep other web sites, open in the same browser, out.
package auth
