;; SPDX-License-Identifier: BSL-1.0
;; What the interpreter runs: recursion, and a sieve in a memory that grows.
(module
  (memory 0 64)
  (func $fibonacci (export "fibonacci") (param $n i32) (result i32)
    (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else (i32.add (call $fibonacci (i32.sub (local.get $n) (i32.const 1)))
                     (call $fibonacci (i32.sub (local.get $n) (i32.const 2)))))))
  (func (export "primes_below") (param $n i32) (result i32)
    (local $at i32) (local $multiple i32) (local $count i32)
    (drop (memory.grow (i32.add (i32.shr_u (local.get $n) (i32.const 16)) (i32.const 1))))
    (local.set $at (i32.const 2))
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $at) (local.get $n)))
        (if (i32.eqz (i32.load8_u (local.get $at)))
          (then
            (local.set $count (i32.add (local.get $count) (i32.const 1)))
            (local.set $multiple (i32.add (local.get $at) (local.get $at)))
            (block $crossed
              (loop $cross
                (br_if $crossed (i32.ge_u (local.get $multiple) (local.get $n)))
                (i32.store8 (local.get $multiple) (i32.const 1))
                (local.set $multiple (i32.add (local.get $multiple) (local.get $at)))
                (br $cross)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $count)))
