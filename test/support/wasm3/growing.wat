;; SPDX-License-Identifier: BSL-1.0
;; A module whose memory has no maximum, and that does nothing but touch and grow it.
(module
  (memory (export "memory") 1)
  (data (i32.const 16) "quire")
  (func (export "load") (param $at i32) (result i32) (i32.load8_u (local.get $at)))
  (func (export "load_word") (param $at i32) (result i32) (i32.load (local.get $at)))
  (func (export "load_far") (param $at i32) (result i32) (i32.load8_u offset=0xffffffff (local.get $at)))
  (func (export "store") (param $at i32) (param $value i32) (i32.store8 (local.get $at) (local.get $value)))
  (func (export "grow") (param $pages i32) (result i32) (memory.grow (local.get $pages))))
