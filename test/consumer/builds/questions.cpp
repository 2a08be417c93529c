// SPDX-License-Identifier: BSL-1.0
// Queries about the machine, in the second translation unit.
#include <algorithm>
#include <concepts>
#include <memory>
#include <string_view>
#include <type_traits>

#include <quire/system/each_reading.hpp>

#include "lifecycles.hpp"

namespace builds {

void copy_unwritten_bytes(std::byte* to) {
  constexpr std::size_t count = 64;
  const std::unique_ptr<std::byte[]> unwritten(new std::byte[count]);
  std::copy_n(unwritten.get(), count, to);
}

identities of_other_unit() { return {&quire::error_category(), &quire::tagging::software_tags, &live_checked}; }

namespace {

/// Depends on every member, so that a sanitizer detects unwritten ones.
template <class T>
[[nodiscard]] bool is_whole(const T& value) {
  const T copy = value;
  return copy == value;
}

[[nodiscard]] bool is_whole(const quire::platform_capabilities& found) {
  bool whole = true;
  quire::for_each_reading(found, [&whole](std::string_view, std::string_view, const auto& reading) {
    if constexpr (std::equality_comparable<std::remove_cvref_t<decltype(reading.optional())>>)
      whole = whole && is_whole(reading.optional());
  });
  return whole;
}

template <class A>
[[nodiscard]] bool tells_what_it_obtained(A memory) {
  if (!memory.allocate(quire::pages{4}, quire::pages{8})) return false;
  memory.data()[0] = std::byte{1};
  const quire::effective_t obtained = quire::effective(memory);
  return obtained.resident_bytes.value_or(1) != 0 && is_whole(obtained);
}

}  // namespace

int ask_the_machine() {
  if (!tells_what_it_obtained(plain{})) return 1;
  if (!tells_what_it_obtained(plain::with_placement<quire::placement::local>{})) return 2;
  const auto found = quire::detect();
  if (!found || !is_whole(*found)) return 3;
  if (!is_whole(quire::headroom<plain>())) return 4;
  if (!is_whole(quire::headroom<joined>())) return 5;
  const quire::error short_of_memory{quire::errc::out_of_memory, quire::step::commit, 12};
  if (!is_whole(quire::explain(short_of_memory, plain{}, quire::pages::unit))) return 6;
  if (auto monitor = quire::pressure_monitor::open({.stall_microseconds = 150'000}); monitor) (void)monitor->take(0);
  (void)quire::supports(quire::memory_feature::huge_pages);
  return 0;
}

}  // namespace builds
