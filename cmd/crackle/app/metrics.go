package app

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"crackle/ingest"
	"crackle/web/hub"
)

// collector reads every number when it is asked for, so that the hot path pays nothing for it.
type collector struct{ app *App }

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("crackle_"+name, help, labels, nil)
}

var (
	descSamples       = describe("samples_total", "Samples per channel, by what became of them.", "stream", "fate")
	descBlocks        = describe("blocks_total", "Blocks, by what became of them.", "stream", "fate")
	descWindows       = describe("windows_scored_total", "Windows with a score.", "stream")
	descScore         = describe("score", "Score of the last window; absent when it was not assessed.", "stream")
	descLimit         = describe("score_limit", "Limit that scores are held against; absent without a model.", "stream")
	descAge           = describe("data_age_seconds", "Wall time since the last block; absent before the first.", "stream")
	descRate          = describe("rate_deviation", "Rate measured by the publisher's clock over the configured one, less 1; absent until it is known.", "stream")
	descQueue         = describe("queue_blocks", "Blocks waiting to be conditioned.", "stream")
	descPending       = describe("store_pending_messages", "Messages of the stream waiting in the signal store.", "stream")
	descBeat          = describe("heartbeat_age_seconds", "Wall time since the monitor's own test signal came through; absent before the first time.")
	descConnected     = describe("nats_connected", "1 when connected to NATS.")
	descOpen          = describe("alarms_open", "Alarms in the list of open ones, by state.", "state")
	descAlarms        = describe("alarms_total", "Alarm transitions since the start.", "change")
	descExchanged     = describe("exchanges_total", "Times that a stream's settings or model were exchanged while running.")
	descJournal       = describe("journal_entries_total", "Entries of the journal, by what became of them.", "fate")
	descJournalQueue  = describe("journal_queue_entries", "Entries waiting for the journal's store.")
	descCheckpointAge = describe("checkpoint_age_seconds", "Wall time since where every stream stands was written down completely; absent before the first time.")
	descSink          = describe("sink_messages_total", "Messages to a sink, by what became of them.", "sink", "fate")
	descSinkQueue     = describe("sink_queue_messages", "Messages waiting for a sink.", "sink")
)

// registerMetrics makes /metrics show the app, the Go runtime and the process.
func (a *App) registerMetrics() {
	a.registry.MustRegister(collector{a}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

// Describe implements prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descSamples, descBlocks, descWindows, descScore, descLimit, descAge, descRate, descQueue, descPending,
		descBeat, descConnected, descOpen, descAlarms, descExchanged, descJournal, descJournalQueue, descCheckpointAge, descSink, descSinkQueue} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, t prometheus.ValueType, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, t, v, labels...)
	}
	connected := 0.0
	if c.app.conn.IsConnected() {
		connected = 1
	}
	send(descConnected, prometheus.GaugeValue, connected)
	if last := c.app.heartbeat.last(); !last.IsZero() {
		send(descBeat, prometheus.GaugeValue, sinceSeconds(last))
	}
	streams := c.app.list()
	rows := c.app.rows(streams)
	for i, s := range streams {
		c.stream(send, &rows[i], s.receiver.Counts())
		if deviation, ok := s.status.rate(); ok {
			send(descRate, prometheus.GaugeValue, deviation, s.cfg.Name)
		}
	}
	snap := c.app.machine.Snapshot()
	states := map[string]float64{}
	for _, a := range snap.Open {
		states[string(a.State)]++
	}
	for state, n := range states {
		send(descOpen, prometheus.GaugeValue, n, state)
	}
	send(descAlarms, prometheus.CounterValue, float64(snap.Counts.Raised), "raised")
	send(descAlarms, prometheus.CounterValue, float64(snap.Counts.Cleared), "cleared")
	send(descAlarms, prometheus.CounterValue, float64(snap.Counts.Answered), "acknowledged")
	send(descAlarms, prometheus.CounterValue, float64(snap.Counts.Retired), "retired")
	if j := c.app.journal.kept.Load(); j != nil {
		n := j.Counts()
		send(descJournal, prometheus.CounterValue, float64(n.Written), "written")
		send(descJournal, prometheus.CounterValue, float64(n.Lost), "lost")
		send(descJournal, prometheus.CounterValue, float64(n.Retried), "retried")
		send(descJournal, prometheus.CounterValue, float64(n.Restored), "restored")
		send(descJournalQueue, prometheus.GaugeValue, float64(n.Queued))
	}
	if age := c.app.checkpoints.age(); age > 0 {
		send(descCheckpointAge, prometheus.GaugeValue, age.Seconds())
	}
	send(descExchanged, prometheus.CounterValue, float64(c.app.exchanged.Load()))
	for _, s := range c.app.sinks.Counters() {
		send(descSink, prometheus.CounterValue, float64(s.Sent), s.Sink, "sent")
		send(descSink, prometheus.CounterValue, float64(s.Failed), s.Sink, "failed")
		send(descSink, prometheus.CounterValue, float64(s.Dropped), s.Sink, "dropped")
		send(descSink, prometheus.CounterValue, float64(s.Untold), s.Sink, "untold")
		send(descSinkQueue, prometheus.GaugeValue, float64(s.Queue+s.Held), s.Sink)
	}
}

func (c collector) stream(send func(*prometheus.Desc, prometheus.ValueType, float64, ...string), row *hub.StreamStatus, n ingest.Counts) {
	count := func(d *prometheus.Desc, v uint64, fate string) {
		send(d, prometheus.CounterValue, float64(v), row.Name, fate)
	}
	count(descSamples, n.Received.Samples, "received")
	count(descSamples, n.Delivered.Samples, "delivered")
	count(descSamples, n.Duplicated.Samples, "duplicated")
	count(descSamples, n.Late.Samples, "late")
	count(descSamples, n.Reordered.Samples, "reordered")
	count(descSamples, n.Dropped.Samples, "dropped")
	count(descSamples, n.Missing, "missing")
	count(descSamples, n.Stray.Samples, "stray")
	count(descSamples, row.Counts.Invalid, "invalid")
	count(descBlocks, n.Received.Blocks, "received")
	count(descBlocks, n.WrongRate.Blocks, "wrong_rate")
	count(descBlocks, n.WrongChannels.Blocks, "wrong_channels")
	count(descBlocks, n.MalformedTotal(), "malformed")
	send(descWindows, prometheus.CounterValue, float64(row.Counts.Scored), row.Name)
	if row.Score == row.Score {
		send(descScore, prometheus.GaugeValue, row.Score, row.Name)
	}
	if row.Limit == row.Limit {
		send(descLimit, prometheus.GaugeValue, row.Limit, row.Name)
	}
	if !n.LastData.IsZero() {
		send(descAge, prometheus.GaugeValue, sinceSeconds(n.LastData), row.Name)
	}
	send(descQueue, prometheus.GaugeValue, float64(n.Queued), row.Name)
	if n.PendingKnown {
		send(descPending, prometheus.GaugeValue, float64(n.Pending), row.Name)
	}
}
