#!/usr/bin/env python3
"""Makes a session that is to be committed smaller: error maps stay for the fastest point of each variant on each problem
and for every point that is not right (none of them with --no-maps). Everything else stays.

    tests/gpu/slim_session.py SESSION [--no-maps]
"""
import sqlite3
import sys


def main():
    if len(sys.argv) not in (2, 3) or (len(sys.argv) == 3 and sys.argv[2] != "--no-maps"):
        sys.exit(__doc__)
    database = sqlite3.connect(f"file:{sys.argv[1]}?mode=rw", uri=True)
    kept = set()
    if len(sys.argv) == 2:
        kept |= {row[0] for row in database.execute("SELECT id FROM point WHERE verdict NOT IN ('pass', 'noisy')")}
        kept |= {
            row[0]
            for row in database.execute(
                "SELECT point.id, min(median_ns) FROM point JOIN summary ON summary.point = point.id AND kind = 'cold' "
                "GROUP BY variant, operation, shape, normalized_dims, dtype, distribution, distribution_offset, layout, "
                "activation"
            )
        }
    with database:
        every = [row[0] for row in database.execute("SELECT point FROM error_map")]
        database.executemany("DELETE FROM error_map WHERE point = ?", [(point,) for point in every if point not in kept])
    database.execute("PRAGMA journal_mode=DELETE")
    database.execute("VACUUM")
    print(f"{sys.argv[1]}: {len(every)} error maps, {len(kept.intersection(every))} kept")


if __name__ == "__main__":
    main()
