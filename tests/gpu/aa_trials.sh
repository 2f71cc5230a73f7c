#!/usr/bin/env bash
# Times kernels against themselves, in turns, and prints how often a difference was seen where there is none.
# tests/gpu/aa_trials.sh [TRIALS [SECONDS]]; KNOBSCOPE_GPU_TESTS names the program, else that of build/release is used.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
program=${KNOBSCOPE_GPU_TESTS:-$root/build/release/tests/gpu/knobscope_gpu_tests}
export KNOBSCOPE_ROOT=${KNOBSCOPE_ROOT:-$root}
export KNOBSCOPE_AA_TRIALS=${1:-1000} KNOBSCOPE_AA_SECONDS=${2:-60}
exec "$program" --gtest_filter='GpuInTurns.AKernelBesideItselfIsTheSame'
