;; SPDX-License-Identifier: BSL-1.0
;; A module with every kind of state that an instance has: bytes, numbers, references to its own functions and to the
;; host's, tables of both kinds, and a passive segment.
(module
  (type $number (func (result i32)))
  (import "env" "number" (func $hosts (type $number)))
  (memory (export "memory") 1 8)
  (table $functions (export "functions") 4 16 funcref)
  (table $things (export "things") 2 externref)
  (global $count (export "count") (mut i32) (i32.const 5))
  (global $favourite (export "favourite") (mut funcref) (ref.func $own))
  (global $imported (export "imported") (mut funcref) (ref.func $hosts))
  (data (i32.const 100) "segment")
  (data $passive "passive")
  (elem (table $functions) (i32.const 0) func $own $seven $hosts)
  (elem declare func $own $hosts)

  (func $own (type $number) (global.get $count))
  (func $seven (type $number) (i32.const 7))
  ;; The initialisation: its effects are part of the image.
  (func $begin
    (drop (memory.grow (i32.const 1)))
    (i32.store (i32.const 70000) (call $hosts))
    (global.set $count (i32.const 6)))
  (start $begin)

  (func (export "pages") (result i32) (memory.size))
  (func (export "grow") (param $pages i32) (result i32) (memory.grow (local.get $pages)))
  (func (export "load") (param $at i32) (result i32) (i32.load8_u (local.get $at)))
  (func (export "store") (param $at i32) (param $value i32) (i32.store8 (local.get $at) (local.get $value)))
  (func (export "set_count") (param $to i32) (global.set $count (local.get $to)))
  (func (export "call") (param $at i32) (result i32) (call_indirect $functions (type $number) (local.get $at)))
  (func (export "call_favourite") (result i32)
    (table.set $functions (i32.const 3) (global.get $favourite))
    (call_indirect $functions (type $number) (i32.const 3)))
  (func (export "call_imported") (result i32)
    (table.set $functions (i32.const 3) (global.get $imported))
    (call_indirect $functions (type $number) (i32.const 3)))
  (func (export "forget_functions")
    (table.fill $functions (i32.const 0) (ref.null func) (i32.const 4))
    (global.set $favourite (ref.null func)))
  (func (export "grow_functions") (param $by i32) (result i32)
    (table.grow $functions (ref.func $own) (local.get $by)))
  (func (export "use_passive") (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 7)) (data.drop $passive)))
