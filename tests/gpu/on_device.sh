#!/usr/bin/env bash
# Everything that needs a GPU, in one go, for a machine that is only lent for minutes: the recorded sessions, PyTorch, the
# window's pictures, the check matrix, compute-sanitizer and the gpu tests. Build first; nothing is installed here.
#
#   tests/gpu/on_device.sh BUILD_FOLDER OUT_FOLDER [record|baselines|shapes|pictures|trace|counters|matrix|sanitize|agree|tests …]
#
# The tests come last: they fault the GPU on purpose. Libraries the machine lacks (EGL, …) may lie in .gl/ beside this
# repository's files. Leaves in OUT_FOLDER: h200.session (the GPU's name), baselines.session, h200-shapes.session,
# window-*.png, live-*.png, matrix.md, sanitize-*.txt of tools that complain, agreement.csv, gpu-tests.txt. What
# `counters` found stands on the terminal.
set -uo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." || exit 2
build=${1:?the build folder}
out=${2:?a folder for what is made}
shift 2
steps=("$@")
[[ ${#steps[@]} -gt 0 ]] || steps=(record baselines shapes pictures trace counters matrix sanitize agree tests)
mkdir -p "$out"

export LD_LIBRARY_PATH="$PWD/.gl${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export KNOBSCOPE_ROOT=$PWD
export KNOBSCOPE_CACHE_DIR=${KNOBSCOPE_CACHE_DIR:-$(mktemp -d)}
knobscope=$build/app/knobscope
[[ -x $knobscope ]] || knobscope=$build/knobscope
failures=0

step() {
  local name=$1 begin=$SECONDS
  shift
  printf '== %s\n' "$name"
  "$@" || { failures=$((failures + 1)); printf '!! %s: exit code %s\n' "$name" "$?"; }
  printf '== %s took %s s\n' "$name" $((SECONDS - begin))
}

# The kernels' tests side by side, for they wait for compilers and for each other's verdicts; times and faults alone.
gpu_tests() {
  local program=$build/tests/gpu/knobscope_gpu_tests result=0 name running=()
  local alone='GpuTiming.*:GpuMethods.*:KnownNoise.*:GpuOverhead.*:GpuEnvironment.*:GpuProfile.*:GpuFault*' apart=(LayerNormForwardIs LayerNormBackwardIs BatchNormTrainingIs BatchNormInferenceIs)
  for name in "${apart[@]}"; do
    "$program" --gtest_brief=1 --gtest_filter="GpuVariants.$name*" >"$out/gpu-tests-$name.txt" 2>&1 &
    running+=($!)
  done
  local others="*-GpuAgreement.*:$alone"
  for name in "${apart[@]}"; do others+=":GpuVariants.$name*"; done
  "$program" --gtest_brief=1 --gtest_filter="$others" >"$out/gpu-tests-others.txt" 2>&1 &
  running+=($!)
  for name in "${running[@]}"; do wait "$name" || result=1; done
  "$program" --gtest_brief=1 --gtest_filter="$alone" >"$out/gpu-tests-alone.txt" 2>&1 || result=1
  cat "$out"/gpu-tests-*.txt >"$out/gpu-tests.txt"
  rm -f "$out"/gpu-tests-*.txt
  tail -80 "$out/gpu-tests.txt"
  return "$result"
}

# The emulated device beside the GPU, bit by bit. Needs a C++ compiler; to be committed as assets/agreement/h200.csv.
agree() {
  KNOBSCOPE_AGREEMENT=$out/agreement.csv "$build/tests/gpu/knobscope_gpu_tests" --gtest_filter='GpuAgreement.*' \
    >"$out/agreement.txt" 2>&1
  local result=$?
  tail -120 "$out/agreement.txt"
  [[ -s $out/agreement.csv ]] || { echo 'no table was written'; return 1; }
  return "$result"
}

# Every CUDA variant, every type, on the shapes the README promises, default knobs. Right or wrong is all that is asked.
matrix() {
  local session=$out/matrix.session op shape layout
  rm -f "$session"
  check() {
    "$knobscope" run --device cuda --no-cold --no-hot --dtype f32,f16,bf16 --session "$session" "$@" >/dev/null \
      2>>"$out/matrix.err" || echo "$*: not all passed"
  }
  for op in layernorm_forward layernorm_backward; do
    check --op "$op" --shape 1x1 3x1 17x2 132x31 4096x33 17x1000 1x4097 32768x768 8192x4096 4096x16384 132x65537
    check --op "$op" --shape 16x64x256x256 --normalized-dims 3
  done
  for op in batchnorm_inference batchnorm_training; do
    for layout in nchw nhwc; do
      check --op "$op" --layout "$layout" --shape 2x1x1x1 3x5x7x9 2x3x1x257 1x2048x7x7 16x64x256x256
    done
  done
  for op in relu gelu; do check --op layernorm_forward --activation "$op" --shape 17x1000 8192x4096; done
  # The distributions that kernels fail on.
  for op in layernorm_forward layernorm_backward; do
    check --op "$op" --shape 33x1000 --distribution uniform,offset,constant,outlier,nonfinite
  done
  for op in batchnorm_inference batchnorm_training; do
    check --op "$op" --shape 4x17x31x33 --distribution uniform,offset,constant,outlier,nonfinite
  done
  "$knobscope" show "$session" --md "$out/matrix.md" --json "$out/matrix.json" >/dev/null
  python3 - "$out/matrix.json" <<'PY'
import collections, json, sys
points = json.load(open(sys.argv[1]))["points"]
print(len(points), "points:", dict(collections.Counter(p["verdict"] for p in points)))
for p in points:
    if p["verdict"] not in ("pass", "unfit"):
        print(" ", p["verdict"], p["variant"], p["shape"], p["dtype"], p["distribution"], p["reason"])
PY
  rm -f "$out/matrix.json" "$session"
}

# The command line of a take, to compile what it names.
name_take() { printf '%q ' "$@"; printf '\n'; }

# One variant with some knobs, into the recorded session.
take_now() {
  "$knobscope" run --device cuda --session "$out/h200.session" --time-limit 0.1 "$@" 2>>"$out/record.err" |
    grep -E 'µs|ms|failed|wrong' | cut -c1-190
}

# The session that is committed and that the window opens without a GPU.
record() {
  rm -f "$out/h200.session"
  # Compiling is most of the time. All cores do it first, without timing; then every take finds its kernels compiled.
  take() { name_take "$@"; }
  # shellcheck source=tests/gpu/recorded_points.sh
  source tests/gpu/recorded_points.sh | sed 's/^--counters //' |
    KNOBSCOPE=$knobscope xargs -P "$(nproc)" -d '\n' -I{} \
      bash -c '"$KNOBSCOPE" run --device cuda --no-cold --no-hot {} >/dev/null 2>&1; true'
  echo "compiled after $SECONDS s"
  take() { take_now "$@"; }
  # shellcheck source=tests/gpu/recorded_points.sh
  source tests/gpu/recorded_points.sh
  "$knobscope" show "$out/h200.session" --md "$out/record.md" >/dev/null
  python3 tests/gpu/slim_session.py "$out/h200.session"
  ls -l "$out/h200.session"
}

# PyTorch on the same problems, to be committed as assets/baselines/h200.session.
baselines() {
  local session=$out/baselines.session dtypes=f32,f16,bf16
  rm -f "$session"
  "$knobscope" run --device cuda --op layernorm_forward --variant float4 --shape 8192x4096 --no-hot --time-limit 0.05 \
    --session "$session" >/dev/null 2>&1
  baseline() { python3 tests/gpu/pytorch_baseline.py "$session" --dtype "$dtypes" "$@" 2>>"$out/baselines.err"; }
  local op
  for op in batchnorm_inference batchnorm_training; do
    baseline --op "$op" --shape 16x64x256x256 --compile
    dtypes=f32 baseline --op "$op" --shape 64x64x512x512 64x256x56x56 256x64x32x32 --compile
    dtypes=f32 baseline --op "$op" --shape 16x64x256x256 --layout nhwc
  done
  for op in layernorm_forward layernorm_backward; do
    baseline --op "$op" --shape 8192x4096 4096x16384 32768x768 --compile
    baseline --op "$op" --shape 16x64x256x256 --normalized-dims 3 --compile
  done
  for op in relu gelu; do
    dtypes=f32 baseline --op layernorm_forward --shape 8192x4096 --activation "$op" --compile
  done
  python3 tests/gpu/slim_session.py "$session" --no-maps
  ls -l "$session"
}

# LayerNorm forward over rows and columns in powers of two, from 1 to 2^24 columns and up to 2^28 elements: the best of a
# few variants beside PyTorch eager. To be committed as assets/sessions/h200-shapes.session.
shapes() {
  local session=$out/h200-shapes.session
  rm -f "$session"
  # shellcheck source=tests/gpu/shape_sweep.sh
  source tests/gpu/shape_sweep.sh
  python3 tests/gpu/slim_session.py "$session" --no-maps
  ls -l "$session"
}

# compute-sanitizer's four tools over every CUDA variant, on small awkward shapes.
sanitize() {
  local tool op result=0
  for tool in memcheck racecheck synccheck initcheck; do
    for op in layernorm_forward layernorm_backward batchnorm_inference batchnorm_training; do
      local shape=5x1004
      [[ $op == batchnorm* ]] && shape=2x3x12x31
      timeout 120 compute-sanitizer --tool "$tool" --target-processes all --report-api-errors no --error-exitcode 7 \
        "$knobscope" run --device cuda --op "$op" --shape "$shape" --no-cold --no-hot --launch-limit 100 \
        >"$out/sanitize-$tool-$op.txt" 2>&1
      local rc=$?
      printf '%s %s: exit code %s, %s\n' "$tool" "$op" "$rc" \
        "$(grep -h 'SUMMARY' "$out/sanitize-$tool-$op.txt" | tail -1)"
      grep -q 'SUMMARY: 0 ' "$out/sanitize-$tool-$op.txt" && rm "$out/sanitize-$tool-$op.txt" || result=1
    done
  done
  return "$result"
}

pictures() {
  local size name
  for size in 1280x720 3840x2160; do
    name=$out/window-$size.png
    "$knobscope" screenshot "$out/h200.session" --size "$size" --out "$name" || return 1
    "$knobscope" screenshot --device cuda:0 --size "$size" --out "${name/window/live}" || return 1
    ls -l "$name"
  done
}

# Nsight Systems must see the domain, its nested ranges, and the same point ids as the table has.
trace() {
  local nsys
  nsys=$(command -v nsys || ls /opt/nvidia/nsight-*/*/host/target-linux-x64/nsys /opt/nvidia/nsight-*/*/bin/nsys 2>/dev/null | head -1)
  [[ -n $nsys ]] || { echo 'no nsys on this machine'; return 1; }
  "$nsys" profile --trace=cuda,nvtx --sample=none --cpuctxsw=none --force-overwrite=true --output="$out/nvtx" \
    "$knobscope" run --device cuda --shape 1024x4096 --variant welford,float4 --time-limit 0.02 \
    --json "$out/nvtx.json" >"$out/nvtx.txt" 2>&1
  "$nsys" export --type=sqlite --force-overwrite=true --output="$out/nvtx.sqlite" "$out/nvtx.nsys-rep" >>"$out/nvtx.txt" 2>&1
  python3 tests/gpu/check_nvtx.py "$out/nvtx.sqlite" "$out/nvtx.json"
  local result=$?
  rm -f "$out/nvtx.sqlite" "$out/nvtx.nsys-rep" "$out/nvtx.qdstrm"
  return "$result"
}

for name in "${steps[@]}"; do
  case $name in
    tests) step 'gpu tests' gpu_tests ;;
    matrix) step 'check matrix' matrix ;;
    baselines) step 'PyTorch' baselines ;;
    shapes) step 'rows by columns' shapes ;;
    sanitize) step 'compute-sanitizer' sanitize ;;
    record) step 'recorded session' record ;;
    pictures) step 'pictures' pictures ;;
    agree) step 'agreement of the emulated device' agree ;;
    counters) step 'counters beside Nsight Compute' tests/gpu/counters_against_ncu.py "$knobscope" ;;
    trace) step 'NVTX in Nsight Systems' trace ;;
    *) printf 'on_device.sh: there is no step "%s"; there are record, baselines, shapes, pictures, trace, counters, matrix, sanitize, agree, tests\n' "$name"; exit 2 ;;
  esac
done
exit "$failures"
