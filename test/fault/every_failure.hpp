// SPDX-License-Identifier: BSL-1.0
#pragma once
// Repeats each operation with each of its calls failing in turn: with each documented error, completely and halfway,
// and with a second failure after the first. The state afterwards must be one that the design allows.
#include <algorithm>
#include <cstddef>
#include <vector>

#include <quire/store/images.hpp>
#include <quire/store/reuse.hpp>

#include "conformance/common.hpp"
#include "fault/mmap_rules.hpp"
#include "fault/operations.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/failing_calls.hpp"
#include "support/process/khugepaged.hpp"
#include "support/process/process_maps.hpp"

namespace quire::test {

/// `M` is a test config over failing calls.
template <config M>
class every_failure {
  using A = typename M::allocator;
  using P = typename A::pages;
  using store = typename A::backing_type;
  using kernel = typename store::calls;
  using injector = typename kernel::watcher;
  using rules = fault_rules<kernel>;

 public:
  static void of(const operation<A>& op) {
    const std::vector<made_call> calls = record_calls(op);
    for (std::size_t i = 0; i < calls.size(); ++i)
      for (const int code : rules::errors_of(calls[i]))
        for (const bool halfway : {false, true}) {
          if (halfway && !rules::may_stop_halfway(calls[i])) continue;
          attempt(op, {i, {code, halfway}}, {});
          if (code != rules::shortage) continue;
          for (std::size_t second = i + 1; attempt(op, {i, {code, halfway}}, {second, {code, false}}); ++second) {
          }
        }
  }

 private:
  static void check(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
    test_environment::check(holds, what, where);
  }

  /// Runs the operation without a failure, and returns the calls that it makes.
  static std::vector<made_call> record_calls(const operation<A>& op) {
    set_context("%s, nothing fails", op.name);
    injector::forget();
    std::vector<made_call> calls;
    {
      A a = M::make();
      if (!op.starts_vacant) check(start(a).has_value(), "the start succeeds");
      injector::arm();
      check(op.run(a).has_value(), "the operation succeeds");
      if (a.data() != nullptr) check(all_zero(op.cleared(a)), "and clears what it should");
      calls = injector::made;
    }
    check(injector::mapped.all().empty(), "nothing is left mapped");
    check(!injector::touched_foreign_memory, "calls stay within what is mapped");
    return calls;
  }

  /// Returns whether all planned failures happened.
  static bool attempt(const operation<A>& op, failure_plan first, failure_plan second) {
    injector::forget();
    bool all_happened = false;
    {
      A a = M::make();
      if (!op.starts_vacant) check(start(a).has_value(), "the start succeeds");
      const memory_state before{a};
      injector::arm(first, second);
      const result<void> got = op.run(a);
      injector::disarm();
      describe(op, first, second);
      const std::size_t planned = second.at == failure_plan::never ? 1 : 2;
      all_happened = injector::failed.size() == planned;
      if (!injector::failed.empty()) verify(op, got, before, a, first);
    }
    check(!injector::touched_foreign_memory, "calls stay within what is mapped");
    expect_nothing_left();
    return all_happened;
  }

  static void describe(const operation<A>& op, failure_plan first, failure_plan second) {
    const char* const what = injector::failed.empty() ? "nothing" : test::name(injector::failed[0].what);
    const char* const then = injector::failed.size() < 2 ? "" : test::name(injector::failed[1].what);
    set_context("[%s: call %zu, %s, fails with %d%s; then %zd %s]", op.name, first.at, what, first.how.code,
                first.how.halfway ? " halfway" : "", static_cast<std::ptrdiff_t>(second.at), then);
  }

  static bool is_half_released([[maybe_unused]] const A& a) {
    if constexpr (image_placing_store<store>) return a.backing().half_released();
    return false;
  }

  /// The state that a failed operation must leave unchanged.
  struct memory_state {
    explicit memory_state(const A& a)
        : base(a.data()),
          address(address_of(a)),
          size(a.size()),
          capacity(a.capacity()),
          mapped(injector::mapped.all()) {}
    const std::byte* base;
    const std::byte* address;  // without a tag
    std::size_t size, capacity;
    std::vector<address_range> mapped;
  };

  static bool is_broken(A& a) {
    const auto got = a.grow(P{0});
    return !got && got.error().code == errc::broken;
  }

  static void verify(const operation<A>& op, const result<void>& got, const memory_state& before, A& a,
                     failure_plan first) {
    if (op.then == on_failure::nothing_to_tell) return;
    if (got) {
      check(rules::may_be_made_good(injector::failed.front(), first.how.code, circumstances_of(op, a)),
            "a failed call is reported, or made good");
      if (a.data() != nullptr) expect_good_memory(op, a);
      return;
    }
    if (injector::failed.size() == 2 && rules::looks_again(injector::failed[0], injector::failed[1])) return;
    expect_true_report(got.error(), first);
    const bool two = injector::failed.size() == 2;
    if (is_broken(a)) {
      const bool grew = op.then == on_failure::unchanged || op.name == std::string_view("reset to more");
      const call second = injector::failed.back().what;
      const bool blind = two && (second == call::mincore || second == call::virtual_query || second == call::madvise);
      // Recycling may have cleared pages in place, which no call shows.
      const bool cleared = recycling_store<store> && op.then == on_failure::contents_at_risk;
      check(contents_were_taken(before) || cleared || (grew && two) || blind || is_half_released(a),
            "a memory is broken only where contents are gone, cannot be looked at, or growth cannot be undone");
      return expect_only_deallocate(a);
    }
    expect_unchanged(op, before, a);
    expect_usable(op, a);
  }

  /// Whether a call that succeeded, or the completed half of one, discarded contents of the memory.
  static bool contents_were_taken(const memory_state& before) {
    return std::any_of(injector::done.begin(), injector::done.end(), [&](const made_call& c) {
      return rules::takes_contents(c) && c.where < before.address + before.size && c.where + c.bytes > before.address;
    });
  }
  static bool access_was_changed() {
    return std::any_of(injector::done.begin(), injector::done.end(),
                       [&](const made_call& c) { return effect_of(c) == effect::sets_access; });
  }

  static circumstances circumstances_of(const operation<A>& op, const A& a) {
    return {op.name, op.starts_vacant, op.then, a.requested(), M::falls_back};
  }

  static void expect_true_report(error e, failure_plan first) {
    const made_call& c = injector::failed.front();
    if (rules::hides_a_limit(c)) {
      check(e.code == errc::not_supported && e.at == step::commit, "where a limit is hidden nothing is assured");
    } else {
      check(e.native == first.how.code || injector::failed.size() == 2, "the error keeps the system's code");
      check(injector::failed.size() == 2 || rules::step_fits(e.at, c), "the error names the step");
    }
    const bool asked = commit_diagnosing_store<store> && injector::failed.size() == 2 && e.at == step::commit;
    check(e.code == store::code_of(e.at, e.native) || (asked && e.code == errc::too_many_mappings),
          "the code follows from the step and the system's");
  }

  static void expect_unchanged(const operation<A>& op, const memory_state& before, A& a) {
    check(a.data() == before.base && a.size() == before.size && a.capacity() == before.capacity,
          "base, size and capacity are as they were");
    if (op.starts_vacant) {
      if (!injector::has_failed(effect::unmaps)) check(injector::mapped.all().empty(), "what was mapped is given back");
      return;
    }
    const std::size_t end = accessible_end(a);
    if (op.then == on_failure::unchanged || !access_was_changed()) {
      check(injector::mapped.all() == before.mapped, "every page can be accessed as before");
    } else {
      for (const auto& r : injector::mapped.part(address_of(a), end))
        check(rules::is_readable(r.protection) || rules::is_inaccessible(r.protection),
              "pages have their old or the requested access");
    }
    if constexpr (can_protect<A>) check(a.protect(0, end, access::read_write).has_value(), "access can be restored");
    check(holds(a.bytes(), old_byte), "contents are as they were");
    check(resident_bytes(address_of(a) + end, a.capacity() - end) == 0, "no memory stays behind the end");
  }

  static void expect_usable(const operation<A>& op, A& a) {
    if (op.starts_vacant) {
      const auto got = start(a);
      check(got.has_value(), "it can be tried again");
      return;
    }
    const std::size_t size = a.size();
    check(a.grow(pages_of<A>(test_granule(a))).has_value(), "the memory can still grow");
    check(all_zero(a.bytes().subspan(size)), "into zeros");
    check(a.deallocate(a.data(), a.size()).has_value() && injector::mapped.all().empty(), "and be released");
  }

  static void expect_only_deallocate(A& a) {
    const auto is_refused_as_broken = [](const auto& r) { return is_refused(r, errc::broken); };
    check(is_refused_as_broken(a.allocate(P{1})) && is_refused_as_broken(a.grow(P{0}, P{0})) &&
              is_refused_as_broken(a.shrink(P{0}, P{0})) && is_refused_as_broken(a.reset(P{0})),
          "allocate, grow, shrink and reset are refused");
    if constexpr (can_protect<A>) check(is_refused_as_broken(a.protect(0, 0, access::none)), "protect is refused");
    if constexpr (can_discard<A>) check(is_refused_as_broken(a.discard(0, 0)), "discard is refused");
    check(a.size() == 0 && a.data() != nullptr && a.bytes().empty(), "its contents are out of reach");
    check(is_refused(a.deallocate(nullptr, 0), errc::invalid_argument), "deallocate still wants the base");
    check(a.deallocate(a.data(), a.size()).has_value(), "deallocate works");
    check(injector::mapped.all().empty(), "and releases everything");
    check(start(a).has_value() && holds(a.bytes(), old_byte), "then it can allocate again");
  }

  /// Checks all that the operation promises, after it has compensated for a failed call.
  static void expect_good_memory(const operation<A>& op, A& a) {
    const std::size_t g = test_granule(a);
    check(all_zero(op.cleared(a)), "what should be cleared is");
    if (a.requested().population == population::eager && op.then != on_failure::as_it_was && !can_be_discarded(op))
      check(resident_bytes(address_of(a), a.size()) == a.size(), "all of it is there");
    if (a.size() < a.capacity()) {
      const std::size_t size = a.size();
      check(a.grow(pages_of<A>(std::min(g, a.capacity() - size))).has_value(), "it grows");
      check(all_zero(a.bytes().subspan(size)), "into zeros");
    }
    if constexpr (can_protect<A>)
      check(a.protect(0, accessible_end(a), access::read_write).has_value(), "can be opened");
    fill(a.bytes(), old_byte);
  }
  static bool can_be_discarded(const operation<A>& op) { return op.then == on_failure::contents_at_risk; }

  /// If unmapping failed, address space may stay mapped, but it must hold no memory.
  static void expect_nothing_left() {
    if (!injector::has_failed(effect::unmaps)) check(injector::mapped.all().empty(), "nothing is left mapped");
    const bool undone = injector::failed.size() < 2;  // only one call failed, so no undo failed
    for (const auto& r : injector::mapped.all()) {
      if (undone) {
        check(rules::is_inaccessible(r.protection), "what cannot be unmapped is inaccessible");
        check(resident_bytes(r.begin, r.bytes()) == 0, "what cannot be unmapped holds no memory");
      }
    }
    const auto left = injector::mapped.all();
    for (const auto& r : left) rules::release(r);
  }
};

/// Runs every operation, each in a child process of its own.
template <config M>
void survive_every_failure() {
  for (const auto& op : operations<typename M::allocator>)
    test_environment::run_isolated(op.name, [&op] {
      if (M::make().requested().huge == huge_request::as_system) keep_khugepaged_away();
      every_failure<M>::of(op);
    });
}

}  // namespace quire::test
