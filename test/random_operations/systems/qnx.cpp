// SPDX-License-Identifier: BSL-1.0
// Random sequences over the typedefs of QNX, on the model of QNX.
#include <optional>
#include <tuple>

#include <quire/all_of.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>

#include "models/qnx/configs.hpp"
#include "models/qnx/failing_calls.hpp"
#include "random_operations/sequences.hpp"
#include "support/page_units.hpp"

namespace quire::test::sequences {
namespace {

namespace r = residency;

template <class Base>
struct random_qnx : watched_calls<Base, fault_injector> {
  static calls::mapping mmap_object(void* where, std::size_t bytes, int protection, int flags, int object,
                                    std::size_t offset) noexcept {
    made_call c{call::mmap, static_cast<const std::byte*>(where), bytes, protection, flags};
    if (const int code = fault_injector::before(c).code) return {nullptr, code};
    const calls::mapping got = Base::mmap_object(where, bytes, protection, flags, object, offset);
    c.where = static_cast<const std::byte*>(got.address);
    if (got.error == 0) fault_injector::after(c);
    return got;
  }
};

template <class Kernel>
struct qnx_family : fault_rules<failing_qnx<Kernel>> {
  static bool takes_away(const made_call& c) {
    return fault_rules<failing_qnx<Kernel>>::takes_contents(c) || effect_of(c) == effect::unmaps;
  }
  /// The documented errors of posix_madvise concern its arguments only.
  static bool may_stop_halfway(const made_call& c) {
    return fault_rules<failing_qnx<Kernel>>::may_stop_halfway(c) && c.what != call::madvise;
  }
  static access access_of(int protection) {
    if ((protection & Kernel::prot_write) != 0) return access::read_write;
    return (protection & Kernel::prot_read) != 0 ? access::read : access::none;
  }
};
constexpr system_rules rules = rules_from<calls::qnx, qnx_family<calls::qnx>>();

using sdp_8 = random_qnx<calls::qnx>;
using qnx_7 = random_qnx<before_sdp_8<>>;
template <class B, class Residency = r::on_demand>
using over = qnx_allocator::with_backing<B>::template with_residency<Residency>;

template <class Base>
struct on_host : Base {
  static constexpr bool never_empties = true;  // the model has memory of its own
};
struct ready : on_host<on_qnx<over<backing::qnx_mmap<sdp_8>>>> {
  static constexpr const char* name = "qnx";
};
struct locked : on_host<on_qnx<over<backing::qnx_mmap<sdp_8>, r::locked>>> {
  static constexpr const char* name = "qnx, locked";
};
struct by_bytes : on_host<on_qnx<over<backing::qnx_mmap<sdp_8>>::with_page_size<in_units<1>>>> {
  static constexpr const char* name = "qnx, units of 1 byte";
};
struct contiguous : on_host<on_qnx<over<backing::qnx_contiguous_mmap<sdp_8>>>> {
  static constexpr const char* name = "qnx, contiguous";
};
struct lazy : on_host<on_qnx<over<backing::qnx_lazy_mmap<sdp_8>>>> {
  static constexpr const char* name = "qnx, lazy";
};
/// The pool is closed before another machine is booted.
struct typed : on_host<on_qnx<over<backing::qnx_typed_memory<sdp_8>>>> {
  static constexpr const char* name = "qnx, typed memory";
  using store = allocator::backing_type;
  static inline std::optional<store::pool> pool;
  template <class... Limits>
  static allocator make(Limits... limits) noexcept {
    if (!pool) pool.emplace(*store::pool::open("video", backing::typed_run::scattered));
    return allocator{store{*pool}, limits...};
  }
};
struct before : on_host<on_qnx_7<over<backing::qnx_mmap<qnx_7>>>> {
  static constexpr const char* name = "qnx 7";
};
struct before_locked : on_host<on_qnx_7<over<backing::qnx_mmap<qnx_7>, all_of<r::populated, r::locked>>>> {
  static constexpr const char* name = "qnx 7, populated and locked";
};
struct imaged : on_host<on_qnx<with_images<over<backing::qnx_mmap<sdp_8>>>>> {
  static constexpr const char* name = "qnx, images";
};

using memories = std::tuple<ready, locked, by_bytes, contiguous, lazy, typed, before, before_locked, imaged>;

TEMPLATE_LIST_TEST_CASE("memories over QNX agree with the model in random sequences of operations", "[lives]",
                        memories) {
  for (const std::size_t page : {4_KiB, 16_KiB}) {
    qnx_model::boot(machine_with(page, TestType::release));
    INFO("pages of " << page << " bytes");
    expect_no_difference<TestType>(rules, {}, 2 * std::tuple_size_v<memories>);
    typed::pool.reset();
  }
}

}  // namespace
}  // namespace quire::test::sequences
