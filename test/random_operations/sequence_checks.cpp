// SPDX-License-Identifier: BSL-1.0
// The comparisons after each operation.
#include <algorithm>
#include <cstring>

#include "random_operations/sequence.hpp"
#include "support/process/process_maps.hpp"

namespace quire::test::sequences {

using injector = fault_injector;

void sequence::verify(slot& s, bool all_of_it) {
  verify_words(s);
  if (s.expected.now != state::owned || !difference_.empty()) return;
  verify_zones(s);
  verify_tags(s);
  if (of_.faults) {
    verify_record(s);
    if (all_of_it || random_.one_in(2)) verify_by_probe(s);
  }
  if (!difference_.empty()) return;
  const std::size_t size = s.expected.size;
  if (all_of_it || size <= 65536) return verify_contents(s, 0, size);
  for (int i = 0; i < 4; ++i) {  // at the edges of pages, and anywhere else
    const std::size_t at = random_.below(size), edge = at - at % s.expected.granularity;
    verify_contents(s, edge - std::min<std::size_t>(edge, 64), std::min(size, edge + 64));
    verify_contents(s, at, std::min(size, at + 256));
  }
  verify_contents(s, size - 64, size);
}

void sequence::verify_words(slot& s) {
  const reference& r = s.expected;
  const memory& m = *s.real;
  if (r.now == state::vacant) {
    check(m.data() == nullptr && m.size() == 0 && m.capacity() == 0 && m.reserved() == 0,
          "a vacant object owns nothing");
    check(!m.contains(nullptr) && m.zone_of(reinterpret_cast<const std::byte*>(&s)) == zone::outside,
          "a vacant object contains nothing");
    return;
  }
  check(m.data() == r.base, "the base stays");
  check(m.size() == r.size && m.size_pages() == r.size / of_.unit, "the size is as it should be");
  check(m.capacity() == r.capacity && m.reserved() == r.reserved, "the capacity is as it should be");
  if (r.now == state::broken) return check(s.real->is_broken(), "a broken memory stays broken");
  check(!s.real->is_broken(), "a memory stays usable");
}

void sequence::verify_zones(slot& s) {
  const reference& r = s.expected;
  const std::byte* const base = s.real->address();
  const std::size_t end = r.accessible();
  const zone behind = end < r.reserved ? zone::reserved : r.after != 0 ? zone::guard_after : zone::outside;
  check(s.real->contains(base) == (r.size != 0) && !s.real->contains(base + r.size), "contains ends with the size");
  if (end != 0)
    check(s.real->zone_of(base) == zone::accessible && s.real->zone_of(base + end - 1) == zone::accessible,
          "what can be accessed is told so");
  if (of_.faults) check(s.real->zone_of(base + end) == behind, "what lies behind the accessible end is told so");
}

void sequence::verify_tags(slot& s) {
  if (!of_.tagged) return;
  const reference& r = s.expected;
  check(s.real->tag() == r.tag, "the tag stays");
  check(r.capacity == 0 || s.real->tag_at(r.base + random_.below(r.capacity)) == r.tag,
        "all of the memory has its tag");
}

/// Compares the access of every page, according to the calls that were made.
void sequence::verify_record(slot& s) {
  const reference& r = s.expected;
  const std::byte* const base = s.real->address();
  const auto access_of = injector::rules().access_of;
  for (const address_range& part : injector::mapped.part(base, r.accessible())) {
    const access now = access_of(part.protection);
    const auto first = static_cast<std::size_t>(part.begin - base) / r.granularity;
    const auto last = static_cast<std::size_t>(part.end - 1 - base) / r.granularity;
    check(std::all_of(r.pages.begin() + static_cast<std::ptrdiff_t>(first),
                      r.pages.begin() + static_cast<std::ptrdiff_t>(last) + 1, [=](access a) { return a == now; }),
          "each page has its access");
  }
  const auto is_closed = [&](const address_range& part) { return access_of(part.protection) == access::none; };
  const auto behind = injector::mapped.part(base + r.accessible(), r.reserved - r.accessible() + r.after);
  check(std::ranges::all_of(behind, is_closed), "what lies behind the accessible end is inaccessible");
  check(std::ranges::all_of(injector::mapped.part(base - r.before, r.before), is_closed), "the guard is inaccessible");
}

/// Asks the kernel about one random page and about the bytes next to both ends.
void sequence::verify_by_probe(slot& s) {
  const reference& r = s.expected;
  std::byte* const base = s.real->address();
  const std::size_t end = r.accessible();
  if (end != 0) {
    const std::size_t at = random_.below(end);
    check(probe_.can_read(base + at) == (r.access_at(at) != access::none), "the kernel reads what can be read");
    check(probe_.can_write(base + at) == (r.access_at(at) == access::read_write), "and writes what can be written");
  }
  if (end < r.reserved + r.after) check(!probe_.can_read(base + end), "the first byte behind the end faults");
  if (r.after != 0) check(!probe_.can_read(base + r.reserved + r.after - 1), "the guard behind faults");
  if (r.before != 0) check(!probe_.can_read(base - 1), "the guard before faults");
}

void sequence::verify_contents(slot& s, std::size_t from, std::size_t to) {
  const reference& r = s.expected;
  const std::byte* const base = s.real->address();
  for (std::size_t at = from; at < to && difference_.empty();) {
    std::size_t next = at;
    do next = std::min(to, next + r.granularity - next % r.granularity);
    while (next < to && r.access_at(next) == r.access_at(at));
    if (r.access_at(at) != access::none)
      check(std::memcmp(base + at, r.contents.data() + at, next - at) == 0, "contents are as they should be");
    at = next;
  }
}

void sequence::verify_budget() {
  const auto drawn = type_.partition();
  if (!drawn) return;
  std::size_t sure = 0, perhaps = lost_charge_;
  for (const slot& each : slots_) {
    sure += each.expected.accessible();
    if (each.expected.now == state::broken) perhaps += 2 * of_.usual_maximum;
  }
  check(drawn->charged >= sure && drawn->charged <= sure + perhaps, "what is charged is what is committed");
}

void sequence::expect_resident(slot& s, std::size_t from, std::size_t to) {
  if (from < to && !of_.one_buffer_each)
    check(resident_bytes(s.real->address() + from, to - from) == to - from, "pages that were to be there are");
}

void sequence::expect_given_back(slot& s, std::size_t from, std::size_t to) {
  if (from < to && of_.gives_back && !advised_huge_)
    check(resident_bytes(s.real->address() + from, to - from) == 0, "memory is given back");
}

}  // namespace quire::test::sequences
