// SPDX-License-Identifier: BSL-1.0
// At the kernel's limit of mappings, a release inside a merged mapping fails: deallocate reports the error and still
// owns the reservation; the destructor leaks the address range but returns the memory.
#include <cerrno>
#include <optional>
#include <sys/resource.h>

#include <quire/explain.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/mapping_limit.hpp"
#include "support/process/process_maps.hpp"
#include "support/process/sanitizers.hpp"

namespace quire::test {
namespace {

constexpr auto check = [](bool holds, const char* what,
                          const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
};

/// A memory that lies within one mapping, so that unmapping it would split the mapping: empty, or with all its pages
/// protected. The kernel places a new mapping below the last one and merges equal neighbours. (With posix_mmap, written
/// pages are charged and those of the neighbours are not: they remain a mapping of their own, and release cannot fail.)
template <class A>
class hidden_memory {
 public:
  explicit hidden_memory(std::uint64_t size) {
    for (A* const each : {&above_, &*memory, &below_})
      check(each->allocate(pages{each == &*memory ? size : 0}, pages{32}).has_value(), "allocate");
    fill(memory->bytes(), 0x5a);
    check(memory->protect(0, memory->size(), access::none).has_value(), "protect");
    const auto m = mapping_at(memory->data());
    const auto holds_all_of = [&m](const A& a) {
      const auto begin = reinterpret_cast<std::uintptr_t>(a.data());
      return m.begin <= begin && begin < m.end;
    };
    is_hidden_ = holds_all_of(above_) && holds_all_of(below_);
    if (!is_hidden_) report_skip("this kernel does not put reservations side by side");
    if (size != 0) check(resident_bytes(memory->data(), memory->size()) == memory->size(), "its pages are there");
  }

  [[nodiscard]] bool is_hidden() const { return is_hidden_; }

 private:
  A above_, below_;
  bool is_hidden_ = false;

 public:
  std::optional<A> memory{std::in_place};
};

template <class A, std::uint64_t Size>
void deallocate_reports_the_limit() {
  hidden_memory<A> hidden{Size};
  if (!hidden.is_hidden()) return;
  A& a = *hidden.memory;
  std::byte* const base = a.data();
  const std::size_t size = a.size();
  all_mappings all;
  all.take();
  const auto got = a.deallocate(base, size);
  const bool still_owned =
      a.data() == base && a.size() == size && a.zone_of(base) == (size == 0 ? zone::reserved : zone::accessible);
  const auto again = a.allocate(pages{1});
  all.give_back();
  check(!got && got.error() == error{errc::too_many_mappings, step::release, ENOMEM}, "deallocate reports the limit");
  check(still_owned && is_refused(again, errc::already_allocated), "and still owns the region");
  check(a.protect(0, size, access::read_write).has_value() && holds(a.bytes(), 0x5a), "with its contents");
  check(a.protect(0, size, access::none).has_value() && a.deallocate(base, size).has_value(), "later it works");
}

template <class A, std::uint64_t Size>
void the_destructor_gives_memory_back() {
  hidden_memory<A> hidden{Size};
  if (!hidden.is_hidden()) return;
  std::byte* const base = hidden.memory->data();
  const std::size_t size = hidden.memory->size();
  all_mappings all;
  all.take();
  hidden.memory.reset();
  all.give_back();
  check(mapping_at(base).permissions == "---p", "the address range is lost, without access");
  if (size != 0) check(resident_bytes(base, size) == 0, "the memory is not");
}

template <class A>
void move_assignment_gives_memory_back() {
  hidden_memory<A> hidden{16};
  if (!hidden.is_hidden()) return;
  A& a = *hidden.memory;
  A other;
  check(other.allocate(pages{1}, pages{2}).has_value(), "allocate");
  std::byte* const base = a.data();
  std::byte* const next = other.data();
  const std::size_t size = a.size();
  all_mappings all;
  all.take();
  a = std::move(other);
  all.give_back();
  check(a.data() == next && a.size() == 65536 && other.data() == nullptr, "the region has changed hands");
  check(resident_bytes(base, size) == 0, "the old one's memory is given back");
}

const char* not_here() {
  if (address_sanitizer || thread_sanitizer) return "a sanitizer needs mappings of its own";
  const std::size_t most = most_mappings();
  if (most == 0) return "there is no /proc/sys/vm/max_map_count";
  return most > 300000 ? "so many mappings are allowed that using them up would take all memory" : nullptr;
}

TEST_CASE("release at the limit of mappings fails in deallocate and the destructor returns memory", "[linux][limit]") {
  if (const char* const reason = not_here()) return skip(reason);
  test_environment::run_isolated("deallocate", deallocate_reports_the_limit<linux_allocator, 16>);
  test_environment::run_isolated("destructor", the_destructor_gives_memory_back<linux_allocator, 16>);
  test_environment::run_isolated("deallocate, empty", deallocate_reports_the_limit<linux_allocator, 0>);
  test_environment::run_isolated("move assignment", move_assignment_gives_memory_back<linux_allocator>);
}

TEST_CASE("POSIX release at the limit of mappings fails in deallocate and loses only addresses", "[posix][limit]") {
  if (const char* const reason = not_here()) return skip(reason);
  test_environment::run_isolated("deallocate", deallocate_reports_the_limit<posix_allocator, 0>);
  test_environment::run_isolated("destructor", the_destructor_gives_memory_back<posix_allocator, 0>);
}

TEST_CASE("allocate and protect at the limit of mappings change nothing and grow succeeds", "[linux][limit]") {
  if (const char* const reason = not_here()) return skip(reason);
  test_environment::run_isolated("at the limit", [] {
    linux_allocator a, b;
    check(a.allocate(pages{4}, pages{8}).has_value(), "allocate");
    fill(a.bytes(), 0x66);
    all_mappings all;
    all.take();
    const auto split = a.protect(65536, 65536, access::read);
    const auto grown = a.grow(pages{1});  // moves the boundary between two mappings, which needs no further mapping
    const auto made = b.allocate(pages{1}, pages{2});
    all.give_back();
    check(!split && split.error() == error{errc::too_many_mappings, step::protect, ENOMEM}, "protect says so");
    check(grown.has_value() && a.size() == 5 * 65536, "growing needs no mapping");
    check(holds(a.bytes().first(4 * 65536), 0x66), "contents are as they were");
    check(made.has_value() || (made.error().native == ENOMEM && b.data() == nullptr), "allocate fails whole");
    check(b.data() != nullptr || b.allocate(pages{1}, pages{2}).has_value(), "and works later");
  });
}

TEST_CASE("growth at the limit of mappings is explained by the limit that it met", "[linux][limit]") {
  if (const char* const reason = not_here()) return skip(reason);
  using figures = calls::linux_kernel;
  test_environment::run_isolated("growth needs a mapping", [] {
    linux_allocator a, b;
    check(a.allocate(pages{4}, pages{64}).has_value() && b.allocate(pages{4}, pages{64}).has_value(), "allocate");
    check(a.protect(3 * 65536, 65536, access::read).has_value(), "protect");  // so that growth needs a new mapping
    all_mappings all;
    all.take();
    const auto grown = a.grow(pages{1});
    const explanation mappings = grown ? explanation{} : explain(grown.error(), a, 65536);
    const explanation unnamed = grown ? explanation{} : explain(grown.error(), a);
    const bool counts_more = mappings.used.value_or(0) + 3 < most_mappings();
    // In b, growth only moves a boundary, which needs no mapping, so that it meets RLIMIT_DATA.
    const rlimit data{*detail::status_of<figures>("VmData") + 65536, RLIM_INFINITY};
    check(::setrlimit(RLIMIT_DATA, &data) == 0, "a limit can be lowered");
    const auto refused = b.grow(pages{16});
    const explanation limit = refused ? explanation{} : explain(refused.error(), b, 16 * 65536);
    all.give_back();
    if (!grown && counts_more) return report_skip("this kernel counts mappings that it does not show");
    check(!grown && grown.error().native == ENOMEM, "it is refused");
    check(mappings.kind == limit_kind::mappings && unnamed.kind == limit_kind::mappings, "by the limit of mappings");
    check(!refused && limit.kind == limit_kind::configured && limit.owner == "RLIMIT_DATA",
          "where RLIMIT_DATA is met, by that");
    check(a.size() == 4 * 65536 && b.size() == 4 * 65536 && b.grow(pages{1}).has_value(), "both live on");
  });
}

}  // namespace
}  // namespace quire::test
