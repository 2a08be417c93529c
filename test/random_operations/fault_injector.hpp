#pragma once
// Calls of which random ones fail: with each error that the manual names, whole or half-way, once or several times in
// succession. Keeps the books of mappings and descriptors, and knows whether a call has changed anything so far.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

#include <quire/access.hpp>

#include "support/address_ranges.hpp"
#include "support/fakes/watched_calls.hpp"

namespace quire::test::sequences {

/// The `first`-th call of an operation fails, and so do the `succession - 1` calls behind it; one more call fails
/// `again` calls later. A succession of 0 lets all calls succeed.
struct fault_plan {
  std::uint8_t first = 0, succession = 0, again = 0;
  std::uint8_t which_error = 0;
  bool halfway = false;
};

/// What differs between systems.
struct system_rules {
  std::initializer_list<int> (*errors_of)(const made_call&);
  bool (*may_stop_halfway)(const made_call&);
  bool (*takes_away)(const made_call&);  // whether contents or addresses are gone when it succeeds
  access (*access_of)(int protection);
  void (*release)(const address_range&);
};

/// The watcher of all calls in a program; there is one, as only one life runs at a time.
class fault_injector {
 public:
  static inline address_ranges mapped;
  static inline long open_files = 0;

  static void use(const system_rules& rules) noexcept { rules_ = rules; }
  static const system_rules& rules() noexcept { return rules_; }
  /// From now on the calls count as those of one operation.
  static void arm(const fault_plan& plan) noexcept;
  static void disarm() noexcept { plan_ = {}; }

  // Of the operation since `arm`.
  [[nodiscard]] static unsigned calls() noexcept { return calls_; }
  [[nodiscard]] static unsigned failed() noexcept { return failed_; }
  [[nodiscard]] static unsigned losses() noexcept { return losses_; }
  [[nodiscard]] static bool unmapping_failed() noexcept { return unmapping_failed_; }
  [[nodiscard]] static bool touched_foreign_memory() noexcept { return touched_foreign_memory_; }
  [[nodiscard]] static bool failed_with(int code) noexcept;
  /// Whether a call has failed that takes contents away and may stop half-way, and whose first page is not there.
  [[nodiscard]] static bool may_have_begun(bool (*is_absent)(const std::byte* page)) noexcept;
  /// The calls, as text for a report.
  [[nodiscard]] static std::string told();

  static intervention before(const made_call& c) noexcept;
  static void after(const made_call& c) noexcept;
  /// For a call about a descriptor: 0, or the error that it fails with.
  static int before_file_call(const char* what, std::initializer_list<int> errors) noexcept;

 private:
  static constexpr unsigned most = 64;  // that are remembered
  struct entry {
    const char* what;
    const std::byte* where;
    std::size_t bytes;
    int detail, code;
    bool halfway;
    bool unclear;  // whether it has begun
  };
  static bool is_due(unsigned call) noexcept;
  /// Whether a call that failed half-way has done this before: then the system does it again.
  static bool was_granted(const made_call& c) noexcept;
  static void remember(const entry& e) noexcept;

  static inline system_rules rules_{};
  static inline fault_plan plan_{};
  static inline unsigned calls_ = 0, failed_ = 0, losses_ = 0;
  static inline bool unmapping_failed_ = false, touched_foreign_memory_ = false;
  static inline entry made_[most];
};

/// The rules of a system whose `Rules` the fault suites have, for calls that its `Kernel` names.
template <class Kernel, class Rules>
constexpr system_rules rules_from() noexcept {
  return {[](const made_call& c) { return Rules::errors_of(c); },
          [](const made_call& c) { return Rules::may_stop_halfway(c); },
          [](const made_call& c) { return Rules::takes_away(c); },
          [](int protection) { return Rules::access_of(protection); },
          [](const address_range& r) { Rules::release(r); }};
}

}  // namespace quire::test::sequences
