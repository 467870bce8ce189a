// Package email sends messages by SMTP, as plain text and HTML.
//
//	Upstream: alert/notify (Message values)
//	Downstream: a mail server
//	Drops when: never; it says what went wrong, and the dispatcher decides
//
// Each event has one Message-ID, at every attempt; the clear answers the onset, so that mail programs show them as one thread. One
// refused recipient does not keep the mail from the others. Nothing of a message reaches a header line, or HTML, without being
// encoded.
package email
