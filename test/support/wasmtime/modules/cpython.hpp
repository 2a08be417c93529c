// SPDX-License-Identifier: BSL-1.0
#pragma once
// CPython for WASI: a script that allocates, hashes and prints.
#include "support/wasmtime/guest.hpp"

namespace quire::test {

class cpython {
  /// It is ten times as large as all the others together.
  static void compile_quickly(wasm_config_t* config) {
    wasmtime_config_cranelift_opt_level_set(config, WASMTIME_OPT_LEVEL_NONE);
    wasmtime_config_cranelift_regalloc_algorithm_set(config, WASMTIME_REGALLOC_SINGLE_PASS);
  }
  static constexpr const char* arguments[] = {"python", "-c", R"(
import hashlib, json, zlib
numbers = [{"n": n, "square": n * n} for n in range(5000)]
text = json.dumps(numbers).encode()
assert zlib.decompress(zlib.compress(text)) == text and json.loads(text) == numbers
large = bytearray(40 << 20)
large[-1] = 1
print(large.count(1), sum(each["square"] for each in numbers), hashlib.sha256(b"abc").hexdigest())
)"};

 public:
  static constexpr guest_module what{.file = "cpython", .arguments = arguments, .set = &compile_quickly};
  static constexpr std::string_view right =
      "1 41654167500 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";

  static std::string work(const guest& module) {
    module.run("_start");
    return module.output();
  }
};

}  // namespace quire::test
