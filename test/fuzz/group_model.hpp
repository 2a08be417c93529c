// SPDX-License-Identifier: BSL-1.0
#pragma once
// What can be known about the control groups of a random world, computed from its trees instead of its texts.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <quire/system/platform_capabilities.hpp>

#include "group_world.hpp"

namespace quire::test {

/// The chain of groups that one mount shows, from the group of the process outwards.
struct shown_chain {
  std::size_t outermost = 0;
  std::vector<std::size_t> groups;
  std::vector<std::string> folders;  // one for each group
};

/// The expected results. Empty: unknown.
struct group_knowledge {
  std::optional<limited_group> smallest, tightest;
  std::string path_of_smallest, path_of_tightest;  // full paths
  std::optional<std::uint64_t> throttled, pages_left;
  std::optional<bool> whole;
  bool inconclusive = true;                 // for a caller that asks for room
  std::optional<std::uint64_t> least_room;  // if it is not inconclusive
};

class group_model {
 public:
  static constexpr std::uint64_t boundless = std::uint64_t{1} << 62;

  group_model(const world& all, std::size_t hierarchy)
      : world_(all), index_(hierarchy), tree_(all.hierarchies[hierarchy]) {}

  /// Returns one chain for each mount that shows the group of the process, if the kernel's texts allow to recognise it.
  [[nodiscard]] std::vector<shown_chain> chains() const {
    std::vector<shown_chain> all;
    if (world_.hides_mounts) return all;
    for (const mount& each : world_.mounts)
      if (each.shows == index_)
        if (const auto chain = chain_of(each)) all.push_back(*chain);
    return all;
  }
  [[nodiscard]] group_knowledge knowledge_of(const shown_chain& chain) const {
    group_knowledge known;
    find_limits(chain, known);
    if (is_v1()) look_beyond(known);
    find_throttle(chain, known);
    find_room(chain, known);
    known.whole = is_v1() ? whole_of_v1(known) : std::optional(is_seen_to_be_root(chain.outermost));
    return known;
  }
  /// The expected results if no mount shows the group.
  [[nodiscard]] group_knowledge nothing() const {
    group_knowledge none;
    if (!world_.hides_mounts) none.whole = false;
    return none;
  }

 private:
  [[nodiscard]] bool is_v1() const { return tree_.type == "cgroup"; }

  [[nodiscard]] std::optional<shown_chain> chain_of(const mount& through) const {
    const auto below = tree_.names(through.root, tree_.own);
    if (!below) return std::nullopt;
    const std::string root = tree_.told(through.root), own = tree_.told(tree_.own);
    // The texts do not allow to recognise it.
    if ((root == "/" ? "" : root) + *below != (own == "/" ? "" : own)) return std::nullopt;
    if (&world_.mounts[world_.lead(through.where).mount] != &through) return std::nullopt;  // another mount covers it
    shown_chain chain{through.root, {}, {}};
    for (std::size_t each = tree_.own;; each = tree_.groups[each].parent) {
      chain.groups.push_back(each);
      chain.folders.push_back(through.where + *tree_.names(through.root, each));
      if (!world_.leads_to(chain.folders.back(), index_, each)) return std::nullopt;
      if (each == through.root) return chain;
    }
  }

  [[nodiscard]] bool has(std::size_t of, const std::string& file) const {
    return tree_.groups[of].files.contains(file) && !is_refused(of, file);
  }
  [[nodiscard]] bool is_refused(std::size_t of, const std::string& file) const {
    for (const std::size_t around : tree_.path_to(of))
      if (tree_.groups[around].refused.contains("")) return true;
    return tree_.groups[of].refused.contains(file);
  }
  [[nodiscard]] std::optional<std::uint64_t> number(std::size_t of, const std::string& file) const {
    if (!has(of, file)) return std::nullopt;
    std::string text = tree_.groups[of].files.at(file);
    text = text.substr(0, text.find('\n'));
    if (text == "max") return UINT64_MAX;
    if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos || text.size() > 19)
      return std::nullopt;
    return std::stoull(text);
  }
  /// Returns `no_limit` if the group has no such file.
  [[nodiscard]] std::optional<std::uint64_t> bound(std::size_t of, const std::string& file) const {
    if (const auto told = number(of, file)) return *told < boundless ? *told : no_limit;
    const bool has_none = !tree_.groups[of].files.contains(file) && !is_refused(of, file);
    return has_none && has(of, "cgroup.procs") ? std::optional(no_limit) : std::nullopt;
  }
  [[nodiscard]] std::string limit_file() const { return is_v1() ? "memory.limit_in_bytes" : "memory.max"; }
  [[nodiscard]] std::string usage_file() const { return is_v1() ? "memory.usage_in_bytes" : "memory.current"; }
  [[nodiscard]] std::optional<std::uint64_t> told_by_stat() const {
    if (!has(tree_.own, "memory.stat")) return std::nullopt;
    const std::string& text = tree_.groups[tree_.own].files.at("memory.stat");
    return std::stoull(text.substr(text.find(' ') + 1));
  }

  void find_limits(const shown_chain& chain, group_knowledge& known) const {
    limited_group smallest, tightest;
    bool limit_hidden = false, use_hidden = false;
    for (std::size_t i = 0; i < chain.groups.size(); ++i) {
      const auto limit = bound(chain.groups[i], limit_file());
      limit_hidden = limit_hidden || !limit;
      if (!limit || *limit == no_limit) continue;
      const limited_group here{bounded_text<256>(chain.folders[i]), *limit, number(chain.groups[i], usage_file()), 0};
      use_hidden = use_hidden || !here.used;
      if (here.limit < smallest.limit) {
        smallest = here;
        known.path_of_smallest = chain.folders[i];
      }
      if (here.room() && *here.room() < *tightest.room()) {
        tightest = here;
        known.path_of_tightest = chain.folders[i];
      }
    }
    if (limit_hidden) return;
    known.smallest = smallest;
    if (!use_hidden) known.tightest = tightest;
  }
  /// For cgroup v1 the kernel reports the smallest limit of all enclosing groups.
  void look_beyond(group_knowledge& known) const {
    const auto least = told_by_stat();
    if (!least) {
      known.smallest = known.tightest = std::nullopt;
    } else if (known.smallest && std::min(*least, boundless) < std::min(known.smallest->limit, boundless)) {
      known.smallest = limited_group{{}, *least, {}, 0};
      known.path_of_smallest.clear();
      known.tightest.reset();
    }
  }
  /// For cgroup v2: no file marks the root, but two files that all other groups have are missing there.
  [[nodiscard]] bool is_seen_to_be_root(std::size_t outermost) const {
    return outermost == 0 && tree_.view == 0 && !is_refused(0, "memory.max") && !is_refused(0, "cgroup.events");
  }
  /// Whether a hidden limit may be smaller is known only if both the visible and the hidden limits are.
  [[nodiscard]] std::optional<bool> whole_of_v1(const group_knowledge& known) const {
    if (!known.smallest) return std::nullopt;
    return !(known.smallest->limit != no_limit && known.path_of_smallest.empty());
  }
  void find_throttle(const shown_chain& chain, group_knowledge& known) const {
    known.throttled = no_limit;
    if (is_v1()) return;
    for (const std::size_t each : chain.groups) {
      const auto high = bound(each, "memory.high");
      known.throttled = known.throttled && high ? std::optional(std::min(*known.throttled, *high)) : std::nullopt;
    }
  }

  void find_room(const shown_chain& chain, group_knowledge& known) const {
    bool inconclusive = false;
    std::uint64_t room = no_limit, pages = no_limit, least = no_limit;
    for (const std::size_t each : chain.groups) {
      const auto limit = bound(each, limit_file()), used = number(each, usage_file());
      inconclusive =
          inconclusive || !limit || (*limit != no_limit && !used) || (!is_v1() && !has(each, "cgroup.procs"));
      if (limit && *limit != no_limit && used) room = std::min(room, *limit - std::min(*limit, *used));
      if (limit) least = std::min(least, *limit);
    }
    if (is_v1() && !has(chain.outermost, "cgroup.sane_behavior")) {
      const auto of_all = told_by_stat();
      inconclusive = inconclusive || !of_all || (std::min(*of_all, boundless) < std::min(least, boundless));
    }
    known.inconclusive = inconclusive;
    if (!inconclusive) known.least_room = room;
    known.pages_left = is_v1() ? std::nullopt : std::optional(pages);
    for (const std::size_t each : chain.groups) known.pages_left = least_pages(known.pages_left, each);
  }
  [[nodiscard]] std::optional<std::uint64_t> least_pages(std::optional<std::uint64_t> so_far, std::size_t of) const {
    constexpr std::uint64_t page = std::uint64_t{2} << 20;
    const std::string file = "hugetlb.2MB.max";
    if (!so_far || !has(of, "cgroup.procs")) return std::nullopt;
    if (!tree_.groups[of].files.contains(file) && !is_refused(of, file)) return so_far;
    const auto limit = number(of, file), used = number(of, "hugetlb.2MB.current");
    if (!limit) return std::nullopt;
    if (*limit >= boundless) return so_far;
    return used ? std::optional(std::min(*so_far, (*limit - std::min(*limit, *used)) / page)) : std::nullopt;
  }

  const world& world_;
  std::size_t index_;
  const hierarchy& tree_;
};

}  // namespace quire::test
