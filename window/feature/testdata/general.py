"""Writes general.json: 1,024 samples and what SciPy and NumPy measure on them. Run with SciPy 1.10.1: python3 general.py > general.json"""
import json
import numpy as np
import scipy
from scipy import signal, stats

n, rate = 1024, 100e3
rng = np.random.default_rng(7)
x = np.round(rng.standard_normal(n) + 0.5 * np.sin(2 * np.pi * 3000 * np.arange(n) / rate), 5).astype(np.float32).astype(float)
f = np.fft.rfftfreq(n, 1 / rate)
w = signal.get_window("hann", n)
p = np.abs(np.fft.rfft(x * w)) ** 2 / ((w ** 2).sum() * n)
p[1:-1] *= 2
fw, pw = signal.welch(x, rate, "hann", nperseg=256, noverlap=128, detrend=False)
pw *= rate / 256
envelope = np.abs(signal.hilbert(x - x.mean()))
print(json.dumps(dict(source="scipy " + scipy.__version__, rate_hz=rate, x=x.tolist(), features={
    "mean": x.mean(), "std": x.std(), "rms": np.sqrt((x * x).mean()), "skewness": stats.skew(x), "kurtosis": stats.kurtosis(x),
    "quantile(0.3)": np.quantile(x, 0.3), "iqr": stats.iqr(x), "slope": np.polyfit(np.arange(n) / rate, x, 1)[0],
    "envelope_mean": envelope.mean(), "envelope_std": envelope.std(), "envelope_max": envelope.max(),
    "band_power(5000,20000)": p[(f >= 5000) & (f < 20000)].sum(), "welch_band_power(5000,20000,7)": pw[(fw >= 5000) & (fw < 20000)].sum(),
    "spectral_centroid": (p[1:] * f[1:]).sum() / p[1:].sum(), "spectral_peak": f[1:][p[1:].argmax()],
    "spectral_flatness": stats.gmean(p[1:]) / p[1:].mean(), "zero_crossings": np.count_nonzero(np.diff(np.signbit(x))) / (n - 1),
})))
