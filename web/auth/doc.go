// Package auth keeps the doors of the web server: which Host names it answers to, which pages may talk to it, who may do what, and the token
// that every change must carry.
//
// While there are no users and the server listens on loopback, everyone may do everything, and the checks keep other web sites, open in the
// same browser, out. With users, or on any other address, people log in (Argon2id, a cookie that scripts cannot read and other sites cannot
// send), and programs show the token of a user.
package auth
