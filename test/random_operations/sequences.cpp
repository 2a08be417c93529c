// SPDX-License-Identifier: BSL-1.0
#include "random_operations/sequences.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <malloc.h>
#include <span>
#include <string_view>
#include <sys/mman.h>
#include <vector>

#include "support/process/child.hpp"
#include "support/process/khugepaged.hpp"

namespace quire::test::sequences {
namespace {

constexpr std::size_t length = 300;             // operations of one sequence
constexpr std::size_t usual_operations = 3000;  // operations over one typedef

/// How far the child process has come; shared with it.
struct progress {
  std::uint64_t seed = 0;
  std::size_t differs_at = sequence::none;
};

class shared_progress {
 public:
  shared_progress()
      : at_(static_cast<progress*>(
            ::mmap(nullptr, sizeof(progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    *at_ = {};
  }
  shared_progress(const shared_progress&) = delete;
  shared_progress& operator=(const shared_progress&) = delete;
  ~shared_progress() { ::munmap(at_, sizeof(progress)); }
  progress* operator->() const { return at_; }

 private:
  progress* at_;
};

/// Gives the heap what the test itself needs before limits are lowered, and keeps khugepaged from touching pages.
void prepare_process(const sequence_terms& terms) {
  constexpr int plenty = 32 << 20;
  ::mallopt(M_TOP_PAD, plenty);
  ::mallopt(M_TRIM_THRESHOLD, 2 * plenty);
  ::mallopt(M_MMAP_THRESHOLD, plenty);
  std::free(std::malloc(plenty / 2));
  if (!terms.self_inflicted) keep_khugepaged_away();
}

struct runner {
  memory_type& type;
  const sequence_terms& terms;
  shared_progress where{};

  /// Returns whether no difference was found; `said` receives the output.
  bool run(std::uint64_t seed, std::span<const operation> list, std::string* said) {
    std::string all;
    const child_report told = run_in_child(
        [&] {
          prepare_process(terms);
          sequence one{type, seed, terms, said != nullptr};
          report_check(one.run(list) == sequence::none, "a sequence agrees with the model",
                       std::source_location::current());
        },
        &all);
    if (said != nullptr) *said = all + (told.signal != 0 ? "    => signal " + std::to_string(told.signal) + '\n' : "");
    return told.finished && told.failures == 0;
  }

  /// Runs sequences with consecutive seeds until one differs, whose seed is then in `where`; returns whether none does.
  bool run_many(std::uint64_t first_seed, std::size_t sequences, std::string& said) {
    const auto live = [&] {
      prepare_process(terms);
      for (std::size_t i = 0; i < sequences; ++i) {
        where->seed = first_seed + i;
        const auto list = random_operations(where->seed, length, type.properties(), terms);
        sequence one{type, where->seed, terms, false};
        where->differs_at = one.run(list);
        report_check(where->differs_at == sequence::none, "a sequence agrees with the model",
                     std::source_location::current());
        if (where->differs_at == sequence::none) continue;
        std::fprintf(stderr, "operation %zu: %s\n%s", where->differs_at, one.difference().c_str(),
                     fault_injector::told().c_str());
        return;
      }
    };
    const child_report told = run_in_child(live, &said);
    if (told.signal != 0) said += "signal " + std::to_string(told.signal) + '\n';
    return told.finished && told.failures == 0;
  }

  /// Removes as many operations as possible such that the rest still differs.
  std::vector<operation> shortest(std::uint64_t seed, std::vector<operation> list) {
    unsigned tries = 400;
    for (std::size_t part = list.size() / 2; part != 0; part /= 2)
      for (std::size_t at = 0; at < list.size() && tries != 0;) {
        std::vector<operation> less = list;
        const std::size_t n = std::min(part, list.size() - at);
        less.erase(less.begin() + static_cast<std::ptrdiff_t>(at), less.begin() + static_cast<std::ptrdiff_t>(at + n));
        --tries;
        if (!less.empty() && !run(seed, less, nullptr))
          list = std::move(less);
        else
          at += n;
      }
    return list;
  }
  std::vector<operation> without_needless_faults(std::uint64_t seed, std::vector<operation> list) {
    for (operation& o : list) {
      const operation before = o;
      o.fault = {};
      o.limit = lowered::nothing;
      if (run(seed, list, nullptr)) o = before;
    }
    return list;
  }

  std::string report(std::uint64_t seed, const std::string& seen) {
    auto list = random_operations(seed, length, type.properties(), terms);
    // What a child does after a fork shows only if the whole list is repeated.
    const bool in_a_child = where->differs_at < list.size() && list[where->differs_at].what == verb::fork;
    if (where->differs_at < list.size() && !in_a_child) list.resize(where->differs_at + 1);
    std::string text = "the sequence with seed " + std::to_string(seed) + " differs from the model.\n";
    text += "Repeat it with QUIRE_SEED=" + std::to_string(seed) + " QUIRE_TYPEDEF='" + type.properties().name + "'.\n";
    if (run(seed, list, nullptr))
      return text + "By itself it does not: it depends on the sequences before it.\n" + seen;
    list = without_needless_faults(seed, shortest(seed, list));
    std::string said;
    run(seed, list, &said);
    return text + "The shortest list that differs has " + std::to_string(list.size()) + " operations:\n" + said;
  }
};

const char* setting(const char* name) { return std::getenv(name); }

}  // namespace

run_result run_sequences(memory_type& type, const sequence_terms& terms, std::size_t share) {
  const char *const only = setting("QUIRE_TYPEDEF"), *const seed = setting("QUIRE_SEED");
  const char* const operations = setting("QUIRE_OPERATIONS");
  run_result v;
  v.left_out = only != nullptr && std::string_view(only) != type.properties().name;
  if (v.left_out) return v;
  runner r{type, terms};
  if (seed != nullptr) {
    const std::uint64_t number = std::strtoull(seed, nullptr, 0);
    std::string said;
    const auto list = random_operations(number, length, type.properties(), terms);
    if (!r.run(number, list, &said)) v.difference = said;
    return v;
  }
  const std::size_t wanted = operations != nullptr ? std::strtoull(operations, nullptr, 0) / share : usual_operations;
  const std::size_t sequences = std::max<std::size_t>(1, wanted / length);
  v.operations = sequences * length;
  std::string said;
  if (!r.run_many(1, sequences, said)) v.difference = r.report(r.where->seed, said);
  return v;
}

}  // namespace quire::test::sequences
