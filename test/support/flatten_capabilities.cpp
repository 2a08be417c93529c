// SPDX-License-Identifier: BSL-1.0
#include "support/flatten_capabilities.hpp"

#include <optional>
#include <sstream>

#include <quire/ostream.hpp>

namespace quire::test {
namespace {

using entries = std::map<std::string, std::string>;

template <class T>
std::string text_of(const T& value) {
  std::ostringstream text;
  if constexpr (requires { name(value); })
    text << name(value);
  else if constexpr (requires { value.view(); })
    text << value.view();
  else
    text << value;
  return text.str();
}

template <class T>
void tell(entries& all, const std::string& what, const std::optional<T>& value) {
  if (value) all[what] = text_of(*value);
}

template <class T>
void tell(entries& all, const std::string& what, const T& value) {
  all[what] = text_of(value);
}

void tell(entries& all, const std::string& what, const huge_pool_list& pools) {
  all[what] = std::to_string(pools.size());
  for (const huge_pool& pool : pools) {
    const std::string each = what + '[' + std::to_string(pool.page_bytes) + ']';
    tell(all, each + ".pages", pool.pages);
    tell(all, each + ".free", pool.free);
    tell(all, each + ".reserved", pool.reserved);
    tell(all, each + ".surplus", pool.surplus);
    tell(all, each + ".most_surplus", pool.most_surplus);
    tell(all, each + ".left_by_groups", pool.left_by_groups);
  }
}

void tell(entries& all, const std::string& what, const folio_list& folios) {
  all[what] = std::to_string(folios.size());
  for (const folio_size& folio : folios) tell(all, what + '[' + std::to_string(folio.bytes) + ']', folio.mode);
}

void tell(entries& all, const std::string& what, const numa_node_list& nodes) {
  all[what] = std::to_string(nodes.size());
  for (const numa_node& node : nodes) {
    const std::string each = what + '[' + std::to_string(node.id) + ']';
    tell(all, each + ".bytes", node.bytes);
    tell(all, each + ".free_bytes", node.free_bytes);
    tell(all, each + ".has_processors", node.has_processors);
    for (const unsigned distance : node.distances) all[each + ".distances"] += std::to_string(distance) + ' ';
  }
}

void tell(entries& all, const std::string& what, const limited_group& group) {
  tell(all, what + ".path", group.path);
  tell(all, what + ".limit", group.limit);
  tell(all, what + ".used", group.used);
  tell(all, what + ".reclaimable", group.reclaimable);
}

}  // namespace

std::map<std::string, std::string> flattened(const platform_capabilities& caps) {
  entries all;
  for_each_reading(caps, [&all](const char* group, const char* name, const auto& reading) {
    if (reading.known()) tell(all, std::string(group) + '.' + name, reading.value());
  });
  return all;
}

}  // namespace quire::test
