#pragma once
// Many lives over a typedef, in a child process; where one differs from the model, the shortest list of operations that
// still does, and how to repeat it.
//
// | environment variable | meaning |
// |---|---|
// | `QUIRE_SEED` | one life with this seed, told step by step |
// | `QUIRE_OPERATIONS` | operations in all, shared by the typedefs of the program |
// | `QUIRE_TYPEDEF` | only the typedef of this name |
#include <cstddef>
#include <string>

#include "random_operations/adapter.hpp"
#include "random_operations/sequence.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"

namespace quire::test::sequences {

/// What became of all lives over a typedef: nothing to tell, or a report.
struct limit_analysis {
  std::string difference;  // empty: none
  std::size_t operations = 0;
  bool left_out = false;  // by QUIRE_TYPEDEF
};

/// `share`: of the operations, one part in so many.
[[nodiscard]] limit_analysis run_sequences(memory_type& type, const sequence_terms& terms, std::size_t share);

template <class Subject>
void expect_no_difference(const system_rules& rules, const sequence_terms& terms, std::size_t share) {
  if (const char* const reason = Subject::missing()) return skip(reason);
  fault_injector::use(rules);
  type_of<Subject> type;
  const limit_analysis v = run_sequences(type, terms, share);
  INFO(Subject::name << ": " << v.difference);
  CHECK(v.difference.empty());
}

}  // namespace quire::test::sequences
