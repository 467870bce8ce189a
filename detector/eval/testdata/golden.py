"""Writes golden.json: random labels and alarms with the figures that the reference scorers of SKAB and NAB give for them; and
volumes under the precision-recall surface by a plain transcription of the formula.

usage: python3 golden.py FOLDER_OF_THE_REFERENCE_SCORERS > golden.json   (needs numpy and pandas; the folder holds skab_score.py and nab_score.py)
"""
import json, os, sys, tempfile
import numpy as np, pandas as pd

sys.path.insert(0, sys.argv[1])
import nab_score, skab_score

rng = np.random.default_rng(6)

def alarms(n, p_on, p_off):
    a, out = 0, []
    for _ in range(n):
        a = (rng.random() < p_on) if a == 0 else (rng.random() >= p_off)
        out.append(int(a))
    return np.array(out)

skab = []
for case in range(6):
    files, data, pred = [], {}, {}
    for k in range(3):
        n = 400 + int(rng.integers(60, 220))
        step = np.where(rng.random(n) < .05, 2, 1); step[int(rng.integers(401, n))] += 70 * int(rng.integers(0, 2))
        t = np.cumsum(step)
        truth = alarms(n, .02, .02); cp = (rng.random(n) < .02).astype(int)
        p = alarms(n - 400, .05, .1) if case < 5 else np.zeros(n - 400, int)
        name = 'f%d' % k
        data[name] = pd.DataFrame({'anomaly': truth, 'changepoint': cp}, index=pd.to_datetime(t, unit='s').astype('datetime64[ns]'))
        pred[name] = p
        files.append(dict(seconds=t[400:].tolist(), truth=truth[400:].tolist(), cp=cp[400:].tolist(), alarm=p.tolist()))
    r = skab_score.evaluate(data, pred)
    skab.append(dict(files=files, f1=r['F1'], far=r['FAR'], mar=r['MAR'], missed=int(r['miss']), false=int(r['fps']),
                     standard=r['nab_std'], low_fp=r['nab_lowFP'], low_fn=r['nab_lowFN']))

nab = []
for case in range(6):
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(root + '/labels'); os.makedirs(root + '/data/g')
        windows, scores, files = {}, {}, []
        for k in range(3):
            n = int(rng.integers(150, 400)); ts = pd.date_range('2020-01-01', periods=n, freq='5min')
            cuts = np.sort(rng.choice(np.arange(0 if case == 1 else int(.15 * n), n - 1), size=2 * int(rng.integers(0, 4)), replace=False))
            w = [[int(a), int(b)] for a, b in zip(cuts[::2], cuts[1::2])]
            pd.DataFrame({'timestamp': ts, 'value': np.zeros(n)}).to_csv('%s/data/g/f%d.csv' % (root, k), index=False)
            key = 'g/f%d.csv' % k
            windows[key] = [[str(ts[a]), str(ts[b])] for a, b in w]
            scores[key] = np.round(rng.random(n) ** 4, 2)
            files.append(dict(rows=n, windows=w, score=scores[key].tolist()))
        json.dump(windows, open(root + '/labels/combined_windows.json', 'w'))
        c = nab_score.Corpus([root]); fixed = c.score(scores, thr=.6); best = c.score(scores)
        nab.append(dict(files=files, threshold=.6, fixed={k: fixed[k][0] for k in fixed}, best={k: list(best[k]) for k in best}))

# Volume under the PR surface, written plainly after Paparrizos et al. 2022 (range-based AP, 250 thresholds, buffers 0..L).
def runs(x):
    out, i = [], 0
    while i < len(x):
        if x[i] > 0:
            j = i
            while j + 1 < len(x) and x[j + 1] > 0: j += 1
            out.append((i, j)); i = j
        i += 1
    return out

def volume(label, score, L):
    label, n, aps = label.astype(float), len(label), []
    ordered = -np.sort(-score)
    for w in range(L + 1):
        soft = label.copy()
        for s, e in runs(label):
            x = np.arange(e, min(e + w // 2, n)); soft[x] += np.sqrt(1 - (x - e) / max(w, 1))
            x = np.arange(max(s - w // 2, 0), s); soft[x] += np.sqrt(1 - (s - x) / max(w, 1))
        soft = np.minimum(soft, 1); segs = runs(soft); ap, before = 0., 0.
        for i in np.linspace(0, n - 1, 250).astype(int):
            pred = score >= ordered[i]; hit = soft * pred
            met = np.mean([hit[a:b + 1].sum() > 0 for a, b in segs])
            recall = min(hit.sum() / ((label.sum() + soft.sum()) / 2), 1) * met
            ap += (recall - before) * hit.sum() / pred.sum(); before = recall
        aps.append(ap)
    return float(np.mean(aps))

vus = []
for n, L in ((300, 20), (60, 7), (700, 31)):
    truth = alarms(n, .03, .1); score = np.round(rng.random(n) + .4 * truth, 2)
    vus.append(dict(truth=truth.tolist(), score=score.tolist(), buffer=L, volume=volume(truth, score, L)))

json.dump(dict(skab=skab, nab=nab, vus=vus), sys.stdout)
