// SPDX-License-Identifier: BSL-1.0
#pragma once
// A simulated system of control groups: hierarchies, mounts and the resolution of paths, by the rules of the kernel and
// with strings of any length. group_model.hpp models what can be known about it.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace quire::test {

struct group {
  std::string name;  // one path component; empty for the root
  std::size_t parent = 0;
  std::map<std::string, std::string> files;
  std::set<std::string> refused;  // unreadable files; "" stands for the folder with all that is inside
};

/// One tree of groups. The process is in `own`; paths are shown relative to `view`, the root of its namespace.
struct hierarchy {
  std::string type, options;  // of its mounts
  std::string controllers;    // in /proc/self/cgroup
  std::vector<group> groups;
  std::size_t own = 0, view = 0;

  [[nodiscard]] std::vector<std::size_t> path_to(std::size_t of) const {
    std::vector<std::size_t> path{of};
    while (path.back() != 0) path.push_back(groups[path.back()].parent);
    return {path.rbegin(), path.rend()};
  }
  /// Returns the path from an enclosing group; nothing if that group does not enclose it.
  [[nodiscard]] std::optional<std::string> names(std::size_t from, std::size_t to) const {
    std::string text;
    for (; to != from; to = groups[to].parent) {
      if (to == 0) return std::nullopt;
      text = '/' + groups[to].name + text;
    }
    return text;
  }
  /// Returns the path that the kernel shows to this process.
  [[nodiscard]] std::string told(std::size_t of) const {
    std::string up;
    for (std::size_t around = view;; around = groups[around].parent, up += "/..")
      if (const auto down = names(around, of)) return up.empty() && down->empty() ? "/" : up + *down;
  }
  [[nodiscard]] std::optional<std::size_t> child(std::size_t of, const std::string& name) const {
    for (std::size_t each = 1; each < groups.size(); ++each)
      if (groups[each].parent == of && groups[each].name == name) return each;
    return std::nullopt;
  }
};

struct mount {
  int id = 0, parent = 0;
  std::string where, type, options;
  std::optional<std::size_t> shows;  // a hierarchy
  std::size_t root = 0;              // one of its groups
  std::map<std::string, std::string> files{};
};

/// The target of a path: a mount, and a group or a remaining path in it.
struct found_path {
  std::size_t mount = 0, group = 0;
  std::string rest;  // components that are not groups
};

struct world {
  std::vector<hierarchy> hierarchies;
  std::vector<mount> mounts;  // the first one is the root
  bool hides_mounts = false, hides_membership = false;

  [[nodiscard]] found_path lead(const std::string& path) const {
    found_path at{0, mounts[0].root, {}};
    std::string so_far;
    for (std::size_t begin = 1; begin <= path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      const std::string name = path.substr(begin, end - begin);
      begin = end + 1;
      if (name.empty()) continue;
      so_far += '/' + name;
      const auto shows = mounts[at.mount].shows;
      const auto inner = shows && at.rest.empty() ? hierarchies[*shows].child(at.group, name) : std::nullopt;
      if (inner)
        at.group = *inner;
      else
        at.rest += '/' + name;
      for (bool again = true; again;) {
        again = false;
        for (std::size_t each = 1; each < mounts.size() && !again; ++each)
          if (mounts[each].parent == mounts[at.mount].id && mounts[each].where == so_far) {
            at = {each, mounts[each].root, {}};
            again = true;
          }
      }
    }
    return at;
  }
  /// Whether a path leads to the folder of this group.
  [[nodiscard]] bool leads_to(const std::string& path, std::size_t of, std::size_t group) const {
    const found_path at = lead(path);
    return mounts[at.mount].shows == of && at.group == group && at.rest.empty();
  }

  /// Returns the text of a file, or an error, which is EISDIR for a folder.
  [[nodiscard]] std::pair<int, std::string> open(const std::string& path) const {
    if (path == "/proc/self/cgroup") return hides_membership ? std::pair{ENOENT, path} : std::pair{0, membership()};
    if (path == "/proc/self/mountinfo") return hides_mounts ? std::pair{EACCES, path} : std::pair{0, mountinfo()};
    if (path.size() >= 4096) return {ENAMETOOLONG, {}};
    const found_path at = lead(path);
    if (const auto shows = mounts[at.mount].shows) return open(hierarchies[*shows], at);
    const auto& files = mounts[at.mount].files;
    if (const auto file = files.find(path); file != files.end()) return {0, file->second};
    for (const auto& [name, text] : files)
      if (name.starts_with(path + '/')) return {EISDIR, {}};
    for (const mount& each : mounts)
      if (each.parent == mounts[at.mount].id && each.where.starts_with(path + '/')) return {EISDIR, {}};
    return {at.rest.empty() ? EISDIR : ENOENT, {}};
  }

  [[nodiscard]] std::string membership() const {
    std::string text;
    for (std::size_t each = 0; each < hierarchies.size(); ++each)
      text += std::to_string(hierarchies[each].controllers.empty() ? 0 : each + 1) + ':' +
              hierarchies[each].controllers + ':' + hierarchies[each].told(hierarchies[each].own) + '\n';
    return text;
  }
  [[nodiscard]] std::string line_of(const mount& each) const {
    const std::string root = each.shows ? hierarchies[*each.shows].told(each.root) : "/";
    return std::to_string(each.id) + ' ' + std::to_string(each.parent) + " 0:3 " + escaped(root) + ' ' +
           escaped(each.where) + " rw,relatime" + (each.id % 3 == 0 ? " shared:7 master:1" : "") + " - " + each.type +
           " source " + each.options;
  }
  [[nodiscard]] std::string mountinfo() const {
    std::string text;
    std::map<int, const mount*> by_id;  // differs from the order of mounting, as mounts are moved
    for (const mount& each : mounts) by_id[each.id] = &each;
    for (const auto& [id, each] : by_id) text += line_of(*each) + '\n';
    return text;
  }

  [[nodiscard]] static std::string escaped(const std::string& text) {
    std::string all;
    for (const char c : text) {
      const bool is_written_out = c == ' ' || c == '\t' || c == '\n' || c == '\\';
      const auto code = static_cast<unsigned char>(c);
      if (!is_written_out)
        all += c;
      else
        for (const unsigned shift : {6U, 3U, 0U})
          all += shift == 6 ? std::string("\\") + static_cast<char>('0' + (code >> 6U))
                            : std::string(1, static_cast<char>('0' + ((code >> shift) & 7U)));
    }
    return all;
  }

 private:
  [[nodiscard]] static std::pair<int, std::string> open(const hierarchy& of, const found_path& at) {
    for (const std::size_t around : of.path_to(at.group))
      if (of.groups[around].refused.contains("")) return {EACCES, {}};
    if (at.rest.empty()) return {EISDIR, {}};
    const std::string name = at.rest.substr(1);
    if (of.groups[at.group].refused.contains(name)) return {EACCES, {}};
    const auto file = of.groups[at.group].files.find(name);
    if (file == of.groups[at.group].files.end()) return {ENOENT, {}};
    return {0, file->second};
  }
};

}  // namespace quire::test
