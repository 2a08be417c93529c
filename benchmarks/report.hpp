// SPDX-License-Identifier: BSL-1.0
#pragma once
// The results: tables on the terminal as soon as they are ready, limits and warnings at the end, and all of it as JSON,
// from which page/ makes a page to look at.
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

/// What a row stands for: Quire, the same written by hand, or what a user would have instead.
enum class side { quire, by_hand, peer };

/// Times are nanoseconds, for one of what the table's title names.
struct row {
  std::string name;
  summary time{};
  std::optional<double> count{};    // in a table of counts, in place of a time
  std::optional<summary> ratio{};   // to the table's baseline
  std::optional<double> instead{};  // ratio to the alternative that a user would have
  std::optional<double> control{};  // by hand to by hand, for a paired ratio
  std::string remark{};
  std::optional<side> whose{};  // only where it does not follow from the name and the table's references
};

struct table {
  std::string id, title;
  std::string baseline{}, instead{};  // the references of the ratios; empty: no such column
  std::string counted{};              // what is counted, if no time is measured
  std::vector<row> rows{};
};

[[nodiscard]] side whose(const table& t, const row& r);

struct limit {
  std::string what;
  double figure, largest;
  assessment judged;
  // The same figure of hand-written code, which is told if it misses the limit as well.
  std::optional<double> by_hand{};
};

/// What Quire was measured beside: which release, and how it was set.
struct peer {
  std::string name, version, configuration;
};

class report {
 public:
  /// From here on everything belongs to this question: a word, as `--only` takes it.
  void begin(const std::string& name);
  /// It took so long.
  void end(double seconds) { asked().seconds = seconds; }
  void heading(const std::string& text, const std::string& how);
  void add(const table& t);
  void add(limit l);
  void add(peer p);
  void warn(std::string text) { warnings_.push_back(std::move(text)); }
  /// Something was not measured: "V8's programs", "for lack of time".
  void leave_out(std::string what, std::string why) { left_out_.push_back({std::move(what), std::move(why)}); }

  void print_conclusion() const;
  /// The members that the report adds to the JSON of a run.
  void add_to(json& whole) const;

 private:
  struct question {
    std::string name;
    double seconds = 0;
    std::vector<std::pair<std::string, std::string>> headings{};  // what is asked, and how it is measured
    std::vector<table> tables{};
    std::vector<limit> limits{};
  };
  struct omission {
    std::string what, why;
  };

  question& asked();
  static json as_json(const question& q);

  std::vector<question> questions_;
  std::vector<peer> peers_;
  std::vector<omission> left_out_;
  std::vector<std::string> warnings_;
};

}  // namespace bench
