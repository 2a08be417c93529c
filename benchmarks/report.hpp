// SPDX-License-Identifier: BSL-1.0
#pragma once
// The results: tables on the terminal as soon as they are ready, limits and warnings at the end, and all of it as JSON.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "json.hpp"
#include "paired.hpp"
#include "statistics.hpp"

namespace bench {

enum class assessment { met, not_met, too_noisy };

[[nodiscard]] const char* name(assessment v);
[[nodiscard]] assessment judge(const comparison& c, double largest);

/// Times are nanoseconds, for one of what the table's title names.
struct row {
  std::string name;
  summary time{};
  std::optional<double> count{};    // in a table of counts, in place of a time
  std::optional<summary> ratio{};   // to the table's baseline
  std::optional<double> instead{};  // ratio to the alternative that a user would have
  std::optional<double> control{};  // by hand to by hand, for a paired ratio
  std::string remark{};
};

struct table {
  std::string id, title;
  std::string baseline{}, instead{};  // the references of the ratios; empty: no such column
  std::string counted{};              // what is counted, if no time is measured
  std::vector<row> rows{};
};

struct limit {
  std::string what;
  double figure, largest;
  assessment judged;
};

class report {
 public:
  void heading(const std::string& question, const std::string& how) const;
  void add(const table& t);
  void add(limit l) { limits_.push_back(std::move(l)); }
  void warn(std::string text) { warnings_.push_back(std::move(text)); }

  void print_conclusion() const;
  [[nodiscard]] json as_json() const;

 private:
  json tables_ = json::array();
  std::vector<limit> limits_;
  std::vector<std::string> warnings_;
};

}  // namespace bench
