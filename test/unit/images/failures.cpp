// SPDX-License-Identifier: BSL-1.0
// Every call of a memory that starts from an image fails in turn, with the image mapped or copied.
#include <tuple>

#include <quire/all_of.hpp>
#include <quire/page_size/explicit_huge.hpp>
#include <quire/placement/bind.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/not_inherited.hpp>
#include <quire/residency/populated.hpp>

#include "fault/every_failure.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/process/machine.hpp"
#include "unit/images/contents.hpp"

namespace quire::test {
namespace {

namespace r = residency;
using failing_memory = with_images<linux_allocator::with_backing<failing_store>>;
using failing_posix = with_images<posix_allocator::with_backing<backing::posix_mmap<failing_calls<calls::posix>>>>;
template <class A>
using started = sole<plain<always_from_image<A>>>;
template <class R>
using residing = started<failing_memory::with_residency<R>>;
using injector = failing_store::calls::watcher;

using memories =
    std::tuple<started<failing_memory>, residing<r::populated>, if_available<residing<r::locked>, no_locking>,
               residing<all_of<r::excluded_from_dumps, r::not_inherited>>,
               started<failing_memory::with_page_size<page_size::explicit_huge<2_MiB>>>, started<failing_posix>>;

/// Prepares a memory, lets each call of `attempt` fail in turn with ENOMEM, and calls `judge(memory, error, call)`.
template <class A, class P, class F, class J>
void with_each_failure(P prepare, F attempt, J judge) {
  for (std::size_t at = 0;; ++at) {
    INFO("call " << at);
    A a;
    prepare(a);
    injector::arm({at, {ENOMEM, false}});
    const result<void> got = attempt(a);
    injector::disarm();
    if (injector::failed.empty()) {
      CHECK(at > 1);
      return;
    }
    if (!got) judge(a, got.error(), injector::failed.front());
  }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("a memory that starts from an image survives every failing call", "[images][fault]", memories) {
  if (const char* const reason = TestType::missing()) return skip(reason);
  const typename TestType::allocator::world zeros;
  survive_every_failure<TestType>();
}

TEMPLATE_TEST_CASE("a failed allocate_from leaves the memory vacant and nothing mapped", "[images][fault]",
                   failing_memory, failing_memory::with_page_size<page_size::explicit_huge<2_MiB>>,
                   failing_memory::with_residency<r::populated>) {
  const auto contents = pattern(3 * chunk + 100);
  const auto image = image_of<TestType>(contents);
  injector::forget();
  with_each_failure<TestType>(
      [](TestType&) {}, [&](TestType& a) { return without_value(a.allocate_from(image, chunk, pages{32}, pages{64})); },
      [&](TestType& a, error e, const made_call&) {
        CHECK(e.native == ENOMEM);
        CHECK((a.data() == nullptr && a.image_mode() == image_mode::none));
        CHECK((injector::has_failed(effect::unmaps) || injector::mapped.all().empty()));
        REQUIRE(a.allocate_from(image, chunk, pages{32}, pages{64}));
        CHECK(holds_image(a.bytes(), contents, chunk));
      });
}

TEST_CASE("discard of an image changes nothing if its first step fails and is broken otherwise", "[images][fault]") {
  const auto contents = pattern(4 * chunk);
  const auto image = image_of<failing_memory>(contents);
  injector::forget();
  for (const bool restricted : {false, true}) {
    INFO("a page that may only be read: " << restricted);
    std::size_t mappings = 0;
    with_each_failure<failing_memory>(
        [&](failing_memory& a) {
          REQUIRE(a.allocate_from(image, chunk, pages{6}, pages{8}));
          fill(a.bytes(), 0x33);
          if (restricted) REQUIRE(a.protect(2 * chunk, chunk, access::read));
        },
        [](failing_memory& a) { return a.discard(0, 6 * chunk); },
        [&](failing_memory& a, error e, const made_call& c) {
          CHECK((e.at == step::discard && e.native == ENOMEM && e.code == errc::too_many_mappings));
          if (c.what == call::mmap && c.where == a.data() + chunk) {
            ++mappings;
            CHECK((a.size() == 6 * chunk && holds(a.bytes(), 0x33)));
            REQUIRE(a.discard(0, 6 * chunk));
            CHECK(all_zero(a.bytes()));
            REQUIRE(a.reset(pages{6}));
            CHECK(holds_image(a.bytes(), contents, chunk));
          } else {
            CHECK(is_refused(a.grow(pages{0}), errc::broken));
          }
        });
    CHECK(mappings == 1);
  }
}

}  // namespace quire::test
