# What goes into the recorded session; sourced by on_device.sh. take() measures and prints.
# shellcheck shell=bash

# Few huge rows, 16 of 4,194,304: what has a block for a row, at every size of it; what splits rows; a row on chip.
huge=(--shape 16x64x256x256 --normalized-dims 3)
take --op layernorm_forward "${huge[@]}" -a block=64,256,512,1024 \
  --variant global_atomics,block_per_row,flat_index_rsqrt,single_pass,welford,float4
take --op layernorm_forward "${huge[@]}" -a block=all -a splits=256 --variant row_split
take --op layernorm_forward "${huge[@]}" -a block=256,512 -a splits=66,132,264 \
  --variant row_split_ticket,row_split_grid_sync
take --op layernorm_forward "${huge[@]}" -a backwards=0,1 -a hint=0,1,2 -a splits=256 --variant row_split_backwards
take --counters --op layernorm_forward "${huge[@]}" --dtype f32,f16,bf16 -a hints=0,1 --variant grid_on_chip
take --op layernorm_forward "${huge[@]}" -a slots=24,40 --variant grid_on_chip
take --op layernorm_forward "${huge[@]}" -a parked=0,4 --variant grid_on_chip
take --op layernorm_forward "${huge[@]}" -a team=128,132 --variant grid_on_chip

# Rows that fit: the whole staircase on one shape, then what keeps a row on chip, with the knobs that suit each length.
take --counters --op layernorm_forward --shape 8192x4096 -a block=128,256,512 -a splits=1 -a rows_at_once=132 \
  --variant thread_per_row,global_atomics,three_kernels,block_per_row,flat_index_rsqrt,warp_per_row,single_pass,single_pass_fp64,single_pass_shifted,kahan,welford,float4,row_in_shared,row_split,row_split_ticket,row_split_grid_sync
take --counters --op layernorm_forward --shape 8192x4096 --dtype f32,f16,bf16 -a block=128,256,512 -a packs=2,4,8 --variant row_in_registers
take --op layernorm_forward --shape 32768x768 --dtype f32,f16,bf16 -a block=32,96 -a packs=2,3,6 --variant row_in_registers
take --op layernorm_forward --shape 4096x16384 --dtype f32,f16,bf16 -a block=512,1024 -a packs=4,8 --variant row_in_registers
take --op layernorm_forward --shape 8192x4096 --dtype f32 -a block=128 -a packs=8 -a per_sm=4 -a stages=1,2,3 --variant bulk_ring
take --counters --op layernorm_forward --shape 8192x4096 --dtype f32 -a block=256 -a packs=4 -a per_sm=2 -a stages=1,2,3,4,6 --variant bulk_ring
take --op layernorm_forward --shape 8192x4096 --dtype f16,bf16 -a block=64 -a packs=8 -a per_sm=4 -a stages=2,3,4 --variant bulk_ring
take --op layernorm_forward --shape 4096x16384 --dtype f32 -a block=512 -a packs=8 -a per_sm=1 -a stages=2,3 --variant bulk_ring
take --op layernorm_forward --shape 4096x16384 --dtype f16,bf16 -a block=256 -a packs=8 -a per_sm=1 -a stages=2,3,4 --variant bulk_ring
take --op layernorm_forward --shape 32768x768 --dtype f32 -a block=32 -a packs=6 -a per_sm=16 -a stages=2,4 -a tickets=0,1 --variant bulk_ring
take --op layernorm_forward --shape 32768x768 --dtype f16,bf16 -a block=32 -a packs=3 -a per_sm=12 -a stages=4 -a tickets=0 --variant bulk_ring
take --op layernorm_forward --shape 1024x65536 256x262144 -a cluster=4,8,16 -a block=512 -a packs=4,8 --variant row_split_cluster
for activation in relu gelu; do
  take --op layernorm_forward --shape 8192x4096 --activation "$activation" -a block=256 -a packs=4 \
    --variant row_in_registers,activation_apart
done

# Where digits are lost: single-pass variants are wrong here, and the session says so.
take --op layernorm_forward --shape 8192x4096 --distribution offset --offset 0,10,1000,100000 \
  --variant single_pass,single_pass_fp64,single_pass_shifted,kahan,welford,float4,row_in_registers

# The way back.
take --op layernorm_backward --shape 8192x4096 --variant thread_per_row,global_atomics,block_per_row,column_slabs
take --op layernorm_backward --shape 8192x4096 -a block=256 -a held=16 -a per_sm=1,2,3 --variant partial_sums
take --op layernorm_backward --shape 8192x4096 -a block=256 -a held=16 -a stages=2,3,4,6 --variant bulk_ring,bulk_ring_overlapped
take --op layernorm_backward --shape 8192x4096 -a block=512 -a held=8 -a stages=4,6 --variant bulk_ring,bulk_ring_overlapped
take --op layernorm_backward --shape 8192x4096 --dtype f16,bf16 -a per_sm=2 --variant bulk_ring_overlapped
take --op layernorm_backward --shape 4096x16384 --variant block_per_row,column_slabs
take --op layernorm_backward --shape 4096x16384 -a cluster=4 -a held=16 -a stages=4,6 -a idle=0,12 --variant cluster_ring
take --op layernorm_backward --shape 4096x16384 -a block=1024 -a held=16 -a stages=1 --variant bulk_ring,bulk_ring_overlapped
take --op layernorm_backward --shape 4096x16384 --dtype f16,bf16 -a cluster=2,4 -a held=16,32 --variant cluster_ring
take --op layernorm_backward --shape 32768x768 --dtype f32,f16,bf16 -a stages=2,3,4 --variant warp_ring
take --op layernorm_backward --shape 32768x768 -a block=96,256 -a held=8 -a per_sm=8 --variant partial_sums
take --op layernorm_backward "${huge[@]}" --dtype f32,f16,bf16 --variant column_slabs,grid_on_chip
take --op layernorm_backward "${huge[@]}" -a backwards=0,1 -a in_turn=0,1 --variant column_slabs
take --op layernorm_backward "${huge[@]}" -a kept=48,64,80 --variant grid_on_chip
take --op layernorm_backward "${huge[@]}" -a slots=16,20,24,25 --variant grid_on_chip
take --op layernorm_backward "${huge[@]}" -a evict_first=0,1 -a gamma_last=0,1 --variant grid_on_chip

# BatchNorm, known statistics.
for shape in 16x64x256x256 64x64x512x512; do
  take --op batchnorm_inference --shape "$shape" --variant element_per_thread
  take --op batchnorm_inference --shape "$shape" --dtype f32,f16,bf16 -a block=256,1024 -a packs=1,2,4 --variant plane_float4
  take --op batchnorm_inference --shape "$shape" -a block=256 -a packs=2 --variant streaming_hints
  take --op batchnorm_inference --shape "$shape" -a loads=0,1,2 -a stores=0,1,2 --variant streaming_hints
  take --op batchnorm_inference --shape "$shape" -a stores=0,1,2,3 --variant bulk_ring
done
take --op batchnorm_inference --shape 16x64x256x256 --layout nhwc -a packs=2,4,8 --variant element_per_thread,channels_last_float4

# BatchNorm, statistics of the batch.
take --op batchnorm_training --shape 16x64x256x256 --variant global_atomics
take --op batchnorm_training --shape 16x64x256x256 -a block=256,512,1024 --variant block_per_channel
take --op batchnorm_training --shape 16x64x256x256 --dtype f32,f16,bf16 \
  --variant split_channel,last_block_finalizes,read_again_from_l2
take --op batchnorm_training --shape 16x64x256x256 -a splits=16,64,128,256 -a backwards=0,1 --variant split_channel
take --op batchnorm_training --shape 16x64x256x256 --dtype f32,f16,bf16 --variant on_chip
take --op batchnorm_training --shape 16x64x256x256 -a in_flight=4,8,14,24 -a groups=1,2,4 --variant on_chip
take --op batchnorm_training --shape 64x64x512x512 -a parked=0,8,20 -a groups=1,2 --variant on_chip
take --op batchnorm_training --shape 64x64x512x512 --variant block_per_channel,split_channel,last_block_finalizes,read_again_from_l2
take --op batchnorm_training --shape 16x64x256x256 --layout nhwc -a splits=256,1024 --variant split_channels_last
take --op batchnorm_training --shape 16x64x256x256 --layout nhwc --dtype f32,f16,bf16 --variant channels_last_on_chip
take --op batchnorm_training --shape 16x64x256x256 --layout nhwc -a held=4,8,17 -a parked=0,8 --variant channels_last_on_chip
