// SPDX-License-Identifier: BSL-1.0
#pragma once
// Makes random calls fail: with each error that the manual names, completely or halfway, once or several times in
// succession. Keeps a journal of mappings and descriptors, and knows whether any call has changed something so far.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

#include <quire/access.hpp>

#include "support/address_ranges.hpp"
#include "support/fakes/watched_calls.hpp"

namespace quire::test::sequences {

/// Call number `first` of an operation fails, and so do the `succession - 1` calls after it; one more call fails
/// `again` calls later. With a succession of 0 all calls succeed.
struct fault_plan {
  std::uint8_t first = 0, succession = 0, again = 0;
  std::uint8_t which_error = 0;
  bool halfway = false;
};

/// The rules that differ between systems.
struct system_rules {
  std::initializer_list<int> (*errors_of)(const made_call&);
  bool (*may_stop_halfway)(const made_call&);
  bool (*takes_away)(const made_call&);  // whether success makes contents or addresses disappear
  access (*access_of)(int protection);
  void (*release)(const address_range&);
};

/// Watches all calls of the program. All members are static, as only one sequence runs at a time.
class fault_injector {
 public:
  static inline address_ranges mapped;
  static inline long open_files = 0;

  static void use(const system_rules& rules) noexcept { rules_ = rules; }
  static const system_rules& rules() noexcept { return rules_; }
  /// Starts to count the calls of one operation.
  static void arm(const fault_plan& plan) noexcept;
  static void disarm() noexcept { plan_ = {}; }

  // The following concern the operation since `arm`.
  [[nodiscard]] static unsigned calls() noexcept { return calls_; }
  [[nodiscard]] static unsigned failed() noexcept { return failed_; }
  [[nodiscard]] static unsigned losses() noexcept { return losses_; }
  [[nodiscard]] static bool unmapping_failed() noexcept { return unmapping_failed_; }
  [[nodiscard]] static bool touched_foreign_memory() noexcept { return touched_foreign_memory_; }
  [[nodiscard]] static bool failed_with(int code) noexcept;
  /// Whether a failed call that discards contents and may stop halfway may have begun: its first page is absent.
  [[nodiscard]] static bool may_have_begun(bool (*is_absent)(const std::byte* page)) noexcept;
  /// Formats the calls for a report.
  [[nodiscard]] static std::string told();

  static intervention before(const made_call& c) noexcept;
  static void after(const made_call& c) noexcept;
  /// Returns 0, or the error with which a call on a descriptor has to fail.
  static int before_file_call(const char* what, std::initializer_list<int> errors) noexcept;

 private:
  static constexpr unsigned most = 64;  // entries that are kept
  struct entry {
    const char* what;
    const std::byte* where;
    std::size_t bytes;
    int detail, code;
    bool halfway;
    bool unclear;  // it is unknown whether the call has begun
  };
  static bool is_due(unsigned call) noexcept;
  /// Whether this call repeats one that failed halfway: the system then grants it again.
  static bool was_granted(const made_call& c) noexcept;
  static void remember(const entry& e) noexcept;

  static inline system_rules rules_{};
  static inline fault_plan plan_{};
  static inline unsigned calls_ = 0, failed_ = 0, losses_ = 0;
  static inline bool unmapping_failed_ = false, touched_foreign_memory_ = false;
  static inline entry made_[most];
};

/// The rules of a system as the fault suites define them in `Rules`, for the calls that `Kernel` names.
template <class Kernel, class Rules>
constexpr system_rules rules_from() noexcept {
  return {[](const made_call& c) { return Rules::errors_of(c); },
          [](const made_call& c) { return Rules::may_stop_halfway(c); },
          [](const made_call& c) { return Rules::takes_away(c); },
          [](int protection) { return Rules::access_of(protection); },
          [](const address_range& r) { Rules::release(r); }};
}

}  // namespace quire::test::sequences
