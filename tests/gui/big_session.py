#!/usr/bin/env python3
"""Makes a session of 100 000 points and 1 000 000 samples, for `knobscope frames`.

    tests/gui/big_session.py BASE.session OUT.session [--points 100000] [--samples 10] [--dense 20000]

Every point is a copy of one of LayerNorm forward in BASE (assets/sessions/h200.session) with other knobs, another shape,
other times and errors, so OUT is of BASE's format whatever its version. The numbers are drawn, not measured, always the
same ones. `--dense` points lie on one problem, the one that is shown first, so that plots have more points than pixels;
the others are spread over 60 shapes and three types. Prints how many rows it wrote.
"""

import argparse
import json
import random
import shutil
import sqlite3
import struct
import sys

SEED = 20261121
ELEMENTS = 8192 * 4096
TYPES = {"f32": 4, "f16": 2, "bf16": 2}
SHAPES = [(rows, columns) for rows in (64, 256, 1024, 4096, 16384, 65536) for columns in (64 << i for i in range(10))]


def rows_of(database, table, key, value):
    return [dict(row) for row in database.execute(f"SELECT * FROM {table} WHERE {key} = ?", (value,))]


def insert(database, table, rows):
    if not rows:
        return
    names = list(rows[0])
    marks = ", ".join("?" for _ in names)
    database.executemany(f'INSERT INTO {table}({", ".join(names)}) VALUES({marks})', (tuple(row.values()) for row in rows))


def templates_of(database):
    """Points that passed and were timed cold, with their summary and main error."""
    templates = []
    query = "SELECT * FROM point WHERE operation = 'layernorm_forward' AND shape = '[8192,4096]' AND dtype = 'f32' " \
            "AND activation = 'none' AND distribution = 'normal' AND verdict = 'pass' ORDER BY id"
    for point in (dict(row) for row in database.execute(query)):
        summaries = [row for row in rows_of(database, "summary", "point", point["id"]) if row["kind"] == "cold"]
        errors = rows_of(database, "output_error", "point", point["id"])
        if summaries and errors and point["knobs"] != "{}":
            templates.append((point, summaries[0], errors[0]))
    return templates


def knobs_at(text, step):
    """Other values of the same knobs: a whole number a step, told apart by the first two of them."""
    knobs = json.loads(text)
    names = sorted(knobs)
    knobs[names[0]] = 32 * (1 + step % 64)
    if len(names) > 1:
        knobs[names[1]] = 1 + step // 64
    return json.dumps(knobs, separators=(",", ":"), sort_keys=True), 1.0 + 0.5 * ((step * 37) % 101) / 101


def place_of(index, dense, count):
    """Template, step of the knobs, shape and type of a point."""
    if index < dense:
        return index % count, index // count, (8192, 4096), "f32"
    index -= dense
    template, index = index % count, index // count
    shape, index = SHAPES[index % len(SHAPES)], index // len(SHAPES)
    kind, index = list(TYPES)[index % len(TYPES)], index // len(TYPES)
    return template, index, shape, kind


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("base")
    parser.add_argument("out")
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--dense", type=int, default=20_000)
    arguments = parser.parse_args()
    shutil.copyfile(arguments.base, arguments.out)
    database = sqlite3.connect(arguments.out)
    database.row_factory = sqlite3.Row
    templates = templates_of(database)
    if not templates:
        sys.exit(f"{arguments.base}: has no points of LayerNorm forward, 8192x4096, f32")
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        if table == "point" or "point" in {row[1] for row in database.execute(f"PRAGMA table_info({table})")}:
            database.execute(f"DELETE FROM {table}")
    database.execute("DELETE FROM plan")
    draw = random.Random(SEED)
    points, samples, summaries, errors = [], [], [], []
    for index in range(arguments.points):
        chosen, step, shape, kind = place_of(index, arguments.dense, len(templates))
        base, summary, error = templates[chosen]
        knobs, slower = knobs_at(base["knobs"], step)
        elements = shape[0] * shape[1]
        size = elements / ELEMENTS * TYPES[kind] / 4
        median = (4000.0 + summary["median_ns"] * size) * slower * draw.lognormvariate(0.0, 0.05)
        wrong = draw.random() < 0.01
        point = dict(base, position=index + 1, id=index + 1, shape=json.dumps(shape, separators=(",", ":")), dtype=kind,
                     knobs=knobs, bytes=round(base["bytes"] * size), verdict="wrong" if wrong else "pass",
                     reason="some elements are past the tolerance (drawn)" if wrong else "")
        points.append(point)
        taken = sorted(median * draw.lognormvariate(0.0, 0.01) for _ in range(arguments.samples))
        blob = struct.pack(f"<{len(taken)}d", *taken)
        samples.append({"point": index + 1, "kind": "cold", "nanoseconds": blob})
        middle = taken[len(taken) // 2]
        summaries.append(dict(summary, point=index + 1, count=len(taken), median_ns=middle, ci_low_ns=taken[1],
                              ci_high_ns=taken[-2], p5_ns=taken[0], p95_ns=taken[-1], minimum_ns=taken[0],
                              mean_ns=sum(taken) / len(taken), cv=0.01))
        spread = draw.lognormvariate(0.0, 0.3) * (30.0 if wrong else 1.0)
        errors.append(dict(error, point=index + 1, elements=elements, max_abs_error=error["max_abs_error"] * spread,
                           relative_l2_error=error["relative_l2_error"] * spread, failing=7 if wrong else 0))
    insert(database, "point", points)
    insert(database, "samples", samples)
    insert(database, "summary", summaries)
    insert(database, "output_error", errors)
    database.commit()
    database.execute("VACUUM")
    database.close()
    print(f"{arguments.out}: {len(points)} points, {len(points) * arguments.samples} samples")


if __name__ == "__main__":
    main()
