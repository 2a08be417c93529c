// SPDX-License-Identifier: BSL-1.0
// memory.high of cgroup v2: the kernel slows growth beyond it down to a standstill, so assured memory ends there.
#include <cstddef>
#include <cstdint>
#include <string>

#include <quire/explain.hpp>
#include <quire/headroom.hpp>
#include <quire/ostream.hpp>
#include <quire/quire.hpp>

#include "report.hpp"
#include "settings.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/limited_group.hpp"

namespace quire::test {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20, high = 32 * mib;
constexpr std::string_view owner = "memory.high of cgroup v2";

/// How often the kernel has noticed growth beyond memory.high.
std::uint64_t times_slowed(const limited_group& group) {
  return detail::field_in<calls::linux_kernel>((group.path() + "/memory.events").c_str(), "high").value_or(0);
}

TEST_CASE("assured growth ends at memory.high, where other growth is slowed down", "[cgroup]") {
  const limited_group group(256 * mib, killer::on);
  if (group.missing() != nullptr) return skip(group.missing());
  if (group.is_v1()) return skip("control groups of version 1 have no memory.high");
  if (!write_setting(group.path() + "/memory.high", std::to_string(high))) return skip("memory.high cannot be set");
  test_environment::run_isolated("assured", [&group] {
    expect(group.enter(), "the group can be entered");
    linux_allocator::with_residency<residency::assured> memory;
    expect(headroom(memory).owner == owner && headroom(memory).limit == high, "headroom names it");
    expect(memory.allocate(pages{16}).has_value(), "there is some room");
    auto grown = memory.grow(pages{16});
    for (; grown; grown = memory.grow(pages{16})) {
    }
    expect(grown.error().code == errc::out_of_memory && grown.error().at == step::commit, "then there is none");
    expect(memory.size() > high / 2 && memory.size() < high, "not before most of it is used");
    const explanation why = explain(grown.error(), memory, mib);
    expect(why.kind == limit_kind::configured && why.owner == owner && why.limit == high, "and it is named");
    expect(headroom(memory).room().value_or(high) < 2 * mib, "headroom has ended");
    expect(times_slowed(group) == 0, "nothing was slowed down");
  });
  test_environment::run_isolated("populated", [&group] {
    expect(group.enter(), "the group can be entered");
    linux_allocator::with_residency<residency::populated> memory;
    expect(memory.allocate(pages{high / 65536 - 16}).has_value(), "up to memory.high");
    expect(memory.grow(pages{20}).has_value(), "it grows beyond without an error");
    expect(times_slowed(group) != 0, "and the kernel has slowed it down");
    expect(headroom(memory).room() == 0U, "there is no headroom");
  });
}

}  // namespace
}  // namespace quire::test
