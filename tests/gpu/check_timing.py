#!/usr/bin/env python3
"""Holds what was recorded of the tool's own timing to its bounds.

    tests/gpu/check_timing.py FOLDER

FOLDER/*-noise.csv (known_noise_test.cpp): the mean of a kernel of known noise within 2.5 % or 8 us, its deviation within
5 % or 5 us. FOLDER/*-restarts.csv (restarts.py): medians of kernels of 50 us and more vary by at most 1 % over at least
ten processes. FOLDER/*-phases.csv (sweep_phases.py): what a small point of a sweep costs beyond the runs of its kernel
(warm-up and samples), compiling, opening the device, ceilings and checks is at most 2 ms. Exit code 1 with a line for
each row that does not hold, and when a table is missing or empty.
"""

import collections
import csv
import pathlib
import statistics
import sys


def rows_of(folder, pattern):
    tables = sorted(pathlib.Path(folder).glob(pattern))
    return [(table.name, row) for table in tables for row in csv.DictReader(table.open(encoding="utf-8"))]


def check_noise(folder):
    rows = rows_of(folder, "*-noise.csv")
    faults = [] if rows else ["no *-noise.csv with a row in it"]
    for table, row in rows:
        for what, share, slack_us in (("mean", 0.025, 8.0), ("deviation", 0.05, 5.0)):
            found, true = float(row[f"{what}_us"]), float(row[f"true_{what}_us"])
            if not abs(found - true) <= max(share * true, slack_us):
                faults.append(f'{table}: {row["noise"]}, {row["technique"]}: {what} {found} us of {true} us')
    return faults


def check_restarts(folder):
    rows = rows_of(folder, "*-restarts.csv")
    faults = [] if rows else ["no *-restarts.csv with a row in it"]
    medians = collections.defaultdict(list)
    for table, row in rows:
        medians[table, row["point"], row["method"]].append(float(row["median_us"]))
    for (table, point, method), found in medians.items():
        if len(found) < 10:
            faults.append(f"{table}: {point}, {method}: {len(found)} restarts, ten are wanted")
            continue
        mean = statistics.fmean(found)
        if mean >= 50.0 and not statistics.stdev(found) / mean <= 0.01:
            faults.append(f"{table}: {point}, {method}: medians vary by {statistics.stdev(found) / mean:.2%}")
    return faults


OVERHEAD = ("between", "load", "fill", "reference", "allocate", "timing", "other")


def check_phases(folder):
    rows = rows_of(folder, "*-phases.csv")
    faults = [] if rows else ["no *-phases.csv with a row in it"]
    for table in sorted({table for table, _ in rows}):
        spent = {row["expense"]: row for name, row in rows if name == table}
        missing = [expense for expense in OVERHEAD if expense not in spent]
        if missing:
            faults.append(f'{table}: has no {", ".join(missing)}')
            continue
        points = min(int(spent[expense]["points"]) for expense in OVERHEAD)
        if points < 1000:
            faults.append(f"{table}: {points} points, a thousand are wanted")
            continue
        overhead_ms = sum(float(spent[expense]["total_s"]) for expense in OVERHEAD) / points * 1e3
        if not overhead_ms <= 2.0:
            faults.append(f"{table}: {overhead_ms:.2f} ms a point beyond its kernel")
    return faults


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    faults = check_noise(sys.argv[1]) + check_restarts(sys.argv[1]) + check_phases(sys.argv[1])
    print("\n".join(faults) or "every row holds")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
