;; SPDX-License-Identifier: BSL-1.0
;; A guest: it looks up primes in a sieve that its initialisation has filled, and it misbehaves where it is told to.
(module
  (type $service (func (param i32) (result i32)))
  (import "env" "say" (func $say (param i32 i32)))  ;; so many bytes from there
  (memory (export "memory") 2 64)
  (data (i32.const 65536) "a prime!")
  (table $services 8 8 funcref)
  (elem (i32.const 0) $is_prime $greet $read_byte $overwrite $hoard $loop $recurse $divide)

  ;; Byte n is 1 if n is not a prime.
  (func $fill_sieve (local $n i32) (local $multiple i32)
    (i32.store16 (i32.const 0) (i32.const 0x0101))
    (local.set $n (i32.const 2))
    (loop $each
      (local.set $multiple (i32.mul (local.get $n) (i32.const 2)))
      (block $done
        (loop $next
          (br_if $done (i32.ge_u (local.get $multiple) (i32.const 65536)))
          (i32.store8 (local.get $multiple) (i32.const 1))
          (local.set $multiple (i32.add (local.get $multiple) (local.get $n)))
          (br $next)))
      (br_if $each (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 32768)))))
  (start $fill_sieve)

  (func $is_prime (type $service)
    (i32.eqz (i32.load8_u (i32.and (local.get 0) (i32.const 65535)))))
  (func $greet (type $service)  ;; tells the host as many bytes as it is told, even if these are not its own
    (call $say (i32.const 65536) (local.get 0))
    (local.get 0))
  (func $read_byte (type $service) (i32.load8_u (local.get 0)))
  (func $overwrite (type $service)
    (memory.fill (i32.const 0) (local.get 0) (i32.const 65536))
    (i32.const 65536))
  (func $hoard (type $service)  ;; grows until it is refused
    (loop $more (br_if $more (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0))))
    (memory.size))
  (func $loop (type $service) (loop $forever (br $forever)) (unreachable))
  (func $recurse (type $service)  ;; not as a loop, whatever a compiler makes of it
    (i32.rotl (call $recurse (i32.add (local.get 0) (i32.const 1))) (local.get 0)))
  (func $divide (type $service) (i32.div_u (i32.const 1) (local.get 0)))

  (func (export "serve") (param $service i32) (param $argument i32) (result i32)
    (call_indirect $services (type $service) (local.get $argument) (local.get $service))))
