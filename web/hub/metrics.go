package hub

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	clients prometheus.Gauge
	cut     prometheus.Counter
	lagged  prometheus.Counter
	unknown prometheus.Counter
	badWave prometheus.Counter
	buckets prometheus.Counter
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	dropped := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "crackle_hub_dropped_total",
		Help: "Data not shown on any dashboard, by what and why: unknown_stream (publications), bad_wave and wave_bucket (envelope buckets).",
	}, []string{"what"})
	m := &metrics{
		clients: prometheus.NewGauge(prometheus.GaugeOpts{Name: "crackle_hub_clients", Help: "Dashboard windows connected."}),
		cut:     prometheus.NewCounter(prometheus.CounterOpts{Name: "crackle_hub_clients_cut_total", Help: "Dashboard windows cut because they did not read."}),
		lagged:  prometheus.NewCounter(prometheus.CounterOpts{Name: "crackle_hub_backlogs_dropped_total", Help: "Times a slow window's backlog was replaced by a snapshot."}),
		unknown: dropped.WithLabelValues("unknown_stream"),
		badWave: dropped.WithLabelValues("bad_wave"),
		buckets: dropped.WithLabelValues("wave_bucket"),
	}
	if r == nil {
		return m, nil
	}
	return m, errors.Join(r.Register(m.clients), r.Register(m.cut), r.Register(m.lagged), r.Register(dropped))
}
