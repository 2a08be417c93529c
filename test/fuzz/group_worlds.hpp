// SPDX-License-Identifier: BSL-1.0
#pragma once
// Random worlds of control groups: odd and long names, mounts over mounts, foreign groups, hidden files.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "group_world.hpp"

namespace quire::test {

class world_maker {
 public:
  explicit world_maker(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  [[nodiscard]] bool one_in(std::size_t n) { return below(n) == 0; }
  template <class T>
  [[nodiscard]] T any_of(const std::vector<T>& values) {
    return values[below(values.size())];
  }

  [[nodiscard]] world make() {
    world all;
    has_long_names_ = one_in(5);
    const std::size_t layout = below(3);
    if (layout != 0) {
      add_hierarchy(all, "cgroup", "rw,cpu", "cpu");
      add_hierarchy(all, "cgroup", one_in(2) ? "rw,memory" : "rw,cpuset,memory",
                    one_in(2) ? "memory" : "cpuset,memory");
    }
    if (layout != 1) add_hierarchy(all, "cgroup2", "rw,nsdelegate", "");
    mount_usual(all);
    for (std::size_t more = below(6); more != 0; --more) mount_somewhere(all);
    all.hides_mounts = one_in(25);
    all.hides_membership = one_in(40);
    return all;
  }
  /// Returns a list such as "0-3,5", sometimes with text that is not a list.
  [[nodiscard]] std::string list() {
    std::string text;
    std::uint64_t next = below(3);
    const std::size_t step = 1 + below(one_in(4) ? 40 : 3);
    for (std::size_t ranges = below(one_in(3) ? 900 : 8); ranges != 0; --ranges) {
      const std::uint64_t last = next + (one_in(2) ? 0 : below(step));
      text += (text.empty() ? "" : ",") + std::to_string(next) + (last != next ? '-' + std::to_string(last) : "");
      next = last + (one_in(50) ? 0 : 1 + below(step));
    }
    if (one_in(8) && !text.empty()) text[below(text.size())] = any_of(std::vector<char>{',', '-', 'x', ' ', '9', '\0'});
    if (one_in(20)) text += ',';
    return one_in(10) ? text : text + '\n';
  }

 private:
  [[nodiscard]] std::string name() {
    const std::vector<std::string> odd{
        "..two", "...",   "a b",   "x (deleted)", "back\\slash", "tab\tbed",         "a:b",
        "a,b",   "x - y", "\\040", "..",          "memory",      "\xc3\xa9t\xc3\xa9"};
    if (has_long_names_ && one_in(2)) return std::string(one_in(2) ? 255 : 40 + below(215), one_in(3) ? ' ' : 'n');
    const std::string chosen = one_in(3) ? any_of(odd) : any_of(std::vector<std::string>{"a", "b", "docker", "user"});
    return chosen == ".." ? "..a" : chosen;
  }
  [[nodiscard]] std::string figure() {
    if (one_in(60)) return any_of(std::vector<std::string>{"", "\n", "many\n", "-1\n"});
    const std::vector<std::string> some{
        "0", "1", "4096", "1073741824", "4611686018427387903", "4611686018427387904", "9223372036854771712"};
    return (one_in(2) ? any_of(some) : std::to_string(below(1000) << below(40))) + '\n';
  }
  void fill(hierarchy& of, std::size_t index) {
    group& g = of.groups[index];
    g.files["cgroup.procs"] = "1\n";
    if (of.type == "cgroup2") {
      if (index != 0) g.files["cgroup.events"] = "populated 1\n";
      for (const char* const file : {"memory.max", "memory.high", "hugetlb.2MB.max"})
        if (index != 0 && !one_in(4)) g.files[file] = one_in(3) ? "max\n" : figure();
      g.files["memory.current"] = g.files["hugetlb.2MB.current"] = figure();
    } else if (of.controllers != "cpu") {
      if (index == 0) g.files["cgroup.sane_behavior"] = "0\n";
      g.files["memory.limit_in_bytes"] = one_in(2) ? "9223372036854771712\n" : figure();
      g.files["memory.usage_in_bytes"] = figure();
    }
    if (one_in(25))
      g.files.erase(any_of(std::vector<std::string>{"memory.limit_in_bytes", "memory.usage_in_bytes", "memory.current",
                                                    "hugetlb.2MB.current", "cgroup.procs"}));
    if (one_in(40)) g.refused.insert(any_of(std::vector<std::string>{"", "memory.max", "memory.high", "cgroup.procs"}));
  }
  void add_hierarchy(world& all, const char* type, const char* options, const char* controllers) {
    hierarchy one{type, options, controllers, {group{}}};
    for (std::size_t more = 1 + below(8); more != 0; --more) {
      const std::size_t parent = one_in(3) ? below(one.groups.size()) : one.groups.size() - 1;
      const std::string chosen = name();
      if (!one.child(parent, chosen)) one.groups.push_back({chosen, parent, {}, {}});
    }
    for (std::size_t each = 0; each < one.groups.size(); ++each) fill(one, each);
    one.own = one_in(2) ? one.groups.size() - 1 : below(one.groups.size());
    one.view = one_in(3) ? below(one.groups.size()) : 0;
    if (one_in(3)) one.view = any_of(one.path_to(one.own));
    tell_least_limit(one);
    all.hierarchies.push_back(one);
  }
  /// As cgroup v1 does it in memory.stat.
  void tell_least_limit(hierarchy& one) {
    if (one.type != "cgroup" || one_in(20)) return;
    std::uint64_t least = 9223372036854771712U;
    for (const std::size_t each : one.path_to(one.own)) {
      const auto limit = one.groups[each].files.find("memory.limit_in_bytes");
      if (limit == one.groups[each].files.end() || limit->second.find_first_of("0123456789") != 0) continue;
      least = std::min<std::uint64_t>(least, std::stoull(limit->second));
    }
    one.groups[one.own].files["memory.stat"] = "hierarchical_memory_limit " + std::to_string(least) + '\n';
  }

  void mount_usual(world& all) {
    const std::string long_options = "rw,lowerdir=" + std::string(one_in(3) ? 3000 : 10, 'l');
    all.mounts.push_back({new_id(all), 1, "/", "overlay", long_options, {}});
    if (one_in(30)) return;  // a container without any control group mount
    mount_at(all, "/sys", {}, 0);
    all.mounts.back().files = {{"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "0\n"},
                               {"/sys/devices/system/cpu/online", "0-3\n"},
                               {"/sys/devices/system/node/online", "0\n"}};
    const bool has_v1 = all.hierarchies.size() > 1;
    if (has_v1) mount_at(all, "/sys/fs/cgroup", {}, 0);
    for (std::size_t each = 0; each < all.hierarchies.size(); ++each) {
      const hierarchy& of = all.hierarchies[each];
      const std::string folder = of.type == "cgroup2" ? "unified" : of.options.substr(3);
      const std::size_t root = one_in(4) ? any_of(of.path_to(of.own)) : one_in(6) ? below(of.groups.size()) : 0;
      mount_at(all, has_v1 ? "/sys/fs/cgroup/" + folder : "/sys/fs/cgroup", each, one_in(2) ? of.view : root);
    }
  }
  /// Over an existing mount, inside one, or elsewhere.
  void mount_somewhere(world& all) {
    std::vector<std::string> places{"/mnt/a b", "/mnt/new\nline", "/mnt/tab\tbed", "/mnt/back\\slash", "/mnt/\\040"};
    if (has_long_names_)
      places.push_back("/mnt/" + std::string(255, 'm') + '/' + std::string(one_in(2) ? 255 : 100, 'm'));
    for (const mount& each : all.mounts) {
      places.push_back(each.where);
      places.push_back(each.where.substr(0, std::max<std::size_t>(each.where.rfind('/'), 1)));
      if (!each.shows) continue;
      const hierarchy& of = all.hierarchies[*each.shows];
      if (const auto names = of.names(each.root, below(of.groups.size()))) places.push_back(each.where + *names);
      for (const std::size_t around : of.path_to(of.own))
        if (const auto names = of.names(each.root, around)) places.push_back(each.where + *names);
    }
    const std::string where = any_of(places);
    if (where == "/" || where.size() > 3000) return;
    if (one_in(4)) return mount_at(all, where, {}, 0);
    const std::size_t shown = below(all.hierarchies.size());
    const hierarchy& of = all.hierarchies[shown];
    mount_at(all, where, shown, one_in(2) ? any_of(of.path_to(of.own)) : below(of.groups.size()));
  }
  /// Mounts on the target of the path. A mounted hierarchy has no folders except groups.
  void mount_at(world& all, const std::string& where, std::optional<std::size_t> shows, std::size_t root) {
    const found_path at = all.lead(where);
    if (all.mounts[at.mount].shows && !at.rest.empty()) return;
    mount one{new_id(all), all.mounts[at.mount].id, where, where == "/sys" ? "sysfs" : "tmpfs", "rw", shows, root};
    if (shows) {
      one.type = all.hierarchies[*shows].type;
      one.options = all.hierarchies[*shows].options;
    }
    all.mounts.push_back(one);
  }
  [[nodiscard]] int new_id(const world& all) {
    for (;;) {
      const int id = static_cast<int>(10 + below(900));
      bool is_new = true;
      for (const mount& each : all.mounts) is_new = is_new && each.id != id;
      if (is_new) return id;
    }
  }

  std::mt19937_64 random_;
  bool has_long_names_ = false;
};

}  // namespace quire::test
