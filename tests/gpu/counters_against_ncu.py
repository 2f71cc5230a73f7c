#!/usr/bin/env python3
"""Counts three kernels with knobscope --counters and with Nsight Compute, and prints the ratios.

    tests/gpu/counters_against_ncu.py KNOBSCOPE [NCU]

Nsight Compute looks at knobscope's own process while it measures the same point: one cold run, caches emptied by ncu,
clocks left alone. Exit code 1 when bytes of memory differ by more than 3 %."""

import csv
import io
import json
import subprocess
import sys

TOLERANCE = 0.03
KERNELS = [
    ("layernorm_forward", "8192x4096", "float4"),
    ("layernorm_forward", "8192x4096", "row_split_grid_sync"),
    ("layernorm_forward", "8192x4096", "row_in_registers"),
]
READ = "dram__bytes_read.sum"
WRITTEN = "dram__bytes_write.sum"
HITS = "lts__t_sector_hit_rate.pct"
OCCUPANCY = "sm__warps_active.avg.pct_of_peak_sustained_active"


def point_flags(operation, shape, variant):
    return ["run", "--device", "cuda", "--op", operation, "--shape", shape, "--variant", variant, "--timing", "cold",
            "--stopping-criterion", "sample-count", "--target-samples", "3", "--min-samples", "1"]


def by_knobscope(program, point):
    said = subprocess.run([program, *point_flags(*point), "--counters", "--json", "-"], check=True, timeout=120,
                          stdout=subprocess.PIPE, text=True).stdout
    profile = json.loads(said)["points"][0]["profile"]
    if profile["dram_read"] is None:
        sys.exit("knobscope counted nothing: " + "; ".join(profile["notes"]))
    return {READ: profile["dram_read"], WRITTEN: profile["dram_written"], HITS: 100 * profile["l2_hit_rate"],
            OCCUPANCY: 100 * profile["occupancy"]}


def by_ncu(ncu, program, point):
    """The first cold run's one kernel: the engine's NVTX range names the phase."""
    command = [ncu, "--target-processes", "all", "--clock-control", "none", "--cache-control", "all", "--nvtx",
               "--nvtx-include", "knobscope@cold/", "--kernel-name", "regex:^(?!hold|nothing|copy|read)",
               "--launch-count", "1", "--csv", "--print-units", "base", "--metrics",
               ",".join([READ, WRITTEN, HITS, OCCUPANCY]), program, *point_flags(*point)]
    said = subprocess.run(command, check=True, timeout=120, stdout=subprocess.PIPE, text=True).stdout
    table = said[said.index('"ID"'):]
    found = {}
    for row in csv.DictReader(io.StringIO(table)):
        found[row["Metric Name"]] = float(row["Metric Value"].replace(",", ""))
    return found


def main():
    program = sys.argv[1]
    ncu = sys.argv[2] if len(sys.argv) > 2 else "ncu"
    failed = False
    for point in KERNELS:
        ours = by_knobscope(program, point)
        theirs = by_ncu(ncu, program, point)
        print(f"{point[0]} {point[2]} {point[1]}")
        for metric in (READ, WRITTEN, HITS, OCCUPANCY):
            print(f"  {metric:<52} knobscope {ours[metric]:>15.6g}  ncu {theirs[metric]:>15.6g}  "
                  f"ratio {ours[metric] / theirs[metric] if theirs[metric] else float('nan'):.4f}")
        together = (ours[READ] + ours[WRITTEN]) / (theirs[READ] + theirs[WRITTEN])
        good = abs(together - 1) <= TOLERANCE
        failed |= not good
        print(f"  bytes of memory together: ratio {together:.4f}{'' if good else '  MORE THAN 3 % APART'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
