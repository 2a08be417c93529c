// SPDX-License-Identifier: BSL-1.0
#pragma once
// wasm-brotli: compresses, and decompresses what came out.
#include "support/wasmtime/guest.hpp"

namespace quire::test {

class brotli {
 public:
  static constexpr guest_module what{.file = "wasm-brotli"};
  static constexpr std::string_view right = "60000 bytes came back, of less than 20000";

  static std::string work(const guest& module) {
    const std::string given = words(60'000), small = pass("compress", module, given);
    const std::string again = pass("decompress", module, small);
    return std::to_string(again == given ? again.size() : 0) + " bytes came back, of " +
           (small.size() < 20'000 ? "less" : "more") + " than 20000";
  }

 private:
  /// Text whose words a simple generator chooses.
  static std::string words(std::size_t bytes) {
    constexpr const char* all[] = {"page ", "guard ", "memory ", "of ", "a ", "module ", "grows ", "in place. "};
    std::string text;
    for (std::uint32_t seed = 1; text.size() < bytes; seed = seed * 1664525 + 1013904223) text += all[seed >> 29];
    text.resize(bytes);
    return text;
  }
  /// The function leaves an address and a size at the address that it is given first.
  static std::string pass(const char* function, const guest& module, const std::string& bytes) {
    constexpr std::uint32_t result = 8;
    const auto size = static_cast<std::int64_t>(bytes.size());
    const std::uint32_t address = module.call("__wbindgen_malloc", {size});
    module.memory().write(address, bytes);
    module.run(function, {result, address, size});
    return module.memory().bytes(module.memory().word(result), module.memory().word(result + 4));
  }
};

}  // namespace quire::test
