"""Writes designs.json: random filters as SciPy designs them, their response at 12 frequencies and their steady state. Run with SciPy 1.10.1:
python3 designs.py > designs.json"""
import json
import numpy as np
import scipy
from scipy import signal

rng = np.random.default_rng(2026)
cases = []
while len(cases) < 120:
    family = str(rng.choice(["butter", "cheby1", "cheby2", "ellip", "bessel", "notch"]))
    kind = str(rng.choice(["lowpass", "highpass", "bandpass", "bandstop"]))
    rate = float(rng.choice([1000, 50000, 1e6, 2.5e6]))
    edges = [10 ** rng.uniform(-2.3, -0.6) * rate / 2]
    if kind.startswith("band"):
        edges.append(min(edges[0] * 10 ** rng.uniform(0.15, 1.2), 0.97 * rate / 2))
    case = dict(family=family, type=kind, order=int(rng.integers(1, 10)), rate_hz=rate)
    if family == "notch":
        case.update(type="notch", order=2, edges_hz=edges[:1], ripple_db=float(rng.uniform(5, 50)))
        b, a = signal.iirnotch(edges[0], case["ripple_db"], rate)
        sos = np.array([np.r_[b, a]])
    else:
        case["edges_hz"] = edges
        ripple = {}
        if family in ("cheby1", "ellip"):
            case["ripple_db"] = ripple["rp"] = float(rng.choice([0.1, 0.5, 1, 3]))
        if family in ("cheby2", "ellip"):
            case["stop_db"] = ripple["rs"] = float(rng.choice([30, 40, 60, 80]))
        sos = signal.iirfilter(case["order"], edges if len(edges) > 1 else edges[0], btype=kind, ftype=family, output="sos", fs=rate, **ripple)
    f = np.linspace(rate / 50, rate * 0.49, 12)
    _, h = signal.sosfreqz(sos, f, fs=rate)
    case.update(sos=sos.tolist(), zi=signal.sosfilt_zi(sos).tolist(), freq_hz=f.tolist(), mag=np.abs(h).tolist(), phase=np.angle(h).tolist())
    cases.append(case)
print(json.dumps(dict(source="scipy " + scipy.__version__, cases=cases)))
