// SPDX-License-Identifier: BSL-1.0
#pragma once
// oxipng of @jsquash/oxipng: makes a PNG of pixels, and a smaller one of that.
#include "support/wasmtime/guest.hpp"

namespace quire::test {

class oxipng {
  static constexpr std::uint32_t width = 160, height = 100;

 public:
  static constexpr guest_module what{.file = "oxipng"};
  static constexpr std::string_view right = "a PNG of 160 by 100 pixels, and a smaller one";

  static std::string work(const guest& module) {
    const std::string first = optimise_raw(module, pixels()), second = optimise(module, first);
    if (!is_png(first) || !is_png(second)) return "no PNG";
    return std::string("a PNG of 160 by 100 pixels, and a ") + (second.size() < first.size() ? "smaller" : "larger") +
           " one " + std::to_string(first.size()) + ' ' + std::to_string(second.size());
  }

 private:
  /// Four bytes each: slopes of colours, with some noise in one of them.
  static std::string pixels() {
    std::string all;
    std::uint32_t seed = 1;
    for (std::uint32_t y = 0; y != height; ++y)
      for (std::uint32_t x = 0; x != width; ++x) {
        seed = seed * 1664525 + 1013904223;
        for (const std::uint32_t value : {x + y, 2 * y, (seed >> 28) + 100, 255U}) all += static_cast<char>(value);
      }
    return all;
  }
  static std::string optimise_raw(const guest& module, const std::string& bytes) {
    return pass(module, bytes, [&](std::int64_t out, std::int64_t in, std::int64_t size) {
      module.run("optimise_raw", {out, in, size, width, height, 0, 0, 0});
    });
  }
  static std::string optimise(const guest& module, const std::string& bytes) {
    return pass(module, bytes, [&](std::int64_t out, std::int64_t in, std::int64_t size) {
      module.run("optimise", {out, in, size, 3, 0, 0});
    });
  }
  static std::string pass(const guest& module, const std::string& bytes, auto call) {
    const auto size = static_cast<std::int64_t>(bytes.size());
    const std::uint32_t out = module.call("__wbindgen_add_to_stack_pointer", {-16});
    const std::uint32_t in = module.call("__wbindgen_malloc", {size, 1});
    module.memory().write(in, bytes);
    call(out, in, size);
    return module.memory().bytes(module.memory().word(out), module.memory().word(out + 4));
  }
  /// Whether it has the signature, the size, and the end of a PNG.
  static bool is_png(const std::string& bytes) {
    using namespace std::string_view_literals;
    constexpr std::string_view start = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\xa0\0\0\0\x64"sv;
    return bytes.starts_with(start) && bytes.ends_with("\0\0\0\0IEND\xae\x42\x60\x82"sv);
  }
};

}  // namespace quire::test
