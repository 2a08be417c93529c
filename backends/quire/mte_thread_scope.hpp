// SPDX-License-Identifier: BSL-1.0
#pragma once
// Each thread enables tag checks for itself; this scope does so for the calling thread.
#include <cstdint>

#include <quire/backing/detail/linux/mte.hpp>
#include <quire/backing/detail/posix/error_codes.hpp>
#include <quire/calls/linux.hpp>
#include <quire/result.hpp>
#include <quire/tags.hpp>

namespace quire::tagging {

/// A test replaces `Calls`.
template <class Calls>
class basic_mte_thread_scope {
 public:
  /// prctl(PR_SET_TAGGED_ADDR_CTRL): the calling thread checks tags in the mode `checks`, lets the kernel accept tagged
  /// addresses, and draws random tags from `choices` (bit n for tag n). New threads and processes inherit this.
  /// outcome() returns the error: errc::not_supported if the machine or the kernel has no such tags, in which case
  /// nothing was changed; errc::not_permitted if the system forbids them (sysctl abi.tagged_addr_disabled).
  explicit basic_mte_thread_scope(tag_checks checks = tag_checks::synchronous,
                                  std::uint16_t choices = 0xfffe) noexcept {
    if constexpr (backing::detail::tagging_calls<Calls>) outcome_ = enable(checks, choices);
  }
  basic_mte_thread_scope(const basic_mte_thread_scope&) = delete;
  basic_mte_thread_scope& operator=(const basic_mte_thread_scope&) = delete;
  /// Restores the thread's previous settings. Must run on the same thread.
  ~basic_mte_thread_scope() {
    if constexpr (backing::detail::tagging_calls<Calls>)
      if (outcome_) (void)Calls::set_tag_control(before_);
  }

  /// Whether the thread checks tags now, or why not. Errors: those of the constructor.
  [[nodiscard]] const result<void>& outcome() const noexcept { return outcome_; }
  /// Whether the thread checks tags now.
  [[nodiscard]] explicit operator bool() const noexcept { return outcome_.has_value(); }

 private:
  result<void> enable(tag_checks checks, std::uint16_t choices) noexcept {
    if (!Calls::has_tags()) return failed(Calls::unsupported);
    const long before = Calls::tag_control();
    if (before < 0) return failed(static_cast<int>(-before));
    before_ = static_cast<unsigned long>(before);
    const unsigned long word = backing::detail::tag_control_word<Calls>(checks, choices);
    if (checks == tag_checks::asymmetric && !backing::detail::checks_at_least<Calls>(word, checks))
      return failed(Calls::unsupported);
    const int n = Calls::set_tag_control(word);
    if (n == 0) return {};
    // The machine has tags and the kernel has answered, so EINVAL means that the sysctl forbids them.
    return n == Calls::invalid ? failure(errc::not_permitted, step::tag, n) : failed(n);
  }
  [[nodiscard]] static std::unexpected<error> failed(int native) noexcept {
    return failure(backing::detail::posix_code<Calls>(step::tag, native), step::tag, native);
  }

  result<void> outcome_ = failure(errc::not_supported, step::tag);
  unsigned long before_ = 0;
};

/// For the calls of Linux.
using mte_thread_scope = basic_mte_thread_scope<calls::linux_kernel>;

}  // namespace quire::tagging
