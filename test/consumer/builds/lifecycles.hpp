// SPDX-License-Identifier: BSL-1.0
#pragma once
// A program of two translation units that both include all of Quire and use the same types. Every compiler has to build
// and run it, with every option that a user may choose.
#include <quire/detect.hpp>
#include <quire/effective.hpp>
#include <quire/error_code.hpp>
#include <quire/explain.hpp>
#include <quire/fallback.hpp>
#include <quire/headroom.hpp>
#include <quire/ostream.hpp>
#include <quire/pressure_monitor.hpp>
#include <quire/quire.hpp>
#include <quire/supports.hpp>
#include <quire/with_best.hpp>

namespace builds {

using plain = quire::linux_allocator;
using checked = plain::with_tagging<quire::tagging::checked<>>;
using named = quire::fallback<plain::with_tagging<quire::tagging::named<"builds">>, plain>;
using bound = quire::fallback<plain::with_placement<quire::placement::bind>, plain>;
using joined = plain::with_residency<
    quire::all_of<quire::residency::assured, quire::residency::not_inherited, quire::residency::excluded_from_dumps>>;
using small_pages = plain::with_page_size<quire::page_size::in_units_of<16384, quire::page_size::no_huge>>;

/// Addresses of the objects that the library may have only once in a process.
struct identities {
  const std::error_category* category;
  const quire::tag_registry* registry;
  quire::result<void> (*lifecycle)();
};

/// Allocates, writes, grows, shrinks, clears and resets a memory.
template <class A>
[[nodiscard]] quire::result<void> live(A memory) {
  using pages = typename A::pages;
  if (const auto got = memory.allocate(pages{4}, pages{8}); !got) return std::unexpected(got.error());
  memory.bytes().back() = std::byte{1};
  if (const auto got = memory.grow(pages{2}); !got) return std::unexpected(got.error());
  if (const auto got = memory.shrink(pages{1}); !got) return std::unexpected(got.error());
  if (const auto got = memory.discard(0, memory.granularity()); !got) return got;
  if (const auto got = memory.reset(pages{2}); !got) return got;
  return memory.deallocate(memory.data(), memory.size());
}

inline quire::result<void> live_checked() { return live(checked{}); }

identities of_other_unit();
void copy_unwritten_bytes(std::byte* to);
int ask_the_machine();  // 0, or the number of the query that gave a wrong answer

}  // namespace builds
