// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a script has measured: two things, one with the other's and something more, in turns.
#include <cstddef>
#include <sstream>
#include <string>

#include "statistics.hpp"

namespace bench {

/// One line of the script's output: two names and the number of pairs, then 10 %, median and 90 % of the seconds with
/// and without, of their ratio, and of the ratio of two without; or 0 pairs, and what the problem is. Fields are
/// separated by tabs.
class script_answer {
 public:
  explicit script_answer(const std::string& line) {
    std::istringstream in(line);
    std::getline(in, subject, '\t');
    std::getline(in, object, '\t');
    in >> pairs;
    if (pairs != 0)
      with = read(in, nanosecond), without = read(in, nanosecond), ratio = read(in, 1), control = read(in, 1);
    else
      std::getline(in >> std::ws, problem);
  }

  std::string subject, object, problem;
  std::size_t pairs = 0;
  summary with, without;  // nanoseconds
  summary ratio, control;

 private:
  static constexpr double nanosecond = 1e-9;

  summary read(std::istream& in, double unit) const {
    summary s{.count = pairs};
    in >> s.p10 >> s.median >> s.p90;
    return s.divided_by(unit);
  }
};

}  // namespace bench
