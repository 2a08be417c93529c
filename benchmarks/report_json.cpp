// SPDX-License-Identifier: BSL-1.0
// The report as JSON. Whatever page/ shows is a figure here.
#include <algorithm>
#include <cmath>

#include "report.hpp"

namespace bench {
namespace {

const char* name(side s) {
  switch (s) {
    case side::quire: return "quire";
    case side::by_hand: return "by hand";
    case side::peer: return "peer";
  }
  return "unknown side";
}

json as_json(const two_modes& m) {
  return json::object({{"low", m.low}, {"high", m.high}, {"share_of_high", m.share_of_high}});
}

json as_json(const summary& s) {
  json made = json::object({{"n", s.count}, {"median", s.median}});
  if (s.count > 1) made.add("p10", s.p10).add("p90", s.p90);
  if (!s.all || s.count < 2) return made;
  made.add("min", s.all->min).add("p25", s.all->p25).add("p75", s.all->p75).add("max", s.all->max);
  made.add("quantiles", json::list(s.all->quantiles)).add("bimodal", s.is_bimodal());
  if (s.all->modes) made.add("modes", as_json(*s.all->modes));
  return made;
}

/// Adds how many times as fast as what a user would have instead, if the table has that.
void add_gain(json& made, const table& t, const row& r) {
  if (!t.counted.empty() || whose(t, r) != side::quire) return;
  const bool is_beside_peer = !t.baseline.empty() && !t.baseline.starts_with("by hand");
  if (r.instead)
    made.add("gain", 1 / *r.instead).add("gain_over", t.instead).add("time_of_instead", r.time.median / *r.instead);
  else if (r.ratio && is_beside_peer)
    made.add("gain", 1 / r.ratio->median).add("gain_over", t.baseline);
}

/// The limit of a row is the one that judges the same figure.
const limit* limit_of(const row& r, const std::vector<limit>& limits) {
  const auto judges = [&](const limit& l) {
    return (r.ratio && l.figure == r.ratio->median) || (r.time.count != 0 && l.figure == r.time.median);
  };
  const auto found = std::find_if(limits.begin(), limits.end(), judges);
  return found == limits.end() ? nullptr : &*found;
}

json as_json(const limit& l) {
  json made =
      json::object({{"what", l.what}, {"figure", l.figure}, {"limit", l.largest}, {"verdict", bench::name(l.judged)}});
  if (l.by_hand) made.add("by_hand", *l.by_hand);
  return made;
}

json as_json(const table& t, const row& r, const std::vector<limit>& limits) {
  json made = json::object({{"name", r.name}, {"side", name(whose(t, r))}});
  if (r.count) made.add("count", *r.count);
  if (r.time.count != 0) made.add("time", as_json(r.time));
  if (r.ratio) made.add("ratio", as_json(*r.ratio));
  if (r.instead) made.add("ratio_to_instead", *r.instead);
  add_gain(made, t, r);
  if (r.control) made.add("control", *r.control);
  if (r.control && std::abs(*r.control - 1) > comparison::largest_deviation) made.add("is_doubtful", true);
  if (const limit* const l = limit_of(r, limits)) made.add("judged", as_json(*l));
  if (!r.remark.empty()) made.add("remark", r.remark);
  return made;
}

json as_json(const table& t, const std::vector<limit>& limits) {
  json rows = json::array();
  for (const row& r : t.rows) rows.add(as_json(t, r, limits));
  json made = json::object({{"id", t.id}, {"title", t.title}});
  if (!t.counted.empty()) made.add("counted", t.counted);
  if (!t.baseline.empty()) made.add("ratio_to", t.baseline);
  if (!t.instead.empty()) made.add("instead", t.instead);
  return made.add("rows", rows);
}

/// How many limits have each verdict.
json counted(const std::vector<const limit*>& limits) {
  const auto count = [&](assessment v) {
    return std::count_if(limits.begin(), limits.end(), [v](const limit* l) { return l->judged == v; });
  };
  return json::object({{"met", count(assessment::met)},
                       {"not_met", count(assessment::not_met)},
                       {"too_noisy", count(assessment::too_noisy)}});
}

}  // namespace

json report::as_json(const question& q) {
  json headings = json::array(), tables = json::array(), limits = json::array();
  for (const auto& [text, how] : q.headings) headings.add(json::object({{"question", text}, {"how", how}}));
  for (const table& t : q.tables) tables.add(bench::as_json(t, q.limits));
  for (const limit& l : q.limits) limits.add(bench::as_json(l));
  return json::object(
      {{"name", q.name}, {"seconds", q.seconds}, {"headings", headings}, {"limits", limits}, {"tables", tables}});
}

void report::add_to(json& whole) const {
  json peers = json::array(), left_out = json::array(), warnings = json::array(), questions = json::array();
  for (const peer& p : peers_)
    peers.add(json::object({{"name", p.name}, {"version", p.version}, {"configuration", p.configuration}}));
  for (const omission& o : left_out_) left_out.add(json::object({{"what", o.what}, {"why", o.why}}));
  for (const std::string& text : warnings_) warnings.add(text);
  std::vector<const limit*> limits;
  for (const question& q : questions_) {
    questions.add(as_json(q));
    for (const limit& l : q.limits) limits.push_back(&l);
  }
  whole.add("verdicts", counted(limits))
      .add("peers", peers)
      .add("left_out", left_out)
      .add("warnings", warnings)
      .add("questions", questions);
}

}  // namespace bench
