// Package hub fans what the monitor knows out to the dashboards that are watching.
//
//	Upstream: detector (Score values), alert (Alarm values), the application (StreamStatus and Wave values)
//	Downstream: the browser, over one WebSocket per window
//	Drops when: more wave buckets arrive between two ticks than a tick may hold (the oldest go, and are counted); a client reads
//	too slowly (its backlog goes, it gets a fresh snapshot instead); a client does not read at all (it is cut and told why)
//
// # Publishing
//
// PublishStream, PublishScore, PublishAlarm and PublishWave copy what they are given into the stream's inbox under a short lock and
// return; they never wait for a client and allocate nothing once a stream is known. They may be called from any goroutine, before Run,
// during Run, and after it.
//
// # The wire
//
// A client gets text frames (JSON, see frame.go) and binary frames (wave envelopes, see wave.go), and sends nothing but pongs. The first
// frame is a snapshot; what follows are updates, each with a rising seq. A client that comes back names the epoch and seq that it
// had last (?epoch=…&since=…) and is sent only the scores it missed, when the hub still holds them. With ?waves=NAME it gets the envelopes of
// that stream alone, with ?waves= none: a window that shows hundreds of streams as tiles needs no signal.
//
// # Slow clients
//
// Each client has a bounded queue and an allowance of unacknowledged bytes, acknowledged by the browser's own pongs. A client
// whose queue is full loses its backlog and gets a snapshot once it reads again: the newest state wins. A client that answers no ping for
// Config.StallAfter is cut with close code 1008 and a reason; because of the allowance, that last frame still fits in its socket.
//
// # Clients that may not read any more
//
// When the context of a client's request ends, the client is told its cause with close code CloseEnded; the server ends it with the login.
package hub
