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

/// What a median hides: samples of two kinds, which another run may have in another mixture.
std::string told_of_modes(const summary& s, const std::string& of) {
  if (!s.is_bimodal()) return "";
  const two_modes& m = *s.all->modes;
  const bool is_time = of.empty();
  const unit u = is_time ? unit_for(m.low) : unit{"", 1};
  const double share = m.share_of_high * 100;
  return "  " + of +
         print("bimodal: %.0f %% near %s, %.0f %% near %s%s%s", 100 - share,
               three_digits(m.low / u.nanoseconds).c_str(), share, three_digits(m.high / u.nanoseconds).c_str(),
               is_time ? " " : "", u.name);
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
  if (!r.remark.empty()) line += "  " + r.remark;
  line += told_of_modes(r.time, "");
  if (r.ratio) line += told_of_modes(*r.ratio, "ratio ");
  std::puts(line.c_str());
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

side whose(const table& t, const row& r) {
  if (r.whose) return *r.whose;
  const std::string name = r.name.substr(std::min(r.name.find_first_not_of(' '), r.name.size()));
  if (name.starts_with("by hand")) return side::by_hand;
  const auto is = [&](const std::string& other) {
    return !other.empty() && (name == other || name.starts_with(other + ","));
  };
  return is(t.instead) || is(t.baseline) ? side::peer : side::quire;
}

report::question& report::asked() {
  if (questions_.empty()) questions_.push_back({.name = "unnamed"});
  return questions_.back();
}

void report::begin(const std::string& name) { questions_.push_back({.name = name}); }

void report::heading(const std::string& text, const std::string& how) {
  end_progress();
  std::printf("\n%s\n%s\n%s\n", text.c_str(), std::string(text.size(), '=').c_str(), how.c_str());
  asked().headings.push_back({text, how});
}

void report::add(const table& t) {
  end_progress();
  print_heads(t);
  for (const row& r : t.rows) print_row(t, r);
  std::fflush(stdout);
  asked().tables.push_back(t);
}

void report::add(limit l) {
  if (l.by_hand && *l.by_hand <= l.largest) l.by_hand.reset();
  asked().limits.push_back(std::move(l));
}

void report::add(peer p) {
  const auto is_same = [&](const peer& known) {
    return known.name == p.name && known.configuration == p.configuration;
  };
  if (std::none_of(peers_.begin(), peers_.end(), is_same)) peers_.push_back(std::move(p));
}

void report::print_conclusion() const {
  end_progress();
  const char* title = "\nLimits\n======";
  for (const question& q : questions_)
    for (const limit& l : q.limits) {
      if (title != nullptr) std::puts(std::exchange(title, nullptr));
      std::printf("  %-80s%8.3f  at most %-5.4g %s%s\n", l.what.c_str(), l.figure, l.largest, name(l.judged),
                  l.by_hand ? print(", and by hand %.4g", *l.by_hand).c_str() : "");
    }
  if (!peers_.empty()) std::puts("\nBeside\n======");
  for (const peer& p : peers_) std::printf("  %s %s: %s\n", p.name.c_str(), p.version.c_str(), p.configuration.c_str());
  if (!left_out_.empty()) std::puts("\nNot measured\n============");
  for (const omission& o : left_out_) std::printf("  %s: %s\n", o.what.c_str(), o.why.c_str());
  if (!warnings_.empty()) std::puts("\nWarnings\n========");
  for (const std::string& text : warnings_) std::printf("  %s\n", text.c_str());
}

}  // namespace bench
