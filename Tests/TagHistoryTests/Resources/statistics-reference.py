#!/usr/bin/env python3
"""An independent computation of STATISTICS.md with scipy: checks the worked cases and writes random ones.

    python3 statistics-reference.py check  statistics-cases.json
    python3 statistics-reference.py random 20260131 100 > random-statistics-cases.json

Input as in the worked cases; changes may also bear "kind" and "platforms", the input "superseded".
"""
import json
import math
import random
import sys

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binom, gamma

DAY, HOUR = 86400.0, 3600.0
LADDER = [1, 7, 14, 30, 60, 90, 180, 365]
WORDS = dict(zip(LADDER, "daily weekly fortnightly monthly twoMonthly quarterly halfYearly yearly".split()))
R, ALPHA, A, B = 1.0, 12.0, 1.2, 1.0


def episodes(changes):
    groups = []
    for c in changes:
        if groups:
            g = groups[-1]
            near = c["detected"] - g[-1]["detected"] < 6 * HOUR and c["detected"] - chain < 24 * HOUR
            known = all(x.get("platforms") or x.get("kind") == "metadata" for x in g)
            touched = {p for x in g for p in x.get("platforms", [])}
            mine = set(c.get("platforms", []))
            settling = known and touched and mine and not (mine & touched)
            if near or (settling and c["detected"] - g[0]["detected"] <= 48 * HOUR):
                g.append(c)
                chain = chain if near else c["detected"]
                continue
        groups.append([c])
        chain = c["detected"]
    return groups


def event(c):
    p = c.get("pushed_at")
    if p is not None and c["prev_poll"] < p <= c["detected"]:
        return p
    return (c["prev_poll"] + c["detected"]) / 2


def mle(taus, exposure):
    """(rate or None, k*), in days"""
    if not taus:
        return 0.0, 0.0
    rest = exposure - sum(taus)
    if rest <= 0:
        return None, float(len(taus))
    t = np.array([x for x in taus if x > 0], dtype=float)
    zero = len(taus) - len(t)

    def f(rate):
        with np.errstate(over="ignore"):
            return float(np.sum(t / np.expm1(rate * t))) + zero / rate - rest

    rate = brentq(f, 1e-12, len(taus) / rest * 1.01, xtol=1e-300, rtol=8.9e-16, maxiter=1000)
    x = rate * t
    return rate, float(np.sum(x / -np.expm1(-x))) + zero


def statistics(i):
    seen, last, now = i["first_seen"], i["last_poll"], i["now"]
    updates, flaps, reverts = [], 0, 0
    ends, begin = {i["first_digest"]}, i["first_digest"]
    for g in episodes(i["changes"]):
        end = g[-1]["digest"]
        if end == begin:
            flaps += 1
        elif end in ends:
            reverts += 1
        elif any(c.get("kind", "rebuild") == "rebuild" for c in g):
            updates.append(g[0])
        ends.add(end)
        begin = end
    w0 = max(seen, now - 365 * DAY)
    exposure = (last - w0) / DAY
    times = [event(c) for c in updates]
    inside = [c for c in updates if event(c) > w0]
    k = len(inside)
    e = {"changes": len(i["changes"]), "updates": len(updates), "flaps": flaps, "reverts": reverts,
         "observed_days": (last - seen) / DAY, "window_days": max(0.0, exposure), "updates_in_window": k}
    if exposure > 0:
        rate, kstar = mle([(c["detected"] - max(c["prev_poll"], w0)) / DAY for c in inside], exposure)
        e["rate_mle_per_day"], e["k_star"] = rate, kstar
        if k == 0:
            e["rate_at_most95"] = -math.log(0.05) / exposure
        else:
            e["rate_per_day"] = (0.5 + kstar) / exposure
            e["rate_low95"], e["rate_high95"] = (float(v) for v in gamma.ppf([0.025, 0.975], 0.5 + kstar, scale=1 / exposure))
    gaps_all = [(b - a) / DAY for a, b in zip(times, times[1:])]
    gaps = [g for g, b in zip(gaps_all, times[1:]) if b > w0]
    n = len(gaps)
    if gaps:
        e["mean_gap_days"], e["median_gap_days"] = float(np.mean(gaps)), float(np.median(gaps))
        e["longest_gap_days"] = max(gaps)
        if n >= 3:
            e["cv_gaps"] = float(np.std(gaps, ddof=1) / np.mean(gaps))
        if n >= 6:
            j = max(1, int(binom.ppf(0.025, n, 0.5)))
            e["median_gap_low95"], e["median_gap_high95"] = sorted(gaps)[j - 1], sorted(gaps)[n - j]
    opened = (now - times[-1]) / DAY if times else None
    first = ((times[0] if times else now) - seen) / DAY
    partial = None if times and times[0] <= w0 else first
    e["days_since_last_update"] = opened
    e["worst_gap_days"] = max(x for x in gaps + [opened, partial] if x is not None)
    e["worst_gap_days_ever"] = max(x for x in gaps_all + [opened, first] if x is not None)
    _, x = mle([(c["detected"] - c["prev_poll"]) / DAY for c in updates], (last - seen) / DAY)
    tx, total = ((times[-1] - seen) / DAY if times else 0.0), (now - seen) / DAY
    alive = 1 / (1 + A / (B + x) * math.exp((R + x) * math.log((ALPHA + total) / (ALPHA + tx))))
    e["p_alive"] = alive
    for h in (7, 14, 30):
        e[f"p_due_{h}d"] = alive * -math.expm1((R + x) * math.log((ALPHA + total) / (ALPHA + total + h)))
    if k >= 4:
        mean = np.mean([(event(c) - w0) / DAY for c in inside])
        e["laplace_u"] = float((mean - exposure / 2) / (exposure * math.sqrt(1 / (12 * k))))
    judged = max(v for v in gaps + [partial] + ([opened] if n < 3 else []) if v is not None)
    d = next((d for d in LADDER if judged <= 1.5 * d), None)
    e["rhythm_days"] = d
    e["overdue"] = bool(n >= 3 and d and opened > 1.5 * d)
    thin = n < 3 or (d is not None and exposure < 2 * d)
    e["evidence"] = "none" if not times else "thin" if thin else "good" if n <= 11 else "strong"
    if not times:
        e["rhythm"] = "unchanged"
    elif alive < 0.05:
        e["rhythm"] = "superseded" if i.get("superseded") else "stopped"
    elif n >= 3 and (d is None or d >= 4 * np.median(gaps)):
        e["rhythm"] = "irregular"
    else:
        e["rhythm"] = WORDS[d] if d else "rare"
    return e


def random_input(rng):
    seen = 1700000000 + rng.randrange(0, 10**7)
    total = rng.choice([0.2, 5, 40, 200, 500, 1200]) * DAY * rng.uniform(0.5, 1.5)
    mean = total / rng.choice([0.5, 2, 5, 8, 12, 20])
    step = rng.choice([0, HOUR, 6 * HOUR, 2 * DAY, 9 * DAY])
    regular, platforms = rng.random() < 0.4, rng.random() < 0.3
    i = {"first_seen": seen, "first_digest": "d0", "changes": []}
    t, n, prev, digests = seen, 0, seen, ["d0"]
    stop = rng.uniform(0.3, 1) if rng.random() < 0.3 else 1
    while len(i["changes"]) < 25:
        t += mean * rng.uniform(0.9, 1.1) if regular else rng.expovariate(1 / mean) + 1
        t = max(t, prev + 1)
        quick = bool(n) and rng.random() < 0.15
        if quick:
            t = prev + rng.uniform(1, 8) * HOUR
        det = int(t) if step == 0 else seen + math.ceil((t - seen) / step) * int(step)
        if det <= prev:
            continue
        if det > seen + total or (n and det >= seen + total * stop):
            break
        c = {"prev_poll": det if step == 0 else max(prev, det - int(step)), "detected": det}
        n += 1
        others = [d for d in digests if d != (i["changes"][-1]["digest"] if i["changes"] else "d0")]
        c["digest"] = rng.choice(others) if others and rng.random() < 0.08 else f"d{n}"
        if quick and rng.random() < 0.3:
            c["digest"] = digests[-2]
        digests.append(c["digest"])
        if rng.random() < 0.2:
            c["pushed_at"] = int(rng.uniform(c["prev_poll"] - HOUR, c["detected"] + 600))
        if platforms:
            c["kind"] = rng.choice(["rebuild"] * 4 + ["noop", "platforms", "metadata"])
            if c["kind"] != "metadata" and rng.random() < 0.8:
                c["platforms"] = sorted(rng.sample(["linux/amd64", "linux/arm64", "linux/s390x"], rng.choice([1, 1, 2])))
        i["changes"].append(c)
        prev = det
    i["last_poll"] = rng.choice([prev] + [max(prev, int(seen + total * rng.choice([1, 1, 1, 0.9])))] * 5)
    i["now"] = i["last_poll"] + rng.choice([0, 600, 7200, 10 * int(DAY), 400 * int(DAY) if rng.random() < 0.2 else 0])
    if rng.random() < 0.2:
        i["superseded"] = True
    return i


def main():
    if sys.argv[1] == "check":
        bad = 0
        for case in json.load(open(sys.argv[2]))["cases"]:
            got = statistics(case["input"])
            for key, want in case["expected"].items():
                have = got.get(key)
                same = math.isclose(have, want, rel_tol=1e-6, abs_tol=1e-9) if type(want) is float and have is not None else have == want
                if not same:
                    bad += 1
                    print(case["name"], key, have, want)
            for key in set(got) - set(case["expected"]):
                if got[key] is not None:
                    print("more:", case["name"], key, got[key])
        sys.exit(1 if bad else 0)
    rng = random.Random(int(sys.argv[2]))
    cases = []
    for number in range(int(sys.argv[3])):
        i = random_input(rng)
        e = {k: float(f"{v:.12g}") if isinstance(v, float) else v for k, v in statistics(i).items()}
        cases.append({"name": f"random-{number}", "input": i, "expected": e})
    print('{"cases": [')
    print(",\n".join(json.dumps(c, separators=(",", ":")) for c in cases))
    print("]}")


main()
