#!/usr/bin/env python3
"""Where the wall time of a sweep of 1 000 small points goes.

    tests/gpu/sweep_phases.py KNOBSCOPE OUT.csv [flag of `knobscope sweep` ...]

Committed as assets/timing/h200-phases.csv; tests/gpu/check_timing.py holds it to its bound.

LayerNorm forward over 50 shapes from 64 x 512 to 768 x 4096, four variants, five block sizes, 15 cold samples each, into
a session whose points say where their time went. Writes expense, total_s, points to OUT.csv, and prints the table of
`knobscope sweep --phases`. Exit code 1 when a point failed or is missing.
"""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile

POINTS = 1000
ROWS = (64, 128, 192, 256, 320, 384, 448, 512, 640, 768)
COLUMNS = (512, 1024, 1536, 2048, 4096)
SWEEP = [
    "--op", "layernorm_forward", "--shape", *(f"{rows}x{columns}" for rows in ROWS for columns in COLUMNS),
    "--variant", "float4,block_per_row,welford,flat_index_rsqrt", "-a", "block=64,128,256,512,1024", "-a", "unroll=4",
    "--timing", "cold", "--stopping-criterion", "sample-count", "--target-samples", "15", "--phases",
]  # fmt: skip


def main():
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    program, out, *flags = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        session = str(pathlib.Path(folder) / "sweep.session")
        sweep = [program, "sweep", *SWEEP, *flags, "--session", session]
        swept = subprocess.run(sweep, stdout=subprocess.DEVNULL, check=False)
        shown = subprocess.run([program, "show", session, "--json", "-"], capture_output=True, text=True, check=False)
    points = json.loads(shown.stdout)["points"]
    spent = [point["spent_s"] for point in points]
    with open(out, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["expense", "total_s", "points"])
        for expense in spent[0]:
            table.writerow([expense, f"{sum(each[expense] for each in spent):.6f}", len(spent)])
    return 0 if swept.returncode == 0 and len(spent) == POINTS else 1


if __name__ == "__main__":
    sys.exit(main())
