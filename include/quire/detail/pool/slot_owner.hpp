// SPDX-License-Identifier: BSL-1.0
#pragma once
// What owns the slots of a pool: opens and closes them, and may be moved while they are in use.
#include <cstddef>
#include <cstdint>
#include <utility>

#include <quire/detail/pool/slot_opening.hpp>
#include <quire/detail/pool/slot_source.hpp>
#include <quire/error.hpp>
#include <quire/policy/recycling.hpp>
#include <quire/result.hpp>

namespace quire::detail {

template <class Source, class Parts>
class slot_owner {
 public:
  slot_owner() noexcept = default;
  slot_owner(slot_owner&& other) noexcept : source_(std::exchange(other.source_, nullptr)) {}
  slot_owner& operator=(slot_owner&& other) noexcept {
    slot_owner taken(std::move(other));
    std::swap(source_, taken.source_);
    return *this;
  }
  ~slot_owner() {
    if (source_ != nullptr) source_->detach();
  }

  /// Called by quire::explain.
  [[nodiscard]] explanation explain_refusal(error e) const noexcept {
    if (e.native != 0) return {};  // the system refused to open the pool, and no pool is left to ask
    if (source_ == nullptr || e.at != step::reserve) return {limit_kind::none, "", {}, {}};
    return source_->explain_refusal();
  }

  /// Releases all slots. Precondition: no other thread uses them at this time. Errors: `not_permitted` if one is in
  /// use, or kept by a stack_cache; nothing has changed then. Cost: one call for each reservation, and for the records.
  [[nodiscard]] result<void> close() noexcept {
    if (source_ == nullptr) return {};
    if (source_->live() != 0) return failure(errc::not_permitted, step::release);
    std::exchange(source_, nullptr)->release_all();
    return {};
  }

  /// With a recycling that lets memories wait (recycling::deferred, recycling::batched_decommit): cleans those that
  /// came back, at most so many, and returns their number. Any thread may call it at any time.
  std::uint32_t clean_step(std::uint32_t most = UINT32_MAX) noexcept
    requires(Source::waits)
  {
    return source_ == nullptr ? 0 : source_->clean_waiting(most);
  }

 protected:
  /// `fewest`: 0 stands for all.
  template <class Recycling>
  [[nodiscard]] result<void> open_slots(const Parts& parts, const slot_layout& layout, std::uint32_t slots,
                                        std::uint32_t fewest, slot_order order = {}) noexcept {
    step_failure why;
    Source* const opened =
        slot_opening<Source, Parts>(parts, layout, order).open(slots, fewest == 0 ? slots : fewest, why);
    if (opened == nullptr) return failed(Source::code_of(why.at, why.native), why);
    if constexpr (scans<Recycling>) (void)opened->store.open_scanner(opened->scanner);  // else memory is given back
    source_ = opened;
    return {};
  }

  [[nodiscard]] static std::unexpected<error> failed(errc code, step_failure why) noexcept {
    return failure(code, why.at, Source::is_own_code(why.native) ? 0 : why.native);
  }

  Source* source_ = nullptr;
};

}  // namespace quire::detail
