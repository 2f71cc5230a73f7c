#!/usr/bin/env python3
"""How far apart the same measurement is in different processes.

    tests/gpu/restarts.py KNOBSCOPE OUT.csv [--restarts 10] [flag of `knobscope run` ...]

Committed as assets/timing/h200-restarts.csv; tests/gpu/check_timing.py holds it to its bounds.

Runs `knobscope run` again and again, a fresh process, context and worker each time, and writes the median of every point
and restart to OUT.csv: point, restart, method, median_us, samples. Prints the coefficient of variation (standard deviation
over mean, with n - 1) of each point's medians. Exit code 1 when one of a kernel of 50 us or more is above 1 %, or when a
point was not measured every time.
"""

import csv
import json
import statistics
import subprocess
import sys

LONG_US = 50.0
MOST_CV = 0.01


def name_of(point):
    knobs = " ".join(f"{name}={value}" for name, value in sorted(point["knobs"].items()))
    shape = "x".join(str(extent) for extent in point["shape"])
    return f'{point["operation"]} {shape} {point["dtype"]} {point["variant"]} {knobs}'.strip()


def measure(program, flags):
    ran = subprocess.run([program, "run", *flags, "--json", "-"], capture_output=True, text=True, check=False)
    if not ran.stdout.startswith("{"):
        sys.exit(f"{program} said: {ran.stderr.strip()}")
    return json.loads(ran.stdout)["points"]


def main():
    arguments = sys.argv[1:]
    if len(arguments) < 2 or arguments[0].startswith("-"):
        sys.exit(__doc__)
    program, out, *flags = arguments
    restarts = 10
    if "--restarts" in flags:
        at = flags.index("--restarts")
        restarts = int(flags[at + 1])
        del flags[at : at + 2]

    medians = {}
    with open(out, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["point", "restart", "method", "median_us", "samples"])
        for restart in range(1, restarts + 1):
            for point in measure(program, flags):
                median = point["median_s"]
                if median is None or point["verdict"] not in ("pass", "noisy"):
                    print(f'{name_of(point)}: {point["verdict"]}: {point["reason"]}', file=sys.stderr)
                    continue
                medians.setdefault(name_of(point), []).append(median * 1e6)
                table.writerow([name_of(point), restart, point["method"], f"{median * 1e6:.3f}", point["samples"]])
            file.flush()

    bad = 0
    for name, found in medians.items():
        mean = statistics.fmean(found)
        variation = statistics.stdev(found) / mean if len(found) > 1 else float("inf")
        is_bad = len(found) < restarts or (mean >= LONG_US and not variation <= MOST_CV)
        bad += is_bad
        print(f"{mean:10.2f} us  CV {variation * 100:6.3f} %  of {len(found)} restarts  {'BAD ' if is_bad else ''}{name}")
    if not medians:
        sys.exit("nothing was measured")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
