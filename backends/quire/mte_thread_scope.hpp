#pragma once
// Checks of tags are a matter of each thread: here one enables them for itself.
#include <cstdint>

#include <quire/backing/detail/linux/mte.hpp>
#include <quire/backing/detail/posix/error_codes.hpp>
#include <quire/calls/linux.hpp>
#include <quire/result.hpp>
#include <quire/tags.hpp>

namespace quire::tagging {

/// `Calls` is what a test replaces.
template <class Calls>
class basic_mte_thread_scope {
 public:
  /// prctl(PR_SET_TAGGED_ADDR_CTRL): the calling thread checks tags so, lets the kernel take tagged addresses, and
  /// draws random tags from `choices` (bit n for tag n). New threads and processes inherit it. What went wrong
  /// outcome() tells: `not_supported` where machine or kernel have no such tags, and then nothing was changed;
  /// `not_permitted` where the system forbids it (sysctl abi.tagged_addr_disabled).
  explicit basic_mte_thread_scope(tag_checks checks = tag_checks::synchronous,
                                  std::uint16_t choices = 0xfffe) noexcept {
    if constexpr (backing::detail::tagging_calls<Calls>)
      outcome_ = enable(checks, choices);
    else
      outcome_ = failure(errc::not_supported, step::tag);
  }
  basic_mte_thread_scope(const basic_mte_thread_scope&) = delete;
  basic_mte_thread_scope& operator=(const basic_mte_thread_scope&) = delete;
  /// Restores what the thread had. To be run by the same thread.
  ~basic_mte_thread_scope() {
    if constexpr (backing::detail::tagging_calls<Calls>)
      if (outcome_) (void)Calls::set_tag_control(before_);
  }

  [[nodiscard]] const result<void>& outcome() const noexcept { return outcome_; }
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
    // A machine that has tags, and a kernel that has answered: what is invalid is forbidden by the sysctl.
    return n == Calls::invalid ? failure(errc::not_permitted, step::tag, n) : failed(n);
  }
  [[nodiscard]] static std::unexpected<error> failed(int native) noexcept {
    return failure(backing::detail::posix_code<Calls>(step::tag, native), step::tag, native);
  }

  result<void> outcome_{};
  unsigned long before_ = 0;
};

using mte_thread_scope = basic_mte_thread_scope<calls::linux_kernel>;

}  // namespace quire::tagging
