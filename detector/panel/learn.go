package panel

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"crackle/detector/limit"
	"crackle/detector/member"
)

// Learn fits every member that can learn from the lesson and calibrates them on its held-out rows; quickly, with all cores. It fails when none can, when ctx ends, and
// when the held-out rows are too few.
func Learn(ctx context.Context, l *Lesson) (*Panel, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	clean := *l // the caller's stays
	l = &clean
	p := &Panel{warmup: l.Warmup, change: l.MinChange, dropped: l.clean()}
	if l.Budget.Adaptive {
		l.level = l.follow()
	}
	shift, _ := member.NewShift(member.ShiftConfig{}, l.fitted()) // nil: whether the process moves is not known
	p.regime = newRegime(l.Middle, l.Width, shift, l.Accept)
	var wanted []kind
	for _, k := range kinds {
		if !(k.slow && l.Quick) && !slices.Contains(l.Without, k.name) {
			wanted = append(wanted, k)
		}
	}
	members, errs := make([]member.Kept, len(wanted)), make([]error, len(wanted))
	each(len(wanted), l.Quick, func(i int) { members[i], errs[i] = wanted[i].fit(ctx, l) })
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for i, k := range wanted {
		if errs[i] != nil {
			p.absent = append(p.absent, Absence{k.name, errs[i].Error()})
			continue
		}
		p.seats = append(p.seats, seat{Kept: members[i]})
	}
	if err := p.calibrate(l); err != nil {
		return nil, err
	}
	p.report(l)
	return p.ready()
}

// rarer is by how many decades a score above the limit is rarer than what the held-out rows have shown, where no budget is given.
const rarer = 1.0

// calibrate makes the tails of all members, then of the largest over them, and sets the limit. Without a budget nothing is said of the probability of
// scores that no held-out row has shown: each (Margin - 1) times the largest counts as a decade. A sample of n effective rows shows no more than
// log10(n+1) decades, and M members of which so many speak independently must be M times as rare.
func (p *Panel) calibrate(l *Lesson) error {
	seats, scores, err := p.settle(l)
	if err != nil {
		return err
	}
	shown := 0.0
	for _, s := range seats {
		shown = max(shown, s.tail.Score(s.tail.Largest()))
	}
	p.seats = seats
	back := &heldBack{alone: scores, lived: scores}
	calibrated := make([][]float64, len(scores))
	for k, s := range p.seats {
		calibrated[k] = make([]float64, len(scores[k]))
		for i, y := range scores[k] {
			calibrated[k][i] = s.score(y)
		}
	}
	top := loudest(calibrated)
	if p.largest, err = limit.CalibrateFew(top); err != nil {
		return fmt.Errorf("the largest over the members: %w", err)
	}
	if !l.Budget.stated() {
		p.largest.Extend(p.largest.Largest()-math.Log10(independent(top, len(p.seats))), 1)
	}
	p.limit = shown + rarer
	if !l.Budget.stated() {
		_, err = p.ready()
		return err
	}
	if err := p.afford(l, p.judged(l, top), back); err != nil {
		return err
	}
	if top, back.lived, err = p.live(l); err != nil {
		return err
	}
	if p.largest, err = limit.CalibrateFew(top); err != nil {
		return fmt.Errorf("the largest over the members: %w", err)
	}
	return p.afford(l, p.judged(l, top), back)
}

// judged calibrates the largest over the members on each held-out row.
func (p *Panel) judged(l *Lesson, top []float64) *held {
	out := make([]float64, len(top))
	for i, v := range top {
		out[i] = p.over(v)
	}
	return newHeld(l, out)
}

// live goes over the held-out runs as over a stream's, with the limit as it stands, and gives the largest over the members on each row that is judged,
// NaN for others, and what each of them says: in an episode members hold the level that they judge from, so that scores depend on the limit.
func (p *Panel) live(l *Lesson) (tops []float64, raws [][]float64, err error) {
	follow := p.follow
	p.follow = nil
	defer func() { p.follow = follow }()
	if _, err := p.ready(); err != nil {
		return nil, nil, err
	}
	raws = make([][]float64, len(p.seats))
	var o Opinion
	for k, run := range l.Held {
		if l.fresh(k) {
			p.Forget()
		}
		for i, r := range run {
			p.Step(&o, r)
			top := math.NaN()
			if i >= l.Warmup {
				p.Settle(&o)
				top = p.top
			}
			tops = append(tops, top)
			for k := range raws {
				raw := math.NaN()
				if top == top {
					raw = p.matter(k)
				}
				raws[k] = append(raws[k], raw)
			}
		}
	}
	return tops, raws, nil
}

// least is how many independent rows the held-out scores of a member must be worth: fewer support no rate at all.
const least = 10

// settle gives each member its tail, and leaves out those whose held-out scores say too little. The one that they say most of stays, for there
// must be one.
func (p *Panel) settle(l *Lesson) (seats []seat, scores [][]float64, err error) {
	var worth []float64
	raws := make([][]float64, len(p.seats))
	each(len(p.seats), l.Quick, func(i int) { raws[i] = heldScores(p.seats[i].Kept, l) })
	for i, s := range p.seats {
		raw := raws[i]
		if s.tail, err = limit.CalibrateFew(raw); err != nil {
			p.absent = append(p.absent, Absence{s.Name(), err.Error()})
			continue
		}
		n := limit.Effective(known(raw))
		if !l.Budget.stated() {
			s.tail.Extend(math.Log10(n+1), max((l.Margin-1)*s.tail.Size(), 1e-9*s.tail.Size()))
		}
		seats, scores, worth = append(seats, s), append(scores, raw), append(worth, n)
	}
	if len(seats) == 0 {
		return nil, nil, noMember(p.absent)
	}
	best := slices.Max(worth)
	for k := len(seats) - 1; k >= 0; k-- {
		if worth[k] >= least || worth[k] == best {
			continue
		}
		p.absent = append(p.absent, Absence{seats[k].Name(), fmt.Sprintf("its %d held-out scores are worth %.1f independent ones, at least %d are needed: record longer, or more parts", len(known(scores[k])), worth[k], least)})
		seats, scores, worth = slices.Delete(seats, k, k+1), slices.Delete(scores, k, k+1), slices.Delete(worth, k, k+1)
	}
	return seats, scores, nil
}

// known leaves out NaN.
func known(scores []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(scores), math.IsNaN)
}

// independent is how many independent members speak as often as these: each passes a score of 1 on a tenth of good rows.
func independent(top []float64, members int) float64 {
	above, n := 0.0, 0.0
	for _, v := range known(top) {
		if n++; v >= 1 {
			above++
		}
	}
	return min(max(math.Log(1-above/(n+1))/math.Log(0.9), 1), float64(members))
}

func noMember(absent []Absence) error {
	var errs []error
	for _, a := range absent {
		errs = append(errs, fmt.Errorf("%s: %s", a.Member, a.Why))
	}
	return fmt.Errorf("no member can learn from this: %w", errors.Join(errs...))
}

// heldScores runs m over the held-out runs, each from a fresh start, and gives the scores of the rows that would be judged, NaN for others.
func heldScores(m member.Member, l *Lesson) []float64 {
	var out []float64
	for k, run := range l.Held {
		if l.fresh(k) {
			m.Reset()
		}
		for i, r := range run {
			s := m.Score(r)
			if i < l.Warmup {
				s = math.NaN()
			}
			out = append(out, s)
		}
	}
	m.Reset()
	return out
}

// loudest is the largest of the members' scores on each row, NaN where none has one.
func loudest(scores [][]float64) []float64 {
	out := make([]float64, len(scores[0]))
	for i := range out {
		out[i] = math.NaN()
		for _, s := range scores {
			if v := s[i]; v == v && !(v <= out[i]) {
				out[i] = v
			}
		}
	}
	return out
}
