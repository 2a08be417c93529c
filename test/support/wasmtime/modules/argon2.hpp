// SPDX-License-Identifier: BSL-1.0
#pragma once
// argon2-browser: a hash that takes 64 MiB, with an answer that every implementation gives.
#include "support/wasmtime/guest.hpp"

namespace quire::test {

class argon2 {
  static constexpr host_function host[] = {{"a", &host::memcpy_big}, {"b", &host::resize_heap}};

 public:
  static constexpr guest_module what{.file = "argon2-browser", .memory = "c", .host = host};
  static constexpr std::string_view right =
      "0 $argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

  static std::string work(const guest& module) {
    const auto allocate = [&](std::int64_t bytes) { return module.call("f", {bytes}); };
    module.run("d");
    constexpr std::int64_t passes = 2, kib = 65536, threads = 1, hash_bytes = 32, text_bytes = 512, id = 2,
                           version = 0x13;
    const std::uint32_t password = allocate(8), salt = allocate(8), hash = allocate(hash_bytes),
                        text = allocate(text_bytes);
    module.memory().write(password, "password");
    module.memory().write(salt, "somesalt");
    const std::uint32_t status = module.call(
        "l", {passes, kib, threads, password, 8, salt, 8, hash, hash_bytes, text, text_bytes, id, 0, 0, 0, 0, version});
    return std::to_string(status) + ' ' + module.memory().text(text);
  }
};

}  // namespace quire::test
