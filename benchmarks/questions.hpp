#pragma once
// Each question has a file of its name.
#include "report.hpp"

namespace bench {

struct options {
  bool is_quick = false;

  /// How often to repeat, or up to which size to go.
  template <class T>
  [[nodiscard]] T choose(T quick, T otherwise) const {
    return is_quick ? quick : otherwise;
  }
};

void ask_program(report& r, const options& o);
void ask_allocate(report& r, const options& o);
void ask_grow(report& r, const options& o);
void ask_other_calls(report& r, const options& o);
void ask_huge_pages(report& r, const options& o);
void ask_growth(report& r, const options& o);
void ask_sizes(report& r, const options& o);
void ask_headers(report& r, const options& o);

}  // namespace bench
