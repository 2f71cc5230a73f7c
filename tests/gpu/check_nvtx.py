"""Holds an Nsight Systems export to what the README says of NVTX: one domain, nested ranges, point ids as payload.

usage: check_nvtx.py TRACE.sqlite POINTS.json
"""

import collections
import json
import sqlite3
import sys

PHASES = {"compile", "warm-up", "verify", "cold", "hot"}


def ranges(trace):
    """Push/pop ranges of the domain `knobscope` as (start, end, name, payload), outermost first."""
    tables = {row[0] for row in trace.execute("select name from sqlite_master")}
    if "NVTX_EVENTS" not in tables:
        sys.exit("no NVTX events in the trace")
    columns = {row[1] for row in trace.execute("pragma table_info(NVTX_EVENTS)")}
    payload = "coalesce(int64Value, uint64Value, int32Value, uint32Value)" if "int64Value" in columns else "null"
    domains = {
        row[0]
        for row in trace.execute(
            "select domainId from NVTX_EVENTS e left join StringIds s on e.textId = s.id "
            "where eventType = 75 and coalesce(e.text, s.value) = 'knobscope'"
        )
    }
    if not domains:
        sys.exit("no NVTX domain named knobscope")
    rows = trace.execute(
        f"select start, end, coalesce(e.text, s.value), {payload} from NVTX_EVENTS e "
        "left join StringIds s on e.textId = s.id "
        f"where e.end is not null and domainId in ({','.join(map(str, domains))}) order by start, end desc"
    )
    return list(rows)


def main():
    trace = sqlite3.connect(sys.argv[1])
    points = {point["id"] for point in json.load(open(sys.argv[2]))["points"]}
    found = ranges(trace)
    phases = collections.Counter(name for _, _, name, _ in found if name in PHASES)
    payloads = {payload for _, _, _, payload in found if payload is not None}
    print("ranges:", dict(collections.Counter(name for _, _, name, _ in found)))
    print("payloads:", sorted(payloads), "points:", sorted(points))
    missing = PHASES - set(phases)
    if missing:
        sys.exit(f"no range for {', '.join(sorted(missing))}")
    if not points <= payloads:
        sys.exit(f"points without a range: {sorted(points - payloads)}")
    open_ranges = []
    deepest = 0
    for start, end, name, _ in found:
        while open_ranges and open_ranges[-1] <= start:
            open_ranges.pop()
        if open_ranges and end > open_ranges[-1]:
            sys.exit(f"range {name} is not nested in the one around it")
        open_ranges.append(end)
        deepest = max(deepest, len(open_ranges))
    if deepest < 3:
        sys.exit(f"ranges are {deepest} deep; session, point and phase make 3")
    print(f"{len(found)} ranges, {deepest} deep, all nested")


if __name__ == "__main__":
    main()
