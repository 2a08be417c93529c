// SPDX-License-Identifier: BSL-1.0
#include "random_operations/fault_injector.hpp"

#include <algorithm>
#include <cstdio>
#include <span>
#include <string_view>

namespace quire::test::sequences {

void fault_injector::arm(const fault_plan& plan) noexcept {
  plan_ = plan;
  calls_ = failed_ = losses_ = 0;
  unmapping_failed_ = touched_foreign_memory_ = false;
}

bool fault_injector::is_due(unsigned call) noexcept {
  if (plan_.succession == 0 || call < plan_.first) return false;
  const unsigned since = call - plan_.first;
  return since < plan_.succession || (plan_.again != 0 && since == plan_.succession + plan_.again - 1U);
}

void fault_injector::remember(const entry& e) noexcept {
  if (calls_ < most) made_[calls_] = e;
  ++calls_;
}

bool fault_injector::was_granted(const made_call& c) noexcept {
  const std::span seen{made_, std::min(calls_, most)};
  return std::any_of(seen.begin(), seen.end(), [&](const entry& e) {
    return e.code != 0 && e.halfway && std::string_view(e.what) == name(c.what) && e.detail == c.detail &&
           e.where == c.where && c.bytes <= e.bytes / 2;
  });
}

bool fault_injector::failed_with(int code) noexcept {
  const std::span seen{made_, std::min(calls_, most)};
  return calls_ > most || std::any_of(seen.begin(), seen.end(), [=](const entry& e) { return e.code == code; });
}

bool fault_injector::may_have_begun(bool (*is_absent)(const std::byte* page)) noexcept {
  const std::span seen{made_, std::min(calls_, most)};
  return std::any_of(seen.begin(), seen.end(), [=](const entry& e) { return e.unclear && is_absent(e.where); });
}

intervention fault_injector::before(const made_call& c) noexcept {
  const effect e = effect_of(c);
  if (e != effect::nothing && e != effect::maps_anew && !mapped.covers(c.where, c.bytes))
    touched_foreign_memory_ = true;
  intervention stop;
  if (is_due(calls_) && !was_granted(c))
    if (const auto errors = rules_.errors_of(c); errors.size() != 0) {
      stop.code = errors.begin()[plan_.which_error % errors.size()];
      stop.halfway = plan_.halfway && rules_.may_stop_halfway(c);
      ++failed_;
      unmapping_failed_ = unmapping_failed_ || e == effect::unmaps;
    }
  const bool unclear = stop.code != 0 && rules_.takes_away(c) && rules_.may_stop_halfway(c);
  remember({name(c.what), c.where, c.bytes, c.detail, stop.code, stop.halfway, unclear});
  return stop;
}

void fault_injector::after(const made_call& c) noexcept {
  const effect e = effect_of(c);
  if (e == effect::unmaps) mapped.erase(c.where, c.bytes);
  if (e == effect::maps_anew || e == effect::sets_access) mapped.set(c.where, c.bytes, c.detail);
  if (c.bytes != 0 && rules_.takes_away(c)) ++losses_;
}

int fault_injector::before_file_call(const char* what, std::initializer_list<int> errors) noexcept {
  int code = 0;
  if (is_due(calls_)) {
    code = errors.begin()[plan_.which_error % errors.size()];
    ++failed_;
  }
  remember({what, nullptr, 0, 0, code, false, false});
  return code;
}

std::string fault_injector::told() {
  std::string text;
  for (unsigned i = 0; i < std::min(calls_, most); ++i) {
    const entry& e = made_[i];
    char line[160];
    std::snprintf(line, sizeof line, "        %s(%p, %zu, %d)", e.what, static_cast<const void*>(e.where), e.bytes,
                  e.detail);
    text += line;
    if (e.code != 0) text += " fails with " + std::to_string(e.code) + (e.halfway ? ", halfway" : "");
    text += '\n';
  }
  return text;
}

}  // namespace quire::test::sequences
