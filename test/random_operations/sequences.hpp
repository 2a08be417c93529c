// SPDX-License-Identifier: BSL-1.0
#pragma once
// Runs many sequences over a typedef, in a child process. If one differs from the model, reports the shortest list of
// operations that still differs, and how to repeat it.
//
// | environment variable | meaning |
// |---|---|
// | `QUIRE_SEED` | one sequence with this seed, reported step by step |
// | `QUIRE_OPERATIONS` | operations in all, shared by the typedefs of the program |
// | `QUIRE_TYPEDEF` | only the typedef of this name |
#include <cstddef>
#include <string>

#include "random_operations/adapter.hpp"
#include "random_operations/sequence.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"

namespace quire::test::sequences {

/// The result of all sequences over a typedef.
struct run_result {
  std::string difference;  // report of the first difference; empty if there is none
  std::size_t operations = 0;
  bool left_out = false;  // skipped because of QUIRE_TYPEDEF
};

/// Runs one `share`-th of all operations.
[[nodiscard]] run_result run_sequences(memory_type& type, const sequence_terms& terms, std::size_t share);

template <class Subject>
void expect_no_difference(const system_rules& rules, const sequence_terms& terms, std::size_t share) {
  if (const char* const reason = Subject::missing()) return skip(reason);
  fault_injector::use(rules);
  type_of<Subject> type;
  const run_result v = run_sequences(type, terms, share);
  INFO(Subject::name << ": " << v.difference);
  CHECK(v.difference.empty());
}

}  // namespace quire::test::sequences
