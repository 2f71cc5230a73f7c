#!/usr/bin/env bash
# Everything that needs a GPU, in one go, for a machine that is only lent for minutes: the gpu tests, the check
# matrix, the recorded session and the window's pictures. Build first; nothing is installed or downloaded here.
#
#   tests/gpu/on_device.sh BUILD_FOLDER OUT_FOLDER [record|pictures|trace|matrix|agree|tests …]
#
# The tests come last: they fault the GPU on purpose. Libraries the machine lacks (EGL, …) may lie in .gl/ beside this repository's files. Leaves in OUT_FOLDER:
# gpu-tests.txt, matrix.md, h200.session (the GPU's name), agreement.csv, window-*.png.
set -uo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
build=${1:?the build folder}
out=${2:?a folder for what is made}
shift 2
steps=("$@")
[[ ${#steps[@]} -gt 0 ]] || steps=(record pictures trace matrix agree tests)
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

gpu_tests() {
  find "$build/tests/gpu" -maxdepth 1 -type f -name 'knobscope*gpu*' -perm -u+x -print0 |
    xargs -0 -I{} sh -c '{} --gtest_brief=1' 2>&1 | tee "$out/gpu-tests.txt" | tail -60
  return "${PIPESTATUS[0]}"
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

# Every CUDA variant, every type, on the shapes the README promises, default knobs.
matrix() {
  local session=$out/matrix.session shape
  rm -f "$session"
  for shape in 8192x4096 4096x16384 32768x768 1x1 3x1 1x4097 17x1000 5x31 132x65537; do
    "$knobscope" run --device cuda --op layernorm_forward --shape "$shape" --dtype f32,f16,bf16 \
      --time-limit 0.05 --session "$session" >/dev/null 2>>"$out/matrix.err" || echo "layernorm $shape: not all passed"
  done
  # Right or wrong is all that is asked of a thread for a row of four million: a run of it takes seconds.
  "$knobscope" run --device cuda --op layernorm_forward --shape 16x64x256x256 --normalized-dims 3 --no-cold --no-hot \
    --dtype f32,f16,bf16 --session "$session" >/dev/null 2>>"$out/matrix.err" ||
    echo "layernorm 16x64x256x256: not all passed"
  for shape in 16x64x256x256 64x64x512x512 3x5x7x9 1x1x1x1 2x3x1x257; do
    "$knobscope" run --device cuda --op batchnorm_inference --shape "$shape" --dtype f32,f16,bf16 \
      --time-limit 0.05 --session "$session" >/dev/null 2>>"$out/matrix.err" || echo "batchnorm $shape: not all passed"
  done
  "$knobscope" show "$session" --md "$out/matrix.md" --json "$out/matrix.json" >/dev/null
  python3 - "$out/matrix.json" <<'PY'
import collections, json, sys
points = json.load(open(sys.argv[1]))["points"]
print(len(points), "points:", dict(collections.Counter(p["verdict"] for p in points)))
for p in points:
    if p["verdict"] not in ("pass", "noisy"):
        print(" ", p["verdict"], p["variant"], p["shape"], p["dtype"], p["reason"])
PY
}

# One shape and some knobs of the ring of bulk copies, into the recorded session.
ring() {
  local shape=$1
  shift
  "$knobscope" run --device cuda --op layernorm_forward --variant bulk_ring --shape "$shape" "$@" --time-limit 0.1 \
    --session "$out/h200.session" 2>>"$out/record.err" | tail -12
}

# The session that is committed and that the window opens without a GPU.
record() {
  local session=$out/h200.session
  rm -f "$session"
  # Few huge rows: what has a block for a row, at every size of it, and what splits rows. A thread for a row takes seconds.
  "$knobscope" run --device cuda --op layernorm_forward --shape 16x64x256x256 --normalized-dims 3 -a block=all \
    --variant global_atomics,block_per_row,flat_index_rsqrt,single_pass,welford,float4 \
    --time-limit 0.3 --session "$session" 2>>"$out/record.err" | tail -80
  "$knobscope" run --device cuda --op layernorm_forward --shape 16x64x256x256 --normalized-dims 3 -a block=all \
    -a splits=256 --variant row_split --time-limit 0.3 --session "$session" 2>>"$out/record.err" | tail -20
  "$knobscope" run --device cuda --op layernorm_forward --shape 16x64x256x256 --normalized-dims 3 -a block=256,512,1024 \
    -a splits=66,132,264 --variant row_split_ticket,row_split_grid_sync --time-limit 0.2 --session "$session" \
    2>>"$out/record.err" | tail -40
  # Many rows: all of them, then what keeps a row on chip, and the ring with the knobs that suit each length.
  "$knobscope" run --device cuda --op layernorm_forward --shape 8192x4096 -a block=64,128,256,512,1024 -a splits=1 \
    -a rows_at_once=132 --time-limit 0.1 --session "$session" 2>>"$out/record.err" | tail -120
  "$knobscope" run --device cuda --op layernorm_forward --shape 32768x768 4096x16384 -a block=64,256,512 -a packs=1,4,8 \
    --variant warp_per_row,row_in_registers,row_in_shared --time-limit 0.05 --session "$session" \
    2>>"$out/record.err" | tail -60
  ring 8192x4096 -a block=64,128 -a per_sm=4 -a stages=3 -a kept=32,64
  ring 8192x4096 -a block=256 -a per_sm=2 -a stages=6 -a kept=16
  ring 4096x16384 -a block=256,512 -a per_sm=1 -a stages=3 -a kept=32,64
  ring 32768x768 -a block=32 -a per_sm=16 -a stages=4 -a kept=24 -a tickets=0,1
  "$knobscope" sweep --device cuda --op batchnorm_inference --shape 16x64x256x256 -a packs=4 \
    --time-limit 0.2 --session "$session" 2>>"$out/record.err" | tail -40
  # Where digits are lost: single-pass variants are wrong here, and the session says so.
  "$knobscope" run --device cuda --op layernorm_forward --shape 8192x4096 --distribution offset \
    --offset 0,10,1000,100000 --time-limit 0.05 --session "$session" >/dev/null 2>>"$out/record.err"
  "$knobscope" show "$session" --md "$out/record.md" --json "$out/record.json" >/dev/null
  ls -l "$session"
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
    record) step 'recorded session' record ;;
    pictures) step 'pictures' pictures ;;
    agree) step 'agreement of the emulated device' agree ;;
    trace) step 'NVTX in Nsight Systems' trace ;;
    *) printf 'on_device.sh: there is no step "%s"; there are record, pictures, trace, matrix, agree, tests\n' "$name"; exit 2 ;;
  esac
done
exit "$failures"
