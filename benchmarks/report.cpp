// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include <algorithm>
#include <cstdio>

#include "progress.hpp"

namespace bench {
namespace {

template <class... Values>
std::string print(const char* format, Values... values) {
  char text[256];
  (void)std::snprintf(text, sizeof text, format, values...);
  return text;
}

struct unit {
  const char* name;
  double nanoseconds;
};

unit unit_for(double nanoseconds) {
  if (nanoseconds < 1e3) return {"ns", 1};
  if (nanoseconds < 1e6) return {"us", 1e3};
  return nanoseconds < 1e9 ? unit{"ms", 1e6} : unit{"s", 1e9};
}

std::string three_digits(double value) {
  return print(value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value);
}

std::string spread(const summary& s, double scale) {
  return three_digits(s.p10 / scale) + " .. " + three_digits(s.p90 / scale);
}

std::string time_columns(const summary& time) {
  if (time.count == 0) return print("%8s%11s%16s", "-", "-", "-");
  const unit u = unit_for(time.median);
  return print("%8zu%8s %-2s%16s", time.count, three_digits(time.median / u.nanoseconds).c_str(), u.name,
               spread(time, u.nanoseconds).c_str());
}

int width_of_names(const table& t) {
  std::size_t width = std::max<std::size_t>(30, t.title.size());
  for (const row& r : t.rows) width = std::max(width, r.name.size());
  return static_cast<int>(width);
}

std::string ratio_head(const std::string& to) { return print("%13s", ("/ " + to).c_str()); }

void print_heads(const table& t) {
  std::string line = print("\n  %-*s", width_of_names(t), t.title.c_str());
  if (t.counted.empty())
    line += print("%8s%11s%16s", "n", "median", "10 % .. 90 %");
  else
    line += print("%35s", t.counted.c_str());
  if (!t.baseline.empty()) line += ratio_head(t.baseline) + print("%15s", t.counted.empty() ? "10 % .. 90 %" : "");
  if (!t.instead.empty()) line += ratio_head(t.instead);
  std::puts(line.c_str());
}

void print_row(const table& t, const row& r) {
  std::string line = print("  %-*s", width_of_names(t), r.name.c_str());
  line += r.count ? print("%35.1f", *r.count) : time_columns(r.time);
  if (r.ratio)
    line += print("%13.3f%15s", r.ratio->median, r.count ? "" : spread(*r.ratio, 1).c_str());
  else if (!t.baseline.empty())
    line += print("%28s", "");
  if (r.instead)
    line += print("%13.3f", *r.instead);
  else if (!t.instead.empty())
    line += print("%13s", "");
  if (r.control) line += print("  control %.3f", *r.control);
  std::printf("%s%s%s\n", line.c_str(), r.remark.empty() ? "" : "  ", r.remark.c_str());
}

json as_json(const summary& s) { return json::object({{"median", s.median}, {"p10", s.p10}, {"p90", s.p90}}); }

json as_json(const row& r) {
  json made = json::object({{"name", r.name}, {"n", r.time.count}});
  if (r.count) made.add("count", *r.count);
  if (r.time.count != 0) made.add("nanoseconds", as_json(r.time));
  if (r.ratio) made.add("ratio", as_json(*r.ratio));
  if (r.instead) made.add("ratio_to_instead", *r.instead);
  if (r.control) made.add("control", *r.control);
  if (!r.remark.empty()) made.add("remark", r.remark);
  return made;
}

json as_json(const table& t) {
  json rows = json::array();
  for (const row& r : t.rows) rows.add(as_json(r));
  json made = json::object({{"id", t.id}, {"title", t.title}});
  if (!t.counted.empty()) made.add("counted", t.counted);
  if (!t.baseline.empty()) made.add("ratio_to", t.baseline);
  if (!t.instead.empty()) made.add("instead", t.instead);
  return made.add("rows", rows);
}

}  // namespace

const char* name(assessment v) {
  switch (v) {
    case assessment::met: return "met";
    case assessment::not_met: return "not met";
    case assessment::too_noisy: return "too noisy";
  }
  return "unknown assessment";
}

assessment judge(const comparison& c, double largest) {
  if (!c.is_steady()) return assessment::too_noisy;
  return c.ratio.median <= largest ? assessment::met : assessment::not_met;
}

void report::heading(const std::string& question, const std::string& how) const {
  end_progress();
  std::printf("\n%s\n%s\n%s\n", question.c_str(), std::string(question.size(), '=').c_str(), how.c_str());
}

void report::add(const table& t) {
  end_progress();
  print_heads(t);
  for (const row& r : t.rows) print_row(t, r);
  std::fflush(stdout);
  tables_.add(bench::as_json(t));
}

void report::print_conclusion() const {
  end_progress();
  if (!limits_.empty()) std::puts("\nLimits\n======");
  for (const limit& l : limits_)
    std::printf("  %-80s%8.3f  at most %-5.4g %s\n", l.what.c_str(), l.figure, l.largest, name(l.judged));
  if (!warnings_.empty()) std::puts("\nWarnings\n========");
  for (const std::string& text : warnings_) std::printf("  %s\n", text.c_str());
}

json report::as_json() const {
  json limits = json::array(), warnings = json::array();
  for (const limit& l : limits_)
    limits.add(
        json::object({{"what", l.what}, {"figure", l.figure}, {"limit", l.largest}, {"verdict", name(l.judged)}}));
  for (const std::string& text : warnings_) warnings.add(text);
  return json::object({{"limits", limits}, {"warnings", warnings}, {"tables", tables_}});
}

}  // namespace bench
