package panel

import (
	"math"

	"crackle/detector/limit"
	"crackle/detector/member"
)

// Panel is several members on one scale.
type Panel struct {
	seats   []seat
	largest *limit.Tail // of the largest over the members; nil: it counts as it is
	limit   float64
	follow  *following // nil: the limit stays where it is
	promise Promise
	tried   Report
	regime  *regime // nil: the state of the process is not followed
	warmup  int
	change  []float64 // per feature: a smaller change scores no higher than the limit

	absent  []Absence
	dropped int // rows of the lesson that were recognisably bad
	causes  *member.Causes
	spoke   int
	top     float64 // the largest over the members, before it is calibrated
	saver   member.Saver
	last    []float64 // calibrated score of each member on the last row
	row     []float64 // the last as the members saw it
	away    []float64 // what it was given less that
}

// seat is a member with its calibration.
type seat struct {
	member.Kept
	based based       // the same, where it judges from a level of its own
	tail  *limit.Tail // nil: the raw score counts as it is
	raw   float64     // of the last row
}

// score calibrates a raw score. One that is a probability already is never taken for a rarer one.
func (s *seat) score(raw float64) float64 {
	if s.tail == nil {
		return raw
	}
	v := s.tail.Score(raw)
	if _, ok := s.Kept.(*member.Novelties); ok {
		v = min(v, raw)
	}
	return v
}

// Absence is a member that could not learn from the lesson.
type Absence struct {
	Member string `json:"member"`
	Why    string `json:"why"`
}

// Opinion is what a panel says of a row.
type Opinion struct {
	Score  float64 // -log10 of the probability that a good row scores as high; NaN when no member has a score
	Raw    float64 // of the member that spoke, in its own units
	Member string  // the one that spoke loudest, empty for none
	Limit  float64 // above it the row is in alarm
	State  State   // of the process, set by Settle
}

// Step takes the next row through all members and writes their opinion to o.
func (p *Panel) Step(o *Opinion, row []float64) {
	*o = Opinion{Score: math.NaN(), Raw: math.NaN(), Limit: p.Limit()}
	p.spoke = -1
	p.row = row // as the members see it
	if p.follow != nil && p.follow.Level != nil {
		p.row = p.follow.Level.take(p.row)
	}
	if p.regime != nil {
		p.row = p.regime.take(p.row)
	}
	for j, v := range p.row {
		if p.away[j] = row[j] - v; p.away[j] != p.away[j] { // not finite
			p.away[j] = 0
		}
	}
	for k := range p.seats {
		s := &p.seats[k]
		s.raw = s.Score(p.row)
		v := s.score(s.raw)
		if v > o.Limit && p.slight(s) {
			v = o.Limit
		}
		p.last[k] = v
		if v == v && !(v <= o.Score) {
			o.Score, o.Raw, o.Member, p.spoke = v, s.raw, s.Name(), k
		}
	}
	p.top = o.Score
	o.Score = p.over(p.top)
}

// Settle takes the opinion of the row last stepped into account, for rows that are judged: it moves a limit that follows, and tells fault from
// recovery.
func (p *Panel) Settle(o *Opinion) {
	if p.regime == nil {
		if p.follow != nil {
			p.follow.settle(o.Score > o.Limit, o.Score)
		}
		return
	}
	left := 1.0
	if p.spoke >= 0 && p.seats[p.spoke].based != nil {
		left = p.seats[p.spoke].based.Left()
	}
	was := p.regime.away
	moved := p.regime.settle(o, left)
	on := p.regime.episode.State().InAlarm()
	if p.follow != nil {
		p.follow.settle(on, o.Score)
	}
	for _, s := range p.seats {
		if moved && (was || p.regime.away) {
			s.Reset()
			continue
		}
		if s.based == nil {
			continue
		}
		if s.based.Hold(on); moved {
			s.based.Rebase()
		}
	}
	o.State = p.regime.state(o)
}

// over calibrates the largest over the members. It is no rarer than the rarest of them.
func (p *Panel) over(top float64) float64 {
	if p.largest == nil {
		return top
	}
	return min(p.largest.Score(top), top) // NaN stays
}

// material is the share of the largest cause from which another one counts, too.
const material = 0.5

// slight tells that none of the features that the score of s rests on has changed by more than is allowed.
func (p *Panel) slight(s *seat) bool {
	p.ask(s)
	most := 0.0
	for _, v := range p.causes.Share {
		most = max(most, v)
	}
	for j, v := range p.causes.Share {
		if v >= material*most && !(math.Abs(p.causes.Got[j]-p.causes.Expected[j]) <= p.change[j]) {
			return false
		}
	}
	return true
}

// ask has a member tell its causes, as it saw the row.
func (p *Panel) ask(s *seat) {
	clear(p.causes.Moves)
	s.Causes(p.causes)
}

// Causes tells what the opinion of the last row rests on, by the member that spoke, in values as they were given to Step; nil when none did. It is
// overwritten by the next Step or Causes.
func (p *Panel) Causes() *member.Causes {
	if p.spoke < 0 {
		return nil
	}
	p.ask(&p.seats[p.spoke])
	for j, by := range p.away {
		if !p.causes.Moves[j] {
			p.causes.Got[j] += by
			p.causes.Expected[j] += by
		}
	}
	return p.causes
}

// Away is, per feature, how far the level that the last row was judged from is from the one learned. It is overwritten by the next Step.
func (p *Panel) Away() []float64 { return p.away }

// Reset forgets the past of all members, but not at which level the process is.
func (p *Panel) Reset() {
	if p.regime != nil {
		p.regime.restart()
	}
	for _, s := range p.seats {
		s.Reset()
	}
	p.spoke = -1
	for k := range p.last {
		p.last[k] = math.NaN()
	}
}

// Forget is Reset, and takes the process for at the level learned.
func (p *Panel) Forget() {
	p.Reset()
	if p.regime != nil {
		p.regime.forget()
	}
}

// Limit is the score above which the next row is in alarm.
func (p *Panel) Limit() float64 {
	if p.follow != nil {
		return p.follow.now.Limit()
	}
	return p.limit
}

// Promise is what the limit rests on.
func (p *Panel) Promise() Promise { return p.promise }

// Warmup is how many rows after a fresh start are not to be judged.
func (p *Panel) Warmup() int { return p.warmup }

// Width is the number of features of a row.
func (p *Panel) Width() int { return len(p.change) }

// Report tells what the panel found and called falsely when it was tried; the zero Report for one from a file.
func (p *Panel) Report() Report { return p.tried }

// Dropped is how many rows of the lesson were recognisably bad and left out; 0 for a panel from a file.
func (p *Panel) Dropped() int { return p.dropped }

// RawLimit is the raw score of a member, in its own units, that scores the limit by itself; NaN for one that is not there.
func (p *Panel) RawLimit(name string) float64 {
	for _, s := range p.seats {
		if s.Name() == name && s.tail != nil {
			l, _ := s.tail.Limit(math.Pow(10, -p.limit))
			return l
		}
	}
	return math.NaN()
}

// Absent are the members that could not learn.
func (p *Panel) Absent() []Absence { return p.absent }

// Members names those of the panel, in order.
func (p *Panel) Members() []string {
	out := make([]string, len(p.seats))
	for k, s := range p.seats {
		out[k] = s.Name()
	}
	return out
}

// Member gives the one of that name, nil when it is not there. It belongs to the panel.
func (p *Panel) Member(name string) member.Kept {
	for _, s := range p.seats {
		if s.Name() == name {
			return s.Kept
		}
	}
	return nil
}

// Last is the calibrated score of each member on the last row, NaN where it had none; it is overwritten by the next Step.
func (p *Panel) Last() []float64 { return p.last }

// ready makes what a step needs.
func (p *Panel) ready() (*Panel, error) {
	p.causes = member.NewCauses(len(p.change))
	p.last = make([]float64, len(p.seats))
	p.away = make([]float64, len(p.change))
	for k := range p.seats {
		p.seats[k].based, _ = p.seats[k].Kept.(based)
		if p.regime != nil && p.seats[k].based != nil {
			p.regime.level = true
		}
	}
	p.Forget()
	if p.follow != nil {
		return p, p.follow.begin(p.limit)
	}
	return p, nil
}

// Plain is a panel of one member whose raw score counts as it is, with a limit of 1.
func Plain(m member.Kept, warmup int, minChange []float64) *Panel {
	p, _ := (&Panel{seats: []seat{{Kept: m}}, limit: 1, warmup: warmup, change: minChange}).ready() // nothing follows
	return p
}
