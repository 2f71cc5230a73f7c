# LayerNorm forward over columns in powers of two and rows in powers of four, up to 2^28 elements: a few variants, each
# where it may be the best, with knobs that suit the length; then PyTorch eager on the same shapes. Sourced by on_device.sh.
# shellcheck shell=bash

# Shapes with columns from 2^$1 to 2^$2.
shapes_between() {
  local column row
  for ((column = $1; column <= $2; ++column)); do
    for ((row = 0; row + column <= 28; row += 2)); do printf '%sx%s ' $((1 << row)) $((1 << column)); done
  done
}

sweep() {
  local from=$1 to=$2
  shift 2
  # shellcheck disable=SC2046
  "$knobscope" run --device cuda --op layernorm_forward --no-hot --min-samples 7 --max-samples 25 --time-limit 0.01 \
    --session "$session" --shape $(shapes_between "$from" "$to") "$@" >/dev/null 2>>"$out/shapes.err"
}

sweep 0 7 --variant thread_per_row -a block=256
sweep 0 9 --variant warp_per_row -a block=256
sweep 0 6 --variant row_in_registers -a block=32 -a packs=1
sweep 7 9 --variant row_in_registers -a block=32 -a packs=1,4
sweep 10 10 --variant row_in_registers -a block=32,64 -a packs=8,4
sweep 11 11 --variant row_in_registers -a block=64,128 -a packs=8,4
sweep 12 12 --variant row_in_registers,bulk_ring -a block=128 -a packs=8
sweep 13 13 --variant row_in_registers,bulk_ring -a block=256 -a packs=8
sweep 14 14 --variant row_in_registers,bulk_ring -a block=512 -a packs=8 -a per_sm=1
sweep 10 24 --variant float4 -a block=1024
sweep 15 18 --variant row_split_cluster -a cluster=8,16 -a block=512 -a packs=8
sweep 13 24 --variant row_split_ticket -a splits=32,132 -a block=256
sweep 13 24 --variant row_split_backwards -a splits=32,256
sweep 18 24 --variant grid_on_chip
# shellcheck disable=SC2046
python3 tests/gpu/pytorch_baseline.py "$session" --op layernorm_forward --shape $(shapes_between 0 24) \
  2>>"$out/shapes.err" | tail -3
