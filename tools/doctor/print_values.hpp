// SPDX-License-Identifier: BSL-1.0
#pragma once
// The values of a machine as short text.
#include <string>

#include <quire/system/platform_capabilities.hpp>

#include "characters.hpp"
#include "words.hpp"

namespace doctor {

inline std::string in_words(bool value) { return value ? "yes" : "no"; }
inline std::string in_words(std::uint64_t value) {
  return value == quire::no_limit ? "no limit" : std::to_string(value);
}
inline std::string in_words(unsigned value) { return std::to_string(value); }
/// Returns "nodes 0-3": a number alone would read like a count.
inline std::string in_words(const quire::node_set& nodes) {
  const unsigned count = nodes.count();
  return count == 0 ? "no nodes" : (count == 1 ? "node " : "nodes ") + printed(nodes);
}

template <std::size_t N>
std::string in_words(const quire::bounded_text<N>& text) {
  return printable(text);
}
template <class Mode>
  requires requires(Mode mode) { name(mode); }
std::string in_words(Mode mode) {
  return name(mode);
}

template <class T>
std::string in_words(const std::optional<T>& value) {
  return value ? in_words(*value) : "unknown";
}

inline std::string in_words(const quire::huge_pool_list& pools) {
  std::string text;
  for (const auto& pool : pools)
    text += (text.empty() ? "" : "; ") + exactly(pool.page_bytes) + ": " + in_words(pool.free) + " free of " +
            in_words(pool.pages);
  return text.empty() ? "none" : text;
}
inline std::string in_words(const quire::folio_list& folios) {
  std::string text;
  for (const auto& folio : folios)
    text += (text.empty() ? "" : "; ") + exactly(folio.bytes) + ": " + in_words(folio.mode);
  return text.empty() ? "none" : text;
}
inline std::string in_words(const quire::numa_node_list& nodes) {
  std::string text;
  for (const auto& node : nodes)
    text += (text.empty() ? "node " : "; node ") + std::to_string(node.id) + ": " +
            (node.bytes ? bytes(*node.bytes) : "unknown size");
  return text + (nodes.complete() ? "" : "; and more");
}
inline std::string in_words(const quire::limited_group& group) {
  if (group.limit == quire::no_limit) return "no limit";
  const std::string path = printable(group.path);
  return bytes(group.limit) + ", " + (group.used ? bytes(*group.used) : "an unknown part") + " used" +
         (path.empty() ? ", in a hidden group" : ", in " + path);
}

}  // namespace doctor
