package health

import "crackle/alert"

// advice is what to do next about each kind of alarm whose finding does not say so itself.
var advice = map[alert.Kind]string{
	alert.KindNoData:     "look at the sensor, its cable and the program that publishes, and at the subject under which it does",
	alert.KindGap:        "look at the program that publishes and the network from it; the parts touched are not assessed",
	alert.KindDecode:     "compare what the program publishes with the stream's encoding, channels and rate_hz",
	alert.KindDropped:    "give it fewer streams, a larger hop or a faster machine, or have the stream stored: transport = \"jetstream\"",
	alert.KindFlat:       "look at the sensor and its cable; where the signal may stand still raise health.flat_s",
	alert.KindSaturation: "lower the gain, or correct defects.saturation if the range is wider",
	alert.KindClock:      "look at what sets the clock of the machine that publishes",
	alert.KindBehind:     "it catches up when the load falls; if it lasts, give it fewer streams, a larger hop or a faster machine",
	alert.KindConnection: "start the server, or look at the network to it; crackle comes back by itself",
	alert.KindSink:       "look at its address and the network to it, and try it with the test button of the system page",
	alert.KindHeartbeat:  "look at /readyz and the log for what stands still; restart crackle if it lasts",
}

// advise adds to what was found what to do next.
func advise(found []alert.Condition) {
	for i := range found {
		if c := &found[i]; c.Active && advice[c.Kind] != "" {
			c.What += "; " + advice[c.Kind]
		}
	}
}
