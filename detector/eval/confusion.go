package eval

// Confusion counts rows by truth and alarm.
type Confusion struct {
	TP int `json:"tp"`
	TN int `json:"tn"`
	FP int `json:"fp"`
	FN int `json:"fn"`
}

// Count compares alarm with truth row by row. Rows where known is false got no verdict and leave all four counts; nil means that all are
// known. The slices have equal length.
func Count(truth, alarm, known []bool) Confusion {
	var c Confusion
	for i, t := range truth {
		if known != nil && !known[i] {
			continue
		}
		switch {
		case t && alarm[i]:
			c.TP++
		case t:
			c.FN++
		case alarm[i]:
			c.FP++
		default:
			c.TN++
		}
	}
	return c
}

// Plus adds the counts of another file: figures are of the pooled counts, not means over files.
func (c Confusion) Plus(o Confusion) Confusion {
	return Confusion{c.TP + o.TP, c.TN + o.TN, c.FP + o.FP, c.FN + o.FN}
}

// F1 is TP/(TP+(FP+FN)/2), from 0 to 1; 0 when there is nothing to find and nothing found.
func (c Confusion) F1() float64 {
	return ratio(float64(c.TP), float64(c.TP)+float64(c.FP+c.FN)/2)
}

// FAR is the false-alarm rate in percent: alarms among the normal rows.
func (c Confusion) FAR() float64 { return 100 * ratio(float64(c.FP), float64(c.FP+c.TN)) }

// MAR is the missed-alarm rate in percent: silence among the anomalous rows.
func (c Confusion) MAR() float64 { return 100 * ratio(float64(c.FN), float64(c.FN+c.TP)) }

// Precision is the share of alarm rows that are anomalous.
func (c Confusion) Precision() float64 { return ratio(float64(c.TP), float64(c.TP+c.FP)) }

// ratio is a/b, and 0 where there is nothing to divide.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
