// SPDX-License-Identifier: BSL-1.0
// How values of Quire are printed in a log, and how they convert to std::error_code.
#include <sstream>
#include <string>
#include <system_error>

#include <quire/access.hpp>
#include <quire/contract.hpp>
#include <quire/error.hpp>
#include <quire/error_code.hpp>
#include <quire/explanation.hpp>
#include <quire/fault_cause.hpp>
#include <quire/ostream.hpp>
#include <quire/platform/posix.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/quire.hpp>
#include <quire/result.hpp>
#include <quire/statistics.hpp>
#include <quire/store/images.hpp>
#include <quire/system/feature.hpp>
#include <quire/system/machine_modes.hpp>
#include <quire/system/pressure.hpp>
#include <quire/verification.hpp>

#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

template <class T>
std::string printed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

template <class T>
concept printable = requires(std::ostream& out, const T& value) { out << value; };

/// An allocator that a user wrote.
struct own_memory {
  using pages = quire::pages;
  static constexpr contract_t contract{};
  std::byte bytes[4]{};

  own_memory() = default;
  own_memory(own_memory&&) = default;
  own_memory& operator=(own_memory&&) = default;
  result<std::span<std::byte>> allocate(pages, std::optional<pages> = std::nullopt) { return std::span(bytes); }
  result<pages> grow(pages current, pages) { return current; }
  result<void> deallocate(std::byte*, std::size_t) { return {}; }
  std::byte* data() const { return nullptr; }
  std::size_t size() const { return 65536; }
  pages size_pages() const { return pages{1}; }
  std::size_t capacity() const { return 131072; }
  std::size_t reserved() const { return 1 << 20; }
  bool contains(const void*) const { return false; }
  zone zone_of(const void*) const { return zone::outside; }
};
static_assert(page_allocator_like<own_memory>);
static_assert(printable<own_memory> && printable<native_allocator> && printable<posix_allocator>);
struct unprintable {};
static_assert(!printable<unprintable>);

TEST_CASE("a page count is printed with its unit", "[printing]") {
  CHECK(printed(pages{0}) == "0 pages of 64 KiB");
  CHECK(printed(pages{1}) == "1 page of 64 KiB");
  CHECK(printed(basic_pages<4096>{7}) == "7 pages of 4 KiB");
  CHECK(printed(basic_pages<1000>{7}) == "7 pages of 1000 bytes");
}

TEST_CASE("an enumerator is printed by name", "[printing]") {
  CHECK(printed(access::read_execute) == "read_execute");
  CHECK(printed(zone::guard_before) == "guard before");
  CHECK(printed(fault::accerr) == "accerr");
  CHECK(printed(step::populate) == "populate");
  CHECK(printed(errc::out_of_memory) == "out of memory");
  CHECK(printed(limit_kind::huge_page_pool) == "pool of huge pages");
}

TEST_CASE("an error is printed with its step and its native code", "[printing]") {
  CHECK(printed(error{errc::out_of_memory, step::commit, 12}) == "out of memory at commit (the system's code 12)");
  CHECK(printed(error{errc::size_mismatch, step::plan, 0}) == "not the present size at plan");
}

TEST_CASE("a contract is printed as the list of its promises", "[printing]") {
  const contract_t c{.reach = 8192,
                     .guard_before = 65536,
                     .guard_after = 0,
                     .alignment = 65536,
                     .fault = fault::accerr,
                     .exact_bound = true,
                     .base_may_move = false,
                     .zero_on_grow = true,
                     .success_is_memory = false,
                     .failure_is_error = false,
                     .releasable = true,
                     .base_is_tagged = false,
                     .base_bits_change_on_reset = false};
  CHECK(
      printed(c) ==
      "reach 8 KiB, guards 64 KiB and 0 bytes, alignment 64 KiB, fault accerr, exact bound, zero on grow, releasable");
}

TEST_CASE("a printed node set parses to the same text", "[printing]") {
  CHECK(printed(node_set{}).empty());
  for (const char* const text : {"0", "0-3,5", "1,3,1023", "0-1023"}) {
    INFO(text);
    REQUIRE(node_set::parse(text));
    CHECK(printed(*node_set::parse(text)) == text);
  }
}

TEST_CASE("an explanation is printed with its amounts", "[printing]") {
  CHECK(printed(explanation{}) == "unknown");
  CHECK(printed(explanation{limit_kind::configured, "RLIMIT_AS", 1 << 20, std::uint64_t{1} << 32}) ==
        "limit (RLIMIT_AS): 1 MiB used of 4 GiB");
  CHECK(printed(explanation{limit_kind::mappings, "vm.max_map_count", 65529, 65530}) ==
        "number of mappings (vm.max_map_count): 65529 used of 65530");
  CHECK(printed(explanation{limit_kind::unknown, "RLIMIT_AS", {}, 1000}) ==
        "unknown (not excluded: RLIMIT_AS): 1000 bytes, its use is hidden");
  constexpr std::uint64_t tib = std::uint64_t{1} << 40;
  CHECK(printed(explanation{limit_kind::address_space, "", 4307275776, 128 * tib, 85 * tib}) ==
        "address space: 4107.7 MiB used of 128 TiB, 85 TiB of it in one piece");
  CHECK(printed(explanation{limit_kind::configured, "RLIMIT_AS", 1 << 20, std::uint64_t{1} << 32, 0}) ==
        "limit (RLIMIT_AS): 1 MiB used of 4 GiB, too little for a reservation");
  CHECK(printed(explanation{limit_kind::reach, "", std::uint64_t{3} << 30, std::uint64_t{2} << 30}) ==
        "reach of an address: the nearest gap ends 3 GiB away, and the reach is 2 GiB");
  CHECK(printed(explanation{limit_kind::reach, "", {}, std::uint64_t{2} << 30}) ==
        "reach of an address: 2 GiB, its use is hidden");
  CHECK(printed(explanation{limit_kind::unsupported, "this kernel", {}, {}}) == "unsupported (this kernel)");
}

TEST_CASE("an observation is printed with one line per value", "[printing]") {
  effective_t e;
  std::istringstream unknown(printed(e));
  int lines = 0;
  for (std::string line; std::getline(unknown, line); ++lines) CHECK(line.ends_with(": unknown"));
  CHECK(lines == 14);

  e.resident_bytes = 65536;
  e.huge_advice = huge_request::when_possible;
  e.placement = observed_placement{numa_mode::bind, {0, 1}};
  e.nodes = node_set{1};
  e.locked = false;
  e.name = mapping_label("quire");
  e.candidate = 1;
  const std::string text = printed(e);
  for (const char* const line :
       {"  resident: 64 KiB\n", "  huge page advice: when possible\n", "  placement: bind 0-1\n", "  on nodes: 1\n",
        "  locked: no\n", "  name: \"quire\"\n", "  candidate: 1\n"}) {
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("a memory is printed with its sizes and an allocator of Quire with what it observed", "[printing]") {
  CHECK(printed(own_memory{}) == "memory at 0: 64 KiB of 128 KiB, 1 MiB reserved\n");
  native_allocator memory;
  REQUIRE(memory.allocate(pages{1}, pages{2}));
  const std::string text = printed(memory);
  CHECK(text.find(": 64 KiB of 128 KiB, ") != std::string::npos);
  CHECK(text.find("  resident: 0 bytes\n") != std::string::npos);
  CHECK(text.find("  inaccessible before: 64 KiB\n") != std::string::npos);
}

TEST_CASE("statistics are printed in a line each", "[printing]") {
  CHECK(
      printed(arena_statistics{.used = 100, .committed = 65536, .most_used = 2048, .large = 1, .in_large = 1 << 20}) ==
      "100 bytes used of 64 KiB committed, at most 2 KiB; 1 large blocks with 1 MiB");
  CHECK(printed(jit_statistics{.functions = 3, .code = 192, .data = 4096, .span = 128 << 20, .slabs = 2}) ==
        "3 functions: 192 bytes of code and 4 KiB of data, in 2 slabs of a span of 128 MiB");
  CHECK(printed(pool_statistics{.slots = 9,
                                .ever_used = 8,
                                .live = 7,
                                .warm = 6,
                                .waiting = 5,
                                .retired = 4,
                                .resident = 8192,
                                .recycled = 3,
                                .given_back = 2,
                                .refused = 1}) ==
        "9 slots: 7 live, 6 warm, 5 waiting, 4 retired, 8 ever used; 8 KiB resident; 3 times recycled, 2 given back, "
        "1 refused");
  CHECK(printed(region_statistics{.regions = 2, .reserved = 1 << 20, .committed = 4096}) ==
        "2 regions: 4 KiB committed of 1 MiB reserved");
}

TEST_CASE("an error converts to std::error_code", "[printing]") {
  const std::error_code code = error{errc::out_of_memory, step::commit, 12};
  CHECK(code);
  CHECK(code == errc::out_of_memory);
  CHECK(code != errc::out_of_address_space);
  CHECK(code == error{errc::out_of_memory, step::reserve, 0});
  CHECK(code != error{errc::broken, step::commit, 12});
  CHECK(code == std::errc::not_enough_memory);
  CHECK(code.message() == "out of memory");
  CHECK(&code.category() == &error_category());
  CHECK(std::string(code.category().name()) == "quire");
}

TEST_CASE("an error is thrown as std::system_error, with the step as its text", "[printing]") {
  const result<int> refused = failure(errc::out_of_memory, step::commit, 12);
  try {
    throw std::system_error(refused.error(), name(refused.error().at));
  } catch (const std::system_error& thrown) {
    CHECK(thrown.code() == errc::out_of_memory);
    CHECK(thrown.code() == std::errc::not_enough_memory);
    CHECK(std::string(thrown.what()).starts_with("commit"));
    CHECK(std::string(thrown.what()).find("out of memory") != std::string::npos);
  }
}

TEST_CASE("every errc converts to a failing error_code and a portable condition where one exists", "[printing]") {
  for (int i = 0; i <= static_cast<int>(errc::system); ++i) {
    const std::error_code code = static_cast<errc>(i);
    CHECK(code);
    CHECK(code.message() == message(static_cast<errc>(i)));
  }
  CHECK(std::error_code(errc::invalid_argument) == std::errc::invalid_argument);
  CHECK(std::error_code(errc::size_mismatch) == std::errc::invalid_argument);
  CHECK(std::error_code(errc::limit_exceeded) == std::errc::not_enough_memory);
  CHECK(std::error_code(errc::not_permitted) == std::errc::operation_not_permitted);
  CHECK(std::error_code(errc::not_supported) == std::errc::not_supported);
  CHECK(std::error_code(errc::broken).default_error_condition().category() == error_category());
}

TEST_CASE("an error_code of another module's category equals the same error and the same condition", "[printing]") {
  static constexpr detail::lasting_category of_another_module{};
  const std::error_code here = errc::broken;
  const std::error_code there{here.value(), of_another_module.category};
  CHECK(there == errc::broken);
  CHECK(errc::broken == there);
  CHECK(there != errc::damaged);
  CHECK(there == error{errc::broken, step::reset, 12});
  CHECK(there == here.default_error_condition());
  CHECK(here == there.default_error_condition());
  CHECK(there != std::error_code(errc::damaged).default_error_condition());
  CHECK(std::error_code(static_cast<int>(errc::broken) + 1, std::generic_category()) != errc::broken);
}

TEST_CASE("errc::system converts to the system_category with the native code", "[printing]") {
  const std::error_code code = error{errc::system, step::commit, 5};
  CHECK(code.category() == std::system_category());
  CHECK(code.value() == 5);
  CHECK(code == error{errc::system, step::reserve, 5});
  CHECK(code != error{errc::system, step::reserve, 6});
}

template <class E>
constexpr E after(E last) {
  return static_cast<E>(static_cast<unsigned>(last) + 1);
}
bool is_last(std::string_view text, std::string_view next) { return text != next && next.starts_with("unknown"); }

TEST_CASE("every enumerator has a text and a value behind the last one is unknown", "[printing]") {
  CHECK(is_last(name(access::read_write_execute), name(after(access::read_write_execute))));
  CHECK(is_last(name(call_filter::program), name(after(call_filter::program))));
  CHECK(is_last(name(cgroup_version::v2), name(after(cgroup_version::v2))));
  CHECK(is_last(name(cgroup_layout::hybrid), name(after(cgroup_layout::hybrid))));
  CHECK(is_last(message(errc::system), message(after(errc::system))));
  CHECK(is_last(name(fault::key), name(after(fault::key))));
  CHECK(is_last(name(fault_cause::tag_mismatch_late), name(after(fault_cause::tag_mismatch_late))));
  CHECK(is_last(name(huge_effort::always), name(after(huge_effort::always))));
  CHECK(is_last(name(huge_mode::absent), name(after(huge_mode::absent))));
  CHECK(is_last(detail::name(huge_request::from_pool), detail::name(after(huge_request::from_pool))));
  CHECK(is_last(name(image_mode::mapped), name(after(image_mode::mapped))));
  CHECK(is_last(name(limit_kind::unsupported), name(after(limit_kind::unsupported))));
  CHECK(is_last(name(memory_feature::folios), name(after(memory_feature::folios))));
  CHECK(is_last(detail::name(numa_mode::weighted_interleave), detail::name(after(numa_mode::weighted_interleave))));
  CHECK(is_last(name(overcommit::never), name(after(overcommit::never))));
  CHECK(is_last(name(pressure::critical), name(after(pressure::critical))));
  CHECK(is_last(name(pressure_source::polling), name(after(pressure_source::polling))));
  CHECK(is_last(name(step::flush), name(after(step::flush))));
  CHECK(is_last(name(verification::critical), name(after(verification::critical))));
  CHECK(is_last(name(zone::guard_after), name(after(zone::guard_after))));
}

}  // namespace
}  // namespace quire::test
