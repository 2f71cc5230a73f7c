#!/usr/bin/env python3
"""A short moving picture of a knob being turned, from a recorded session: each value in turn, up and down again.

    tests/gui/knob_turned.py KNOBSCOPE SESSION OUT.webp [--variant row_split] [--knob block] [--shape 16,64,256,256]

Every frame is `knobscope screenshot` with another point selected. Needs Pillow (python3-pil). Prints the file's size;
exit code 1 when it is above 2 MB or when fewer than three points differ in that knob alone.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image

MOST_BYTES = 2_000_000
WIDTH = 1120
FRAME_MS = 420
PAUSE_MS = 1200


def points_of(program, session, variant, shape):
    text = subprocess.run([program, "show", session, "--json", "-"], capture_output=True, text=True, check=True).stdout
    for point in json.loads(text)["points"]:
        wanted = point["operation"] == "layernorm_forward" and point["shape"] == shape and point["dtype"] == "f32"
        if wanted and point["variant"] == variant and point["verdict"] == "pass":
            yield point


def turn_of(points, knob):
    """The largest group of points that differ in `knob` alone, by its value."""
    groups = collections.defaultdict(dict)
    for point in points:
        others = tuple(sorted(item for item in point["knobs"].items() if item[0] != knob))
        groups[others][point["knobs"][knob]] = point["id"]
    largest = max(groups.values(), key=len, default={})
    return [largest[value] for value in sorted(largest)]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("program")
    parser.add_argument("session")
    parser.add_argument("out")
    parser.add_argument("--variant", default="row_split")
    parser.add_argument("--knob", default="block")
    parser.add_argument("--shape", default="16,64,256,256")
    arguments = parser.parse_args()
    shape = [int(extent) for extent in arguments.shape.split(",")]
    ids = turn_of(points_of(arguments.program, arguments.session, arguments.variant, shape), arguments.knob)
    if len(ids) < 3:
        sys.exit(f"{arguments.session}: fewer than three points of {arguments.variant} differ in {arguments.knob} alone")
    frames = []
    with tempfile.TemporaryDirectory() as folder:
        for number in ids:
            picture = pathlib.Path(folder) / f"{number}.png"
            subprocess.run([arguments.program, "screenshot", arguments.session, "--point", str(number), "--x",
                            arguments.knob, "--size", "1680x1050", "--out", str(picture)], check=True)
            image = Image.open(picture).convert("RGB")
            frames.append(image.resize((WIDTH, image.height * WIDTH // image.width), Image.Resampling.LANCZOS))
    there_and_back = frames + frames[-2:0:-1]
    times = [PAUSE_MS if frame in (0, len(frames) - 1) else FRAME_MS for frame in range(len(there_and_back))]
    there_and_back[0].save(arguments.out, save_all=True, append_images=there_and_back[1:], duration=times, loop=0,
                           quality=82, method=6)
    size = pathlib.Path(arguments.out).stat().st_size
    print(f"{arguments.out}: {len(there_and_back)} frames, {size} bytes")
    sys.exit(0 if size <= MOST_BYTES else 1)


if __name__ == "__main__":
    main()
