// SPDX-License-Identifier: BSL-1.0
// Each operation of a store below a verified one fails in turn: the memory stays as it was or becomes broken, is not
// reported as damaged, and the buffer is given back.
#include <cstddef>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "unit/buffers/storages.hpp"

namespace quire::test {
namespace {

/// Fails one call, after `fails_after` calls that succeed.
struct failing_buffer : backing::static_buffer<> {
  using static_buffer::static_buffer;
  static constexpr int never = -1, refused = 0x300;
  static inline int fails_after = never;

  static bool fails() noexcept { return fails_after >= 0 && fails_after-- == 0; }
  static constexpr errc code_of(step at, int native) noexcept {
    return native == refused ? errc::out_of_memory : static_buffer::code_of(at, native);
  }
  reservation reserve(std::size_t bytes, std::size_t alignment, const attributes& requested) const noexcept {
    return fails() ? reservation{nullptr, refused} : static_buffer::reserve(bytes, alignment, requested);
  }
  static int commit(page_run r, const attributes& requested) noexcept {
    return fails() ? refused : static_buffer::commit(r, requested);
  }
  static int decommit(page_run r, const attributes& requested) noexcept {
    return fails() ? refused : static_buffer::decommit(r, requested);
  }
  static int discard(page_run r, const attributes& requested) noexcept {
    return fails() ? refused : static_buffer::discard(r, requested);
  }
  int release(page_run whole, page_run accessible, const attributes& requested) const noexcept {
    return fails() ? refused : static_buffer::release(whole, accessible, requested);
  }
};

template <verification Level>
struct trial {
  using A = over_buffer<backing::verified<failing_buffer, Level>>;
  static_storage<256_KiB, Level> storage;

  A start() {
    failing_buffer::fails_after = failing_buffer::never;
    A a{failing_buffer{storage}};
    REQUIRE(a.allocate(pages{2}, pages{4}));
    fill(a.bytes(), 0x42);
    return a;
  }
  static void expect_still_whole(A& a) {
    REQUIRE(a.size() == 2 * chunk);
    CHECK(holds(a.bytes(), 0x42));
    REQUIRE(a.grow(pages{1}));
    CHECK(all_zero(a.bytes().subspan(2 * chunk)));
    CHECK(a.deallocate(a.data(), a.size()));
  }
  static void expect_only_deallocate(A& a) {
    CHECK(is_refused(a.grow(pages{1}), errc::broken));
    CHECK(a.bytes().empty());
    CHECK(a.deallocate(a.data(), a.size()));
  }

  /// Runs the operation with its first call failing, then its second, and so on until it succeeds. Returns how often it
  /// failed.
  template <class F>
  int failing_in_turn(F operation) {
    for (int call = 0;; ++call) {
      A a = start();
      failing_buffer::fails_after = call;
      const result<void> got = operation(a);
      const bool failed = failing_buffer::fails_after < 0;
      failing_buffer::fails_after = failing_buffer::never;
      CHECK(got.has_value() != failed);
      if (!failed) return call;
      CHECK(got.error().code == errc::out_of_memory);
      if (a.grow(pages{0}))
        expect_still_whole(a);
      else
        expect_only_deallocate(a);
      CHECK_FALSE(storage.claim.is_taken());
    }
  }
};

template <class T>
result<void> without_value(const result<T>& got) {
  if (got) return {};
  return std::unexpected(got.error());
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("a failing store below a verified one leaves the memory as it was or broken", "",
                       ((verification Level), Level), verification::off, verification::minimal, verification::standard,
                       verification::full, verification::critical) {
  static trial<Level> t;
  using A = typename trial<Level>::A;
  CHECK(t.failing_in_turn([](A& a) { return without_value(a.grow(pages{1})); }) == 1);
  CHECK(t.failing_in_turn([](A& a) { return without_value(a.shrink(pages{1})); }) == 1);
  CHECK(t.failing_in_turn([](A& a) { return a.discard(0, chunk); }) == 1);
  CHECK(t.failing_in_turn([](A& a) { return a.reset(pages{1}); }) == 3);
  CHECK(t.failing_in_turn([](A& a) { return a.deallocate(a.data(), a.size()); }) == 1);

  for (int call = 0; call != 2; ++call) {
    A a{failing_buffer{t.storage}};
    failing_buffer::fails_after = call;
    CHECK_FALSE(a.allocate(pages{1}));
    CHECK_FALSE(t.storage.claim.is_taken());
    CHECK(a.allocate(pages{1}));
  }
}

}  // namespace quire::test
