// SPDX-License-Identifier: BSL-1.0
#include <concepts>
#include <cstdio>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <quire/system/each_reading.hpp>
#include <quire/version.hpp>

#include "characters.hpp"
#include "report.hpp"
#include "words.hpp"

namespace doctor {
namespace {

/// Writes UTF-8. A byte that is not part of a character becomes U+FFFD.
std::string json_string(std::string_view text) {
  std::string all = "\"";
  while (!text.empty()) {
    const std::size_t length = bytes_of_first(text);
    const std::string_view taken = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(taken.size());
    const char c = taken.front();
    char escaped[8];
    if (length == 0)
      all += "\\ufffd";
    else if (c == '"' || c == '\\')
      (all += '\\') += c;
    else if (length == 1 && (c < ' ' || c > '~'))
      all.append(escaped,
                 static_cast<std::size_t>(std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c))));
    else
      all += taken;
  }
  return all + '"';
}

/// An object or an array, composed member by member.
class members {
 public:
  members& add(std::string_view name, const std::string& value) { return add(json_string(name) + ": " + value); }
  members& add(const std::string& value) {
    text_ += (text_.empty() ? "\n  " : ",\n  ");
    for (const char c : value) text_ += c == '\n' ? "\n  " : std::string(1, c);
    return *this;
  }
  [[nodiscard]] std::string object() const { return '{' + text_ + (text_.empty() ? "}" : "\n}"); }
  [[nodiscard]] std::string array() const { return '[' + text_ + (text_.empty() ? "]" : "\n]"); }

 private:
  std::string text_;
};

std::string json(bool value) { return value ? "true" : "false"; }
std::string json(std::uint64_t n) { return n == quire::no_limit ? json_string("no limit") : std::to_string(n); }
std::string json(unsigned n) { return std::to_string(n); }
std::string json(const quire::node_set& nodes) { return json_string(printed(nodes)); }
template <std::size_t N>
std::string json(const quire::bounded_text<N>& text) {
  return json_string(text.view());
}
template <class Mode>
  requires requires(Mode mode) { name(mode); }
std::string json(Mode mode) {
  return json_string(name(mode));
}
template <class T>
std::string json(const std::optional<T>& value);

std::string json(const quire::huge_pool& pool) {
  return members()
      .add("page_bytes", json(pool.page_bytes))
      .add("pages", json(pool.pages))
      .add("free", json(pool.free))
      .add("reserved", json(pool.reserved))
      .add("surplus", json(pool.surplus))
      .add("most_surplus", json(pool.most_surplus))
      .add("left_by_groups", json(pool.left_by_groups))
      .object();
}
std::string json(const quire::folio_size& folio) {
  return members().add("bytes", json(folio.bytes)).add("mode", json(folio.mode)).object();
}
std::string json(const quire::numa_node& node) {
  members distances;
  for (const unsigned each : node.distances) distances.add(json(each));
  return members()
      .add("id", json(node.id))
      .add("bytes", json(node.bytes))
      .add("free_bytes", json(node.free_bytes))
      .add("has_processors", json(node.has_processors))
      .add("distances", distances.array())
      .object();
}
std::string json(const quire::limited_group& group) {
  return members()
      .add("path", json(group.path))
      .add("limit", json(group.limit))
      .add("used", json(group.used))
      .add("reclaimable", json(group.reclaimable))
      .object();
}
template <class T, std::size_t N>
std::string json(const quire::bounded_list<T, N>& list) {
  members all;
  for (const T& each : list) all.add(json(each));
  return all.array();
}

template <class T>
std::string json(const std::optional<T>& value) {
  return value ? json(*value) : "null";
}

std::string values_of(const quire::platform_capabilities& caps) {
  members all, group;
  std::string current;
  const auto close = [&] {
    if (!current.empty()) all.add(current, group.object());
    group = {};
  };
  quire::for_each_reading(caps, [&](const std::string& of, const char* name, const auto& each) {
    if (of != current) close();
    current = of;
    group.add(name, members().add("value", json(each.optional())).add("source", json_string(each.source())).object());
  });
  close();
  return all.object();
}

std::string refusals_of(const quire::feature_facts& features) {
  members all;
  for (const quire::memory_feature each : quire::detected_features)
    if (const int n = features[each].refusal; n != 0) all.add(name(each), std::to_string(n));
  return all.object();
}

std::string text_or_null(const std::string& text) { return text.empty() ? "null" : json_string(text); }

std::string json(const finding& each) {
  constexpr const char* weights[] = {"in the way", "costs", "worth knowing"};
  return members()
      .add("id", json_string(each.id))
      .add("weight", json_string(weights[static_cast<std::size_t>(each.weight)]))
      .add("title", json_string(each.title))
      .add("figure", json_string(each.figure))
      .add("consequence", json_string(each.consequence))
      .add("remedy", text_or_null(each.remedy))
      .add("hint", text_or_null(each.hint))
      .object();
}

std::string json(const demand& each) {
  constexpr const char* kinds[] = {"bytes", "count", "feature"};
  return members()
      .add("what", json_string(each.what))
      .add("in", json_string(kinds[static_cast<std::size_t>(each.kind)]))
      .add("wanted", each.wanted == quire::no_limit ? json_string("more than can be counted") : json(each.wanted))
      .add("room", json(each.room))
      .add("met", json(each.is_met()))
      .add("remedy", text_or_null(each.remedy))
      .add("hint", text_or_null(each.hint))
      .object();
}

std::string need_of(const std::vector<demand>& demands) {
  if (demands.empty()) return "null";
  members all;
  for (const demand& each : demands) all.add(json(each));
  const int status = status_of(demands);
  return members().add("met", status == 3 ? "null" : json(status == 0)).add("demands", all.array()).object();
}

}  // namespace

void print_as_json(std::ostream& out, const report& r) {
  members findings;
  for (const finding& each : r.findings) findings.add(json(each));
  out << members()
             .add("quire", json_string(QUIRE_VERSION_STRING))
             .add("took_nanoseconds", json(r.caps.took_nanoseconds))
             .add("need", need_of(r.demands))
             .add("findings", findings.array())
             .add("values", values_of(r.caps))
             .add("refusals", refusals_of(r.caps.features))
             .object()
      << '\n';
}

}  // namespace doctor
