// SPDX-License-Identifier: BSL-1.0
// Compares the detection of control groups with a plain model, on random worlds; and tests lists of any length. A
// difference is a defect of one of the two. usage: groups ROUNDS [FIRST_SEED]
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <quire/detect.hpp>
#include <quire/quire.hpp>

#include "group_model.hpp"
#include "group_worlds.hpp"
#include "support/fakes/fake_kernel.hpp"

namespace {

using namespace quire;
using namespace quire::test;

/// Opens the files to which paths lead in the world.
struct world_kernel : fake_kernel {
  static inline const world* around = nullptr;

  static int open_to_read(const char* path) noexcept {
    if (*path == '\0') return -ENOENT;
    const auto [error, text] = around->open(path);
    if (error != 0 && error != EISDIR) return -error;
    if (error == 0) now.files[path] = text;
    now.open.emplace_back(path, 0);
    return static_cast<int>(now.open.size()) - 1;
  }
};

struct differences {
  std::uint64_t seed = 0;
  std::size_t count = 0;

  void expect(bool holds, const char* what) {
    if (holds) return;
    ++count;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), what);
  }
};

/// Whether a text exceeds the buffers of detection, so that unknown is a correct result.
bool is_long(const world& all, std::size_t hierarchy) {
  constexpr std::size_t most_of_path = 470, most_of_line = 1000;  // including the longest file name
  const auto& tree = all.hierarchies[hierarchy];
  if (tree.told(tree.own).size() > most_of_path) return true;
  for (const auto& each : all.hierarchies)
    if (each.told(each.own).size() > most_of_line) return true;
  for (const mount& each : all.mounts) {
    const std::string line = all.line_of(each);
    if (line.find(" - ") > most_of_line || (each.shows && line.size() > most_of_line)) return true;
    if (each.shows != hierarchy) continue;
    const auto below = tree.names(each.root, tree.own);
    if (each.where.size() + (below ? below->size() : 0) > most_of_path || tree.told(each.root).size() > most_of_path)
      return true;
  }
  return false;
}

/// With `may_be_less`, the usage may be unknown although the limit is known: one file's name is longer than the
/// other's.
bool is_same(const std::optional<limited_group>& known, const std::string& path, const reading<limited_group>& told,
             bool may_be_less) {
  if (!known || !told.known()) return !known && !told.known();
  const limited_group& group = told.value();
  const bool fits = path.size() <= 256;
  const bool is_usage = group.used == known->used || (may_be_less && !group.used);
  return group.limit == known->limit && is_usage && group.path.complete() == fits &&
         group.path.view() == path.substr(0, 256);
}

/// To report that groups may be hidden is never wrong. For cgroup v1 the kernel may show that hidden groups do not
/// matter even if the limit of a visible group cannot be read.
bool agrees_on_whole(const group_knowledge& known, const control_group_facts& told, bool may_be_less) {
  if (told.whole_path == true) return known.whole == true || (!known.smallest && told.layout != cgroup_layout::v2);
  return known.whole != true || may_be_less;
}
/// Whether the report matches this knowledge. With `may_be_less`, unknown is correct too.
bool agrees(const group_knowledge& known, const control_group_facts& told, bool may_be_less) {
  const auto same = [may_be_less](bool is_same, bool is_known) { return is_same || (may_be_less && !is_known); };
  return same(is_same(known.smallest, known.path_of_smallest, told.smallest, may_be_less), told.smallest.known()) &&
         same(is_same(known.tightest, known.path_of_tightest, told.tightest, may_be_less), told.tightest.known()) &&
         same(known.throttled == told.throttled.optional(), told.throttled.known()) &&
         agrees_on_whole(known, told, may_be_less);
}

/// Whether a query for room gives the result that follows from this knowledge.
bool agrees_on_room(const group_knowledge& known, std::uint64_t wanted, bool may_be_less) {
  quire::detail::limit_analysis v(wanted, 0);
  (void)quire::detail::consider_cgroups<world_kernel>(v, quire::detail::throttling::ignored);
  if (known.inconclusive) return v.is_inconclusive() || v.is_exhausted();
  if (v.is_inconclusive()) return may_be_less;
  return v.is_exhausted() == (*known.least_room < wanted);
}

std::string in_words(std::optional<std::uint64_t> n) { return n ? std::to_string(*n) : "unknown"; }
std::string in_words(const std::optional<limited_group>& group) {
  if (!group) return "unknown";
  if (group->limit == no_limit) return "no limit";
  return std::to_string(group->limit) + " used " + (group->used ? std::to_string(*group->used) : "?") + " in " +
         std::string(group->path.view());
}
void show(const char* who, const std::optional<limited_group>& smallest, const std::optional<limited_group>& tightest,
          std::optional<std::uint64_t> throttled, std::optional<bool> whole) {
  std::printf("%s: smallest %s; tightest %s; throttled %s; whole path %s\n", who, in_words(smallest).c_str(),
              in_words(tightest).c_str(), in_words(throttled).c_str(),
              !whole   ? "unknown"
              : *whole ? "yes"
                       : "no");
}
/// Prints what is needed to understand a difference.
void show(const world& all, const std::vector<group_knowledge>& known, const control_group_facts& told) {
  std::printf("%s%s", all.membership().c_str(), all.hides_mounts ? "mounts are hidden\n" : all.mountinfo().c_str());
  for (const group_knowledge& each : known) show("model", each.smallest, each.tightest, each.throttled, each.whole);
  show("told", told.smallest.optional(), told.tightest.optional(), told.throttled.optional(),
       told.whole_path.optional());
}

void compare(const world& all, std::size_t hierarchy, const platform_capabilities& caps, differences& found) {
  const group_model model(all, hierarchy);
  const bool may_be_less = is_long(all, hierarchy), is_v2 = all.hierarchies[hierarchy].type == "cgroup2";
  std::vector<group_knowledge> known;
  std::size_t widest = SIZE_MAX;
  const auto& tree = all.hierarchies[hierarchy];
  for (const shown_chain& chain : model.chains()) {
    const std::size_t root = tree.told(chain.outermost).size();
    if (!may_be_less && root < widest) known.clear();
    if (may_be_less || root <= widest) known.push_back(model.knowledge_of(chain));
    widest = std::min(widest, root);
  }
  if (known.empty()) known.push_back(model.nothing());
  bool of_groups = false, of_room = false, of_pools = !is_v2;
  const auto& pools = caps.huge_pages.pools;
  const bool has_pool = pools.known() && !pools.value().empty();
  const std::string left = has_pool ? in_words(pools.value()[0].left_by_groups) : "unknown";
  for (const group_knowledge& each : known) {
    of_groups = of_groups || agrees(each, caps.groups, may_be_less);
    of_room =
        of_room || (agrees_on_room(each, 1, may_be_less) && agrees_on_room(each, std::uint64_t{1} << 30, may_be_less));
    of_pools = of_pools || !has_pool || left == in_words(each.pages_left) || (may_be_less && left == "unknown");
  }
  found.expect(of_groups, "the groups are others");
  found.expect(of_room, "the room is another one");
  found.expect(of_pools, "the pages of the pool are others");
  if (!of_groups || !of_room || !of_pools) show(all, known, caps.groups);
}

void try_world(std::uint64_t seed, differences& found) {
  const pretence machine;
  world_maker maker(seed);
  const world all = maker.make();
  world_kernel::around = &all;
  machine.kernel().a_read = maker.one_in(2) ? 4096 : 1 + maker.below(20);
  const auto caps = detect<world_kernel>({.try_features = false});
  found.expect(caps.has_value(), "detection fails");
  if (!caps) return;
  if (all.hides_membership) {
    found.expect(!caps->groups.layout.known() && !caps->groups.smallest.known(), "what is hidden is told");
    return;
  }
  // In a hybrid layout cgroup v1 limits memory if it has the controller.
  std::size_t of_memory = 0;
  for (std::size_t each = 0; each < all.hierarchies.size(); ++each) {
    const std::string& controllers = all.hierarchies[each].controllers;
    if (controllers.find("memory") != std::string::npos) of_memory = each;
    if (controllers.empty() && all.hierarchies.size() == 1) of_memory = each;
  }
  compare(all, of_memory, *caps, found);
  found.expect(machine.kernel().closed == machine.kernel().open.size(), "a file stays open");
}

using ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

/// Parses whole strings. Returns nothing if the text is not a list.
std::optional<ranges> ranges_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  ranges all;
  std::string rest = text.substr(0, text.find('\n'));
  if (!rest.empty()) rest += ',';
  for (std::size_t comma = rest.find(','); comma != std::string::npos; comma = rest.find(',')) {
    const std::string range = rest.substr(0, comma);
    rest.erase(0, comma + 1);
    const std::size_t dash = range.find('-');
    const std::string first = range.substr(0, dash), last = dash == std::string::npos ? first : range.substr(dash + 1);
    for (const std::string& each : {first, last})
      if (each.empty() || each.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
    if (std::stoull(last) < std::stoull(first)) return std::nullopt;
    all.emplace_back(std::stoull(first), std::stoull(last));
  }
  return all;
}

void try_list(std::uint64_t seed, differences& found) {
  const pretence machine;
  world_maker maker(seed);
  const std::string text = maker.list();
  machine.file("/list") = text;
  machine.kernel().a_read = maker.one_in(2) ? 4096 : 1 + maker.below(20);
  const auto expected = ranges_of(text);
  node_set nodes;
  bool fits = expected.has_value(), ascends = fits;
  std::uint64_t count = 0, beyond = 0;
  for (const auto& [first, last] : expected.value_or(ranges())) {
    fits = fits && last < node_set::capacity;
    for (std::uint64_t each = first; fits && each <= last; ++each) nodes.insert(static_cast<unsigned>(each));
    ascends = ascends && first >= beyond && last >> 32 == 0;
    beyond = last + 1;
    count += last - first + 1;
  }
  const auto told = quire::detail::list_in<fake_kernel>("/list");
  found.expect(told.has_value() == fits && (!fits || *told == nodes), "the nodes of a list are others");
  const auto counted = quire::detail::numbers_in<fake_kernel>("/list");
  found.expect(counted.has_value() == ascends && (!ascends || *counted == count), "a list has another length");
}

}  // namespace

int main(int count, char** arguments) {
  const std::uint64_t rounds = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1000;
  const std::uint64_t first = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1;
  differences found;
  for (found.seed = first; found.seed < first + rounds && found.count < 20; ++found.seed) {
    try_world(found.seed, found);
    try_list(found.seed, found);
  }
  std::printf("%llu worlds and lists, %zu differences\n", static_cast<unsigned long long>(rounds), found.count);
  return found.count == 0 ? 0 : 1;
}
