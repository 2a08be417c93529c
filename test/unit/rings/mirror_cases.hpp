// SPDX-License-Identifier: BSL-1.0
#pragma once
// What mirrored memory does, on any system, also when each of its calls fails.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <quire/basic_ring_buffer.hpp>
#include <quire/mirrored.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_calls.hpp"

namespace quire::test {

/// Between a write by one address and a read by the other.
inline void settle() { std::atomic_signal_fence(std::memory_order_seq_cst); }

/// Whether each byte of a granule is one byte by both addresses. At the end both are filled.
template <class A>
void verify_mirrored(const mirrored<A>& m) {
  const std::span<std::byte> both = m.both();
  const std::size_t size = m.size();
  REQUIRE(both.size() == 2 * size);
  std::size_t different = 0;
  for (std::size_t i = 0; i < size; i += i % 4096 == 4095 ? 1 : 7) {
    both[i] = static_cast<std::byte>(i / 3);
    settle();
    if (both[size + i] != static_cast<std::byte>(i / 3)) ++different;
    both[size + i] = static_cast<std::byte>(i / 5 + 1);
    settle();
    if (both[i] != static_cast<std::byte>(i / 5 + 1)) ++different;
  }
  CHECK(different == 0);
  fill(both.subspan(size / 2, size), 0x5a);  // across the end
  settle();
  CHECK(holds(both, 0x5a));
}

template <class A, class... Given>
void verify_life_of_mirrored(Given... given) {
  mirrored<A> m(given...);
  CHECK(m.data() == nullptr);
  CHECK(m.size() == 0);
  CHECK(m.zone_of(&m) == zone::outside);
  CHECK(is_refused(m.deallocate(), errc::not_allocated));
  CHECK(is_refused(m.allocate(0), errc::invalid_argument));
  CHECK(is_refused(m.allocate(~std::size_t{0}), errc::limit_exceeded));
  CHECK(is_refused(m.allocate(max_bytes / 16 + 1), errc::limit_exceeded));
  const std::size_t granule = m.granularity();
  for (const std::size_t bytes : {std::size_t{1}, granule, granule + 1, 3 * granule}) {
    const auto got = m.allocate(bytes);
    REQUIRE(got);
    CHECK(got->data() == m.data());
    CHECK(got->size() == align_up(bytes, granule));
    CHECK(all_zero(m.both()));
    CHECK(is_refused(m.allocate(1), errc::already_allocated));
    verify_mirrored(m);
    CHECK(m.zone_of(m.data()) == zone::accessible);
    CHECK(m.zone_of(m.data() + 2 * m.size() - 1) == zone::accessible);
    if (A::contract.guard_after != 0) CHECK(m.zone_of(m.data() + 2 * m.size()) == zone::guard_after);
    if (A::contract.guard_before != 0) CHECK(m.zone_of(m.data() - 1) == zone::guard_before);
    mirrored<A> other(std::move(m));
    CHECK(m.data() == nullptr);
    CHECK(other.data() == got->data());
    m = std::move(other);
    CHECK(holds(m.both(), 0x5a));
    CHECK(m.deallocate());
    CHECK(m.data() == nullptr);
  }
}

/// Makes each call of an allocation fail, and each of a release.
template <class A, class Rules, class... Given>
void survive_every_failure_of_mirrored(Given... given) {
  using injector = typename detail::region_store<A>::calls::watcher;
  injector::forget();
  {
    mirrored<A> m(given...);
    REQUIRE(m.allocate(1));
    REQUIRE(m.deallocate());
  }
  const std::vector<made_call> calls = injector::made;
  for (std::size_t at = 0; at < calls.size(); ++at)
    for (const int code : Rules::errors_of(calls[at])) {
      INFO("call " << at << ", " << name(calls[at].what) << ", fails with " << code);
      injector::forget();
      {
        mirrored<A> m(given...);
        injector::arm({at, {code, false}});
        const auto got = m.allocate(1);
        const auto released = got ? m.deallocate() : result<void>{};
        injector::disarm();
        // Where the system's choice of addresses is aligned already, fewer calls are made than were recorded.
        CHECK(injector::failed.size() == (at < injector::made.size() ? 1 : 0));
        if (injector::failed.empty()) CHECK((got.has_value() && released.has_value()));
        if (!got) {
          CHECK(got.error().native == code);
          CHECK(got.error().code != errc::invalid_argument);
          CHECK(m.data() == nullptr);
          CHECK((injector::mapped.all().empty() || injector::has_failed(effect::unmaps)));
          REQUIRE(m.allocate(1));
          verify_mirrored(m);
        } else if (!released) {
          CHECK(released.error().native == code);
          CHECK(released.error().at == step::release);
          const result<std::span<std::byte>> again = m.allocate(1);
          CHECK(!again);
          if (m.data() != nullptr)
            verify_mirrored(m);
          else
            CHECK(is_refused(again, errc::broken));
          CHECK(m.deallocate());
          REQUIRE(m.allocate(1));
        }
      }
      CHECK((injector::mapped.all().empty() || injector::has_failed(effect::unmaps)));
      CHECK_FALSE(injector::touched_foreign_memory);
    }
}

template <class A>
void pass_three_rounds_through_a_ring() {
  basic_ring_buffer<std::uint32_t, A> ring;
  REQUIRE(ring.open(1));
  std::uint32_t value = 0;
  for (std::uint32_t i = 0; i < 3 * ring.capacity(); ++i) {
    REQUIRE(ring.try_push(i));
    REQUIRE((ring.try_pop(value) && value == i));
  }
}

}  // namespace quire::test
