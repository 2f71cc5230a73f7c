#!/usr/bin/env python3
"""Times PyTorch on the problems that Knobscope measures, and adds what it sees to a session as baselines.

    knobscope run --device cuda --session h200.session …
    tests/gpu/pytorch_baseline.py h200.session [--op NAME] [--shape 8192x4096 …] [--dtype f32,bf16] [--compile] …

The session must hold a point of the GPU already: its device, driver and ceilings are taken over. Times are taken as
Knobscope takes its cold ones: the L2 cache flushed, the launch hidden behind a kernel that only waits, CUDA events
around the work. Inputs are Knobscope's own: the same generator, seed and distribution (normal). Every output is checked
against the formula in float64, with Knobscope's tolerances; a point whose output is wrong is recorded as wrong.

A baseline is a point like any other. Its variant is "baseline/pytorch_eager" or "baseline/pytorch_compile".
"""
import argparse
import datetime
import json
import math
import os
import sqlite3
import statistics
import struct
import sys
import time

# Before torch is imported: its pool of compilers is not needed here, and takes twenty seconds to go away.
os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")

import torch
import torch.nn.functional as F

EPSILON = 1e-5
MOMENTUM = 0.1
TYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}
# Relative and absolute: the defaults of torch.testing.assert_close.
TOLERANCES = {torch.float32: (1.3e-6, 1e-5), torch.float16: (1e-3, 1e-5), torch.bfloat16: (1.6e-2, 1e-5)}
SUM_TOLERANCE = 4 * 2.0**-24  # of the size of the terms of a sum, as in app/device/judging.cpp
SAMPLES = (11, 100)
SECONDS = 0.1
FLUSHED_BYTES = 256 << 20
PIECE = 1 << 24  # elements at a time where what lies between takes many times their memory
APPLICATION_ID = 0x4B4E4F42
SCHEMA_VERSION = 6


# ---- Inputs: Philox 4x32-10, and the normal quantile of AS 241, as in app/device/numerics/generator.h ----


def words_of(seed, stream, begin, end):
    """Random words of 32 bits, number `begin` (a multiple of four) up to `end`, as int64."""
    mask = 0xFFFFFFFF
    groups = torch.arange(begin // 4, (end + 3) // 4, device="cuda", dtype=torch.int64)
    a, b = groups & mask, groups >> 32
    c, d = torch.full_like(groups, stream), torch.zeros_like(groups)
    key0, key1 = seed & mask, (seed >> 32) & mask
    for _ in range(10):
        product0, product1 = 0xD2511F53 * a, 0xCD9E8D57 * c  # the low 64 bits, whatever the sign bit says
        a, b, c, d = (
            ((product1 >> 32) & mask) ^ b ^ key0,
            product1 & mask,
            ((product0 >> 32) & mask) ^ d ^ key1,
            product0 & mask,
        )
        key0, key1 = (key0 + 0x9E3779B9) & mask, (key1 + 0xBB67AE85) & mask
    return torch.stack((a, b, c, d), dim=1).flatten()[: end - begin]


def horner(r, *coefficients):
    value = torch.full_like(r, coefficients[0])
    for coefficient in coefficients[1:]:
        value = value * r + coefficient
    return value


def normal_of(words):
    p = (words.double() + 0.5) * 2.0**-32
    q = p - 0.5
    r = 0.180625 - q * q
    central = (
        q
        * horner(r, 59.109374720, 159.29113202, 50.434271938, 3.3871327179)
        / horner(r, 67.187563600, 78.757757664, 17.895169469, 1.0)
    )
    r = torch.sqrt(-torch.log(torch.where(q < 0, p, 1 - p)))
    near = horner(r - 1.6, 0.17023821103, 1.3067284816, 2.7568153900, 1.4234372777) / horner(
        r - 1.6, 0.12021132975, 0.73700164250, 1.0
    )
    far = horner(r - 5, 0.017337203997, 0.42868294337, 3.0812263860, 6.6579051150) / horner(
        r - 5, 0.012258202635, 0.24197894225, 1.0
    )
    tail = torch.where(r <= 5, near, far)
    return torch.where(q.abs() <= 0.425, central, torch.where(q < 0, -tail, tail))


def uniform_of(words):
    return (words >> 8).double() * 2.0**-24


def filled(shape, seed, stream, dtype, draw=normal_of, offset=0.0, scale=1.0):
    count = math.prod(shape)
    result = torch.empty(count, device="cuda", dtype=dtype)
    for begin in range(0, count, PIECE):
        end = min(begin + PIECE, count)
        result[begin:end] = (offset + scale * draw(words_of(seed, stream, begin, end))).float().to(dtype)
    return result.view(shape)


# ---- Operations: what runs, what must come out, and how many bytes no one can do without ----


class Operation:
    """run() is timed. reference() gives (name, actual, expected, size of the terms) for each output of run()."""

    def __init__(self, shape, normalized_dims, dtype, layout, activation, seed):
        self.shape, self.dtype, self.activation = shape, dtype, activation
        self.dims = tuple(shape[-normalized_dims:])
        self.parameters = self.dims if self.by_row else (shape[1],)
        memory_shape = shape if layout == "nchw" else [shape[0], shape[2], shape[3], shape[1]]
        self.fill = lambda stream: (
            filled(memory_shape, seed, stream, dtype)
            if layout == "nchw"
            else filled(memory_shape, seed, stream, dtype).permute(0, 3, 1, 2)
        )
        self.x = self.fill(0)
        self.gamma = filled(self.parameters, seed, 1, dtype, offset=1.0, scale=0.1)
        self.beta = filled(self.parameters, seed, 2, dtype, scale=0.1)
        if not self.by_row:
            self.running_mean = filled(self.parameters, seed, 3, torch.float32, scale=0.1)
            self.running_var = filled(self.parameters, seed, 4, torch.float32, uniform_of, offset=0.5)
        self.elements = math.prod(shape)
        self.columns = math.prod(self.parameters)
        self.size = self.x.element_size()

    def activated(self, y):
        return {"none": lambda v: v, "relu": F.relu, "gelu": F.gelu}[self.activation](y)


class LayerNormForward(Operation):
    by_row = True

    def run(self):
        return self.activated(F.layer_norm(self.x, self.dims, self.gamma, self.beta, EPSILON))

    def bytes(self):
        return (2 * self.elements + 2 * self.columns) * self.size

    def reference(self, y):
        expected = F.layer_norm(self.x.double(), self.dims, self.gamma.double(), self.beta.double(), EPSILON)
        yield "y", y, self.activated(expected), None


class LayerNormBackward(Operation):
    by_row = True

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.dy = self.fill(5)
        x = self.x.double().flatten(-len(self.dims)) if len(self.dims) > 1 else self.x.double()
        variance, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
        lead = self.x.shape[: self.x.dim() - len(self.dims)] + (1,) * len(self.dims)
        self.mean = mean.float().view(lead)
        self.rstd = (1 / torch.sqrt(variance + EPSILON)).float().view(lead)

    def run(self):
        return torch.ops.aten.native_layer_norm_backward(
            self.dy, self.x, self.dims, self.mean, self.rstd, self.gamma, self.beta, [True, True, True]
        )

    def bytes(self):
        rows = self.elements // self.columns
        return (3 * self.elements + 3 * self.columns) * self.size + 8 * rows

    def reference(self, outputs):
        rows = tuple(range(self.x.dim() - len(self.dims)))
        row = tuple(range(self.x.dim() - len(self.dims), self.x.dim()))
        rstd = self.rstd.double()
        xhat = (self.x.double() - self.mean.double()) * rstd
        dy = self.dy.double()
        w = dy * self.gamma.double()
        mean_w, mean_wx = w.mean(row, keepdim=True), (w * xhat).mean(row, keepdim=True)
        size = rstd * (w.abs() + w.abs().mean(row, keepdim=True) + xhat.abs() * (w * xhat).abs().mean(row, keepdim=True))
        yield "dx", outputs[0], rstd * (w - mean_w - xhat * mean_wx), size
        product = dy * xhat
        yield "dgamma", outputs[1], product.sum(rows), product.abs().sum(rows)
        yield "dbeta", outputs[2], dy.sum(rows), dy.abs().sum(rows)


class BatchNormInference(Operation):
    by_row = False

    def run(self):
        return F.batch_norm(self.x, self.running_mean, self.running_var, self.gamma, self.beta, False, 0.0, EPSILON)

    def bytes(self):
        return (2 * self.elements + 2 * self.columns) * self.size + 8 * self.columns

    def per_channel(self, vector):
        return vector.double().view(1, -1, 1, 1)

    def reference(self, y):
        scale = self.per_channel(self.gamma) / torch.sqrt(self.per_channel(self.running_var) + EPSILON)
        yield "y", y, (self.x.double() - self.per_channel(self.running_mean)) * scale + self.per_channel(self.beta), None


class BatchNormTraining(BatchNormInference):
    def run(self):
        return F.batch_norm(
            self.x, self.running_mean, self.running_var, self.gamma, self.beta, True, MOMENTUM, EPSILON
        )

    def reference(self, y):
        x = self.x.double()
        variance, mean = torch.var_mean(x, (0, 2, 3), correction=0, keepdim=True)
        yield "y", y, (x - mean) / torch.sqrt(variance + EPSILON) * self.per_channel(self.gamma) + self.per_channel(
            self.beta
        ), None


OPERATIONS = {
    "layernorm_forward": LayerNormForward,
    "layernorm_backward": LayerNormBackward,
    "batchnorm_inference": BatchNormInference,
    "batchnorm_training": BatchNormTraining,
}


# ---- Judging ----


def judge(name, actual, expected, size):
    """A row of the table output_error, without point and position. In pieces, as a dozen tensors of doubles would be
    needed at once."""
    relative, absolute = TOLERANCES[actual.dtype]
    digits, least = {torch.float32: (23, -126), torch.float16: (10, -14), torch.bfloat16: (7, -126)}[actual.dtype]
    flat = [None if each is None else each.flatten() for each in (actual, expected, size)]
    row = {"output": name, "elements": actual.numel(), "max_abs_error": 0.0, "max_rel_error": 0.0, "rms_error": 0.0,
           "relative_l2_error": 0.0, "max_ulp": 0.0, "nonfinite": 0, "unwritten": 0, "failing": 0, "first_bad": None,
           "first_bad_value": 0.0, "first_bad_reference": 0.0}
    errors = references = 0.0
    for begin in range(0, actual.numel(), PIECE):
        value, wanted, terms = (None if each is None else each[begin : begin + PIECE].double() for each in flat)
        finite = torch.isfinite(value)
        error = torch.where(finite, (value - wanted).abs(), torch.zeros_like(wanted))
        allowed = absolute + relative * wanted.abs()
        if terms is not None:
            allowed += SUM_TOLERANCE * terms
        failing = ~finite | (error > allowed)
        exponent = (torch.frexp(wanted.abs()).exponent - 1).clamp(min=least)
        ulps = error / torch.ldexp(torch.ones_like(wanted), exponent - digits)
        relatives = torch.where(wanted != 0, error / wanted.abs(), torch.zeros_like(error))
        row["max_abs_error"] = max(row["max_abs_error"], float(error.max()))
        row["max_rel_error"] = max(row["max_rel_error"], float(relatives.max()))
        row["max_ulp"] = max(row["max_ulp"], float(ulps.max()))
        row["nonfinite"] += int((~finite).sum())
        row["failing"] += int(failing.sum())
        if row["first_bad"] is None and bool(failing.any()):
            first = int(failing.nonzero()[0])
            row["first_bad"] = begin + first
            row["first_bad_value"], row["first_bad_reference"] = float(value[first]), float(wanted[first])
        errors += float(error.square().sum())
        references += float(wanted.square().sum())
    row["rms_error"] = math.sqrt(errors / actual.numel())
    row["relative_l2_error"] = math.sqrt(errors / references) if references > 0 else 0.0
    return row


# ---- Timing ----


class Timer:
    def __init__(self):
        self.flushed = torch.empty(FLUSHED_BYTES // 4, device="cuda", dtype=torch.int32)
        self.begin, self.end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        self.value = 0
        # Cycles a wait must last so that the CPU has enqueued everything behind it.
        self.head_start = 400_000

    def cold(self, run):
        """Nanoseconds of one run."""
        self.value += 0x01010101
        self.flushed.fill_(self.value % 0x7FFFFFFF)
        torch.cuda._sleep(self.head_start)
        self.begin.record()
        run()
        self.end.record()
        self.end.synchronize()
        return self.begin.elapsed_time(self.end) * 1e6

    def samples(self, run, seconds=SECONDS):
        for _ in range(3):
            run()
        torch.cuda.synchronize()
        taken, started = [], time.monotonic()
        while len(taken) < SAMPLES[0] or (len(taken) < SAMPLES[1] and time.monotonic() - started < seconds):
            taken.append(self.cold(run))
        return taken


def interval_rank(count):
    """The largest k with P(Binomial(count, 1/2) < k) <= 2.5 %: the median's 95 % interval, as app/core/statistics."""
    cumulative, k = 0.0, 0
    while k <= count:
        cumulative += math.comb(count, k) / 2**count
        if cumulative > 0.025:
            return max(k, 1)
        k += 1
    return 1


def quantile(ordered, q):
    at = q * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def summarize(samples):
    ordered = sorted(samples)
    rank = interval_rank(len(ordered))
    mean = statistics.fmean(ordered)
    return {
        "count": len(ordered),
        "median_ns": quantile(ordered, 0.5),
        "ci_low_ns": ordered[rank - 1],
        "ci_high_ns": ordered[-rank],
        "p5_ns": quantile(ordered, 0.05),
        "p95_ns": quantile(ordered, 0.95),
        "minimum_ns": ordered[0],
        "mean_ns": mean,
        "cv": statistics.stdev(ordered) / mean if len(ordered) > 1 else 0.0,
    }


# ---- The session ----


class Session:
    def __init__(self, file):
        self.database = sqlite3.connect(f"file:{file}?mode=rw", uri=True)
        self.database.row_factory = sqlite3.Row
        if self.database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            sys.exit(f"{file}: is no Knobscope session; name one that knobscope wrote with --session")
        version = self.database.execute("PRAGMA user_version").fetchone()[0]
        if version != SCHEMA_VERSION:
            sys.exit(f"{file}: is of session version {version}, this script writes version {SCHEMA_VERSION}")
        self.template = self.database.execute(
            "SELECT * FROM point WHERE device LIKE 'cuda:%' AND ceiling_device IS NOT NULL ORDER BY position DESC LIMIT 1"
        ).fetchone()
        if self.template is None:
            sys.exit(f"{file}: holds no timed point of a CUDA device yet; measure one with knobscope run first")

    def insert(self, table, row):
        names = ", ".join(row)
        marks = ", ".join("?" for _ in row)
        return self.database.execute(f"INSERT INTO {table}({names}) VALUES({marks})", list(row.values()))

    def add(self, facts, samples, errors):
        row = dict(self.template)
        row.pop("position")
        row.update(facts)
        row["id"] = self.database.execute("SELECT max(id) FROM point").fetchone()[0] + 1
        row["started_at"] = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        for name in ("sm_clock_mhz", "memory_clock_mhz", "temperature_c", "power_w", "throttle_reasons", "registers",
                     "spill_bytes", "shared_bytes", "occupancy", "waves", "compile_ms", "modelled_reads",
                     "modelled_writes", "window"):
            row[name] = None
        with self.database:
            self.insert("point", row)
            if not samples:
                return
            self.insert("samples", {"point": row["id"], "kind": "cold",
                                    "nanoseconds": struct.pack(f"<{len(samples)}d", *samples)})
            self.insert("summary", {"point": row["id"], "kind": "cold", **summarize(samples)})
            for position, error in enumerate(errors):
                self.insert("output_error", {"point": row["id"], "position": position, **error})


def measure(session, timer, arguments, shape, dtype_name, compiled):
    operation = OPERATIONS[arguments.op](shape, arguments.normalized_dims, TYPES[dtype_name], arguments.layout,
                                         arguments.activation, arguments.seed)
    run = operation.run
    if compiled:
        torch._dynamo.reset()
        run = torch.compile(operation.run, dynamic=False)
    started = time.monotonic()
    outputs = run()  # before the running statistics have moved
    torch.cuda.synchronize()
    compile_seconds = time.monotonic() - started
    errors = [judge(*each) for each in operation.reference(outputs)]
    del outputs
    samples = timer.samples(run)
    half = operation.bytes() // 2
    source, target = (torch.empty(half, device="cuda", dtype=torch.uint8) for _ in range(2))
    copy = operation.bytes() / statistics.median(timer.samples(lambda: target.copy_(source), 0.05)) * 1e9
    wrong = [error for error in errors if error["failing"]]
    how = "compile" if compiled else "eager"
    facts = {
        "operation": arguments.op,
        "shape": json.dumps(shape, separators=(",", ":")),
        "normalized_dims": arguments.normalized_dims,
        "dtype": dtype_name,
        "layout": arguments.layout,
        "activation": arguments.activation,
        "distribution": "normal",
        "seed": arguments.seed,
        "epsilon": EPSILON,
        "variant": f"baseline/pytorch_{how}",
        "variant_name": f"PyTorch {how}",
        "variant_title": f"PyTorch {torch.__version__.split('+')[0]}, " + ("torch.compile" if compiled else "eager"),
        "source_hash": "",
        "knobs": "{}",
        "time_cold": 1,
        "time_hot": 0,
        "time_rotating": 0,
        "time_graph": 0,
        "time_wall": 0,
        "min_samples": SAMPLES[0],
        "max_samples": SAMPLES[1],
        "time_limit_s": SECONDS,
        "verdict": "wrong" if wrong else "pass",
        "reason": f"{wrong[0]['output']}: {wrong[0]['failing']} of {wrong[0]['elements']} elements are off" if wrong else "",
        "compile_log": "",
        "bytes": operation.bytes(),
        "inputs_changed": 0,
        "damaged_guards": "[]",
        "sized_memcpy": copy,
        "sized_copy": copy,
    }
    session.add(facts, samples, errors)
    median = statistics.median(samples)
    rate = operation.bytes() / median * 1e9
    print(f"{arguments.op} {'x'.join(map(str, shape))} {dtype_name} {how}: {median / 1000:.1f} us, "
          f"{100 * rate / copy:.1f} % of memcpy, {facts['verdict']}"
          + (f", first call {compile_seconds:.0f} s" if compiled else ""), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("session")
    parser.add_argument("--op", choices=OPERATIONS, default="layernorm_forward")
    parser.add_argument("--shape", nargs="+", default=["8192x4096"], help="such as 16x64x256x256")
    parser.add_argument("--normalized-dims", type=int, default=1)
    parser.add_argument("--dtype", default="f32", help="f32,f16,bf16")
    parser.add_argument("--layout", choices=("nchw", "nhwc"), default="nchw")
    parser.add_argument("--activation", choices=("none", "relu", "gelu"), default="none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compile", action="store_true", help="torch.compile as well")
    arguments = parser.parse_args()
    session = Session(arguments.session)
    timer = Timer()
    failures = 0
    for text in arguments.shape:
        shape = [int(n) for n in text.split("x")]
        for dtype in arguments.dtype.split(","):
            for compiled in (False, True) if arguments.compile else (False,):
                try:
                    measure(session, timer, arguments, shape, dtype, compiled)
                except Exception as error:  # one problem must not take the others with it
                    failures += 1
                    print(f"{arguments.op} {text} {dtype}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
                torch.cuda.empty_cache()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
