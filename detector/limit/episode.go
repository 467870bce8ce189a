package limit

// State is where an episode stands.
type State uint8

const (
	Normal     State = iota
	Alarming         // above the limit, or not back yet
	Recovering       // back at a plausible level, not yet settled; still counts as alarm
	NewRegime        // settled for long at another level: no alarm, until a person accepts it or the old level returns
)

// String is the state as people read it.
func (s State) String() string { return [...]string{"normal", "alarm", "recovering", "new regime"}[s] }

// InAlarm tells whether rows in this state count as alarm.
func (s State) InAlarm() bool { return s == Alarming || s == Recovering }

// EpisodeConfig says how rows make an episode.
type EpisodeConfig struct {
	On     float64 // the episode begins above this score
	Off    float64 // and may end below this share of On
	Undone float64 // or once less than this share of the deviation at its height is left in its own direction,
	Remain float64 // and less than this share of its height in any direction
	Moving float64 // the process is still changing at or above this value of the change statistic
	Deep   float64 // below this share of On a row counts half towards Settle although the process moves; 0: none does
	Settle int     // rows that must be back and not moving, in a row, before the end
	Accept int     // rows after which a level that stopped moving is a new regime; 0 never
}

// Reading is one row as an episode sees it.
type Reading struct {
	Score  float64 // deviation from the baseline
	Left   float64 // share left of the deviation at the height of this episode, along it; 1 switches the rule off
	Moving float64 // change statistic; 0 switches the rule off
}

// Episode tells a fault from the recovery after it. A score that falls is not the end: a process that comes back is first on the move, then
// settles, perhaps at a level beside the old one. The episode ends when the deviation that made it is undone and nothing moves any more;
// what then remains is the new baseline. NaN scores leave the state as it was.
type Episode struct {
	cfg    EpisodeConfig
	state  State
	height float64 // largest score of this episode
	calm   int     // half rows back and not moving
	still  int     // rows not moving, back or not, less those moving times movingCosts
}

// movingCosts is how many still rows a moving one undoes.
const movingCosts = 10

// NewEpisode starts normal.
func NewEpisode(c EpisodeConfig) *Episode { return &Episode{cfg: c} }

// State is where it stands.
func (e *Episode) State() State { return e.state }

// Reset starts anew, normal.
func (e *Episode) Reset() { e.state, e.height, e.calm, e.still = Normal, 0, 0, 0 }

// Step takes a row. Rebase tells the member to take the present level as its baseline: the episode has ended at a level that is not the old
// one.
func (e *Episode) Step(r Reading) (s State, rebase bool) {
	if r.Score != r.Score {
		return e.state, false
	}
	if !e.state.InAlarm() {
		if r.Score > e.cfg.On {
			e.state, e.height, e.calm, e.still = Alarming, r.Score, 0, 0
		}
		return e.state, false
	}
	e.height = max(e.height, r.Score)
	moving := r.Moving >= e.cfg.Moving && e.cfg.Moving > 0
	low := r.Score < e.cfg.Off*e.cfg.On
	back := low || r.Left < e.cfg.Undone && r.Score < e.cfg.Remain*e.height
	switch {
	case back && !moving:
		e.calm += 2
		e.state = Recovering
	case r.Score < e.cfg.Deep*e.cfg.On: // home, whatever the change statistic still remembers
		e.calm++
		e.state = Recovering
	default:
		e.calm = max(e.calm-2, 0)
		e.state = Alarming
	}
	if e.still++; moving { // good rows move now and then
		e.still = max(e.still-movingCosts, 0)
	}
	switch {
	case e.calm > 2*e.cfg.Settle:
		e.state = Normal
		return e.state, !low
	case e.cfg.Accept > 0 && e.still > e.cfg.Accept:
		e.state = NewRegime
		return e.state, true
	}
	return e.state, false
}
