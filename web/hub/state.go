package hub

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxChannel  = 1<<16 - 1
	historyMax  = 32 // most scores to a point of the history
	marksKept   = 64 // part changes kept per stream
	silentAfter = time.Second
)

// state is what every client is to know. Only Run touches it, so nobody waits while it is encoded.
type state struct {
	cfg     *Config
	epoch   string
	seq     uint64
	streams []*view // by id
	alarms  *alarmList
	sent    time.Time // last update

	waves []byte     // the tick's records
	spans []waveSpan // whose they are
}

// waveSpan are the records of one stream.
type waveSpan struct {
	stream   string
	from, to int // bytes
	records  uint32
}

// view is one stream as told to clients.
type view struct {
	name    string
	status  []byte // JSON; nil before the first status
	told    bool   // status has been sent as it is
	history *history
	marks   []mark
	tracks  []*recent

	points   []point // the tick's
	newMarks int     // of marks, the tick's
}

// recent keeps the newest records of one channel, as they went out.
type recent struct {
	channel int
	kind    Kind
	bytes   []byte
	buckets int
}

func newState(cfg *Config, epoch string, alarms *alarmList) *state {
	return &state{cfg: cfg, epoch: epoch, alarms: alarms}
}

// begin starts a tick.
func (s *state) begin() { s.waves, s.spans = s.waves[:0], s.spans[:0] }

// take empties an inbox into its view. A score that comes belongs to the tick whose update is sent next, hence seq+1.
func (s *state) take(b *inbox) {
	for int(b.id) >= len(s.streams) {
		s.streams = append(s.streams, &view{history: newHistory(s.cfg.History, historyMax)})
	}
	v := s.streams[b.id]
	v.name = b.name
	from, records := len(s.waves), uint32(0)
	b.mu.Lock()
	changed, status := b.changed, b.status
	b.changed = false
	v.points = append(v.points[:0], b.points.points...)
	b.points.reset()
	v.newMarks = len(b.marks)
	v.marks = append(v.marks, b.marks...)
	b.marks = b.marks[:0]
	for _, t := range b.tracks {
		records += s.takeTrack(b.id, v, t)
	}
	b.mu.Unlock()
	if records > 0 {
		s.spans = append(s.spans, waveSpan{b.name, from, len(s.waves), records})
	}
	if k := len(v.marks) - marksKept; k > 0 {
		v.marks = slices.Delete(v.marks, 0, k)
	}
	for _, p := range v.points {
		v.history.add(p, s.seq+1)
	}
	if changed {
		if js, err := status.MarshalJSON(); err != nil {
			s.cfg.Log.Error("a stream's status cannot be shown", "stream", b.name, "error", err)
		} else if !slices.Equal(js, v.status) {
			v.status, v.told = js, false
		}
	}
}

// takeTrack returns how many records it has added.
func (s *state) takeTrack(id uint32, v *view, t *track) (records uint32) {
	if len(t.segs) == 0 {
		return 0
	}
	r := v.recent(t.channel, t.kind)
	from := len(s.waves)
	for i := range t.segs {
		g := &t.segs[i]
		s.waves = appendRecord(s.waves, id, uint16(t.channel), t.kind, g, t.buckets[2*g.from:2*(g.from+g.n)])
		records++
		r.buckets += g.n
	}
	r.bytes = append(r.bytes, s.waves[from:]...)
	r.trim(s.cfg.Buckets)
	t.buckets, t.segs = t.buckets[:0], t.segs[:0]
	return records
}

func (v *view) recent(channel int, kind Kind) *recent {
	for _, r := range v.tracks {
		if r.channel == channel && r.kind == kind {
			return r
		}
	}
	r := &recent{channel: channel, kind: kind}
	v.tracks = append(v.tracks, r)
	return r
}

// trim drops whole records from the front as long as keep buckets stay.
func (r *recent) trim(keep int) {
	gone := 0
	for {
		n := int(binary.LittleEndian.Uint32(r.bytes[gone+8:]))
		if r.buckets-n < keep {
			break
		}
		r.buckets -= n
		gone += waveRecordHead + 8*n
	}
	if gone > 0 {
		r.bytes = r.bytes[:copy(r.bytes, r.bytes[gone:])]
	}
}

// update makes the frames of a tick; it is valid until the next begins.
func (s *state) update(now time.Time) *update {
	u := &update{state: s, waves: map[string]*frame{}}
	if text := s.updateText(now); text != nil {
		u.text = prepare(websocket.TextMessage, text)
		s.sent = now
	}
	return u
}

// allWaves is what a client wants that has not named a stream.
const allWaves = "*"

// update are the frames of a tick, each encoded once for all clients that want it.
type update struct {
	state *state
	text  *frame            // nil when there is nothing to tell and the last one is not long ago
	waves map[string]*frame // by what clients want; nil for one without news
}

// frames are those for a client that wants the waves of a stream, of none ("") or of all.
func (u *update) frames(want string) []*frame {
	var out []*frame
	if u.text != nil {
		out = append(out, u.text)
	}
	f, made := u.waves[want]
	if !made && want != "" {
		var body []byte
		records := uint32(0)
		for _, p := range u.state.spans {
			if want == allWaves || want == p.stream {
				body = append(body, u.state.waves[p.from:p.to]...)
				records += p.records
			}
		}
		if records > 0 {
			f = prepare(websocket.BinaryMessage, waveFrame(records, body))
		}
		u.waves[want] = f
	}
	if f != nil {
		out = append(out, f)
	}
	return out
}

// welcome makes the frames that bring a client up to date: a resume when it names this epoch and a tick whose successors are all
// still here, else a snapshot; and the newest waves of what it wants.
func (s *state) welcome(epoch string, since uint64, want string, now time.Time) []*frame {
	out := []*frame{prepare(websocket.TextMessage, s.welcomeText(epoch, since, now))}
	var all []byte
	var records uint32
	for _, v := range s.streams {
		if want != allWaves && want != v.name {
			continue
		}
		for _, r := range v.tracks {
			all = append(all, r.bytes...)
			for at := 0; at < len(r.bytes); records++ {
				at += waveRecordHead + 8*int(binary.LittleEndian.Uint32(r.bytes[at+8:]))
			}
		}
	}
	if records > 0 {
		out = append(out, prepare(websocket.BinaryMessage, waveFrame(records, all)))
	}
	return out
}

func waveFrame(records uint32, body []byte) []byte {
	out := make([]byte, 0, waveHead+len(body))
	out = append(out, waveMagic...)
	out = binary.LittleEndian.AppendUint32(out, records)
	return append(out, body...)
}

// frame is a message encoded once for all clients.
type frame struct {
	message *websocket.PreparedMessage
	size    int
}

// prepare makes a frame; it keeps data. The only error that gorilla knows here is an unknown kind.
func prepare(kind int, data []byte) *frame {
	m, err := websocket.NewPreparedMessage(kind, data)
	if err != nil {
		panic("hub: " + err.Error())
	}
	return &frame{m, len(data)}
}
