;; SPDX-License-Identifier: BSL-1.0
;; A module that does nothing but touch its memory where it is told to.
(module
  (memory (export "memory") 1 4)
  (data (i32.const 16) "quire")
  (func (export "load") (param $at i32) (result i32) (i32.load8_u (local.get $at)))
  (func (export "load_word") (param $at i32) (result i32) (i32.load (local.get $at)))
  (func (export "load_far") (param $at i32) (result i32) (i32.load8_u offset=0xffffffff (local.get $at)))
  (func (export "load_farthest") (result i64) (i64.load offset=0xffffffff (i32.const 0xffffffff)))
  (func (export "store") (param $at i32) (param $value i32) (i32.store8 (local.get $at) (local.get $value)))
  (func (export "fill") (param $at i32) (param $value i32) (param $count i32)
    (memory.fill (local.get $at) (local.get $value) (local.get $count)))
  (func (export "grow") (param $pages i32) (result i32) (memory.grow (local.get $pages)))
  (func (export "pages") (result i32) (memory.size)))
