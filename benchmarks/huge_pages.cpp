// SPDX-License-Identifier: BSL-1.0
// Do huge pages help my access pattern? First touch decides for short lifecycles, random access for long ones.
#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "machine.hpp"
#include "pace.hpp"
#include "page_kinds.hpp"
#include "page_samples.hpp"
#include "peers.hpp"
#include "peers/memkind.hpp"
#include "peers/umf.hpp"
#include "progress.hpp"
#include "questions.hpp"
#include "repetitions.hpp"

namespace bench {
namespace {

struct kind {
  const char* name;
  const char* counterpart;  // the same pages by hand
  void (*touch)(benchmark::State&, std::size_t);
  void (*access)(benchmark::State&, std::size_t);
  bool is_there;  // whether this machine has such pages
  std::optional<side> whose;
};

template <class Memory>
constexpr kind kind_of(const char* name, const char* counterpart = nullptr, bool is_there = true,
                       std::optional<side> whose = {}) {
  return {name, counterpart, touch_first<Memory>, access_randomly<Memory>, is_there, whose};
}

constexpr const char *small_by_hand = "by hand, mmap", *small_pages = "native";
constexpr const char *huge_by_hand = "by hand, MADV_HUGEPAGE", *huge_pages = "transparent_huge<in_blocks>";

/// UMF's provider, and memkind's heap of huge pages, or else its default heap.
struct from_umf : umf_provider {
  from_umf() : umf_provider(*obtain_umf()) {}
};
const memkind_library& memkind() {
  static const memkind_library loaded;
  return loaded;
}
template <bool Huge>
struct from_memkind {
  static std::byte* allocate(std::size_t bytes, std::size_t) {
    void* const block = memkind().allocate(kind(), bytes);
    if (block == nullptr) throw peer_failure("memkind", "it has no more memory");
    return static_cast<std::byte*>(block);
  }
  static void release(std::byte* block, std::size_t) { memkind().release(kind(), block); }
  static void* kind() { return Huge ? *memkind().huge_kind : *memkind().default_kind; }
};

void add_peers(std::vector<kind>& all, std::size_t bytes) {
  if (obtain_umf()) all.push_back(kind_of<from_source<from_umf>>("UMF's OS provider", nullptr, true, side::peer));
  if (!memkind().from.problem().empty()) return;
  if (memkind().has_huge_pages(bytes))
    all.push_back(kind_of<from_source<from_memkind<true>>>("memkind, MEMKIND_HUGETLB", nullptr, true, side::peer));
  else
    all.push_back(kind_of<from_source<from_memkind<false>>>("memkind, MEMKIND_DEFAULT", nullptr, true, side::peer));
}

void name_peers(report& r) {
  r.add(peers::glibc());
  (void)umf_as_peer(r, "its provider of the system's memory, aligned to 2 MiB; it has no advice for huge pages");
  if (!memkind().from.problem().empty()) return r.leave_out("memkind", memkind().from.problem());
  const bool has_huge = memkind().has_huge_pages(2_MiB);
  r.add(
      peer{"memkind", memkind().version(),
           std::string(has_huge ? "MEMKIND_HUGETLB" : "MEMKIND_DEFAULT, as MEMKIND_HUGETLB finds no free huge pages") +
               "; it may return what it kept, touched before"});
}

std::vector<kind> kinds_for(std::size_t bytes) {
  namespace page_size = quire::page_size;
  using from_pool = construct_from<page_size::explicit_huge<2_MiB>>;
  std::vector<kind> all{
      kind_of<from_malloc>("malloc"),
      kind_of<mapped_by_hand<false>>(small_by_hand),
      kind_of<construct_from<page_size::native>>(small_pages, small_by_hand),
      kind_of<construct_from<page_size::no_huge>>("no_huge", small_by_hand),
      kind_of<mapped_by_hand<true>>(huge_by_hand),
      kind_of<construct_from<page_size::transparent_huge<>>>("transparent_huge<>", huge_by_hand),
      kind_of<construct_from<page_size::transparent_huge<page_size::in_blocks>>>(huge_pages, huge_by_hand),
      kind_of<from_pool>("explicit_huge<2 MiB>", nullptr, from_pool().can_open(bytes))};
  add_peers(all, bytes);
  return all;
}

std::string touch_of(const kind& k) { return std::string("touch ") + k.name; }
std::string access_of(const kind& k) { return std::string("access ") + k.name; }

/// Why a kind refused while it was measured, by its name.
using refusals = std::map<std::string, std::string>;

/// A benchmark of one kind. A peer that refuses ends its own one only.
auto guarded(void (*measure)(benchmark::State&, std::size_t), const kind& k, std::size_t bytes, refusals& refused) {
  return [=, &refused](benchmark::State& state) {
    try {
      measure(state, bytes);
    } catch (const peer_failure& failed) {
      refused[k.name] = failed.what();
      state.SkipWithError(failed.what());
    }
  };
}

void enroll(const kind& k, std::size_t bytes, int repeats, refusals& refused) {
  // Small memories run several lifecycles in a sample, so that it is not too short.
  const std::size_t lifecycles = std::max<std::size_t>(1, 16_MiB / bytes);
  benchmark::RegisterBenchmark(touch_of(k).c_str(), guarded(k.touch, k, bytes, refused))
      ->UseManualTime()
      ->Iterations(static_cast<benchmark::IterationCount>(lifecycles))
      ->Repetitions(repeats);
  benchmark::RegisterBenchmark(access_of(k).c_str(), guarded(k.access, k, bytes, refused))
      ->Iterations(1 << 18)
      ->Repetitions(repeats);
}

using results = std::map<std::string, repetitions>;

/// Makes one row for each kind. Quire's are compared with their hand-written counterpart, and all with the first,
/// malloc.
table tabulate(table t, std::string (*which)(const kind&), const std::vector<kind>& kinds, const results& got,
               double units) {
  std::map<std::string, summary> times;
  for (const kind& k : kinds)
    if (k.is_there) times[k.name] = summarize(got.at(which(k)).nanoseconds).divided_by(units);
  for (const kind& k : kinds) {
    row made{.name = k.name, .time = times[k.name], .whose = k.whose};
    if (k.counterpart != nullptr) made.ratio = made.time.divided_by(times[k.counterpart].median);
    if (k.is_there) made.instead = made.time.median / times[kinds.front().name].median;
    if (!k.is_there) made.remark = "no pool of such pages, or too few are free";
    t.rows.push_back(made);
  }
  return t;
}

std::string in_digits(double value) { return std::to_string(static_cast<int>(value + 0.5)); }

table tabulate_touch(const std::string& size, const std::vector<kind>& kinds, const results& got, double pages) {
  table t{.id = "first touch, " + size,
          .title = size + ": first touch of 4 KiB",
          .baseline = "by hand",
          .instead = "malloc"};
  t = tabulate(std::move(t), touch_of, kinds, got, pages);
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (const auto of = got.find(touch_of(kinds[i])); of != got.end() && of->second.counters.contains("huge"))
      t.rows[i].remark = in_digits(of->second.counters.at("huge").front() * 100) + " % huge";
  return t;
}

table tabulate_access(const std::string& size, const std::vector<kind>& kinds, const results& got, double pages) {
  table t{.id = "random access, " + size,
          .title = size + ": one random access",
          .baseline = "by hand",
          .instead = "malloc"};
  t = tabulate(std::move(t), access_of, kinds, got, 1);
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (const auto of = got.find(access_of(kinds[i])); of != got.end())
      t.rows[i].remark =
          in_digits(summarize(of->second.counters.at("populate")).median / pages) + " ns to populate 4 KiB";
  return t;
}

/// The answer for the user: the part of the time that huge pages take.
struct answer {
  std::string size;
  double touch, access;
};

double huge_to_small(const table& t) {
  const auto time_of = [&](const char* name) {
    return std::find_if(t.rows.begin(), t.rows.end(), [&](const row& r) { return r.name == name; })->time.median;
  };
  return time_of(huge_pages) / time_of(small_pages);
}

answer ask_at(report& r, std::size_t bytes, int repeats) {
  const std::string size = std::to_string(bytes >> 20) + " MiB";
  progress("huge pages: " + size);
  std::vector<kind> kinds = kinds_for(bytes);
  refusals refused;
  for (const kind& k : kinds)
    if (k.is_there) enroll(k, bytes, repeats, refused);
  const results got = run_registered();
  std::erase_if(kinds, [&](const kind& k) { return refused.contains(k.name); });
  for (const auto& [name, why] : refused) r.leave_out(name + ", " + size, why);

  const auto pages = static_cast<double>(bytes / 4_KiB);
  const table touch = tabulate_touch(size, kinds, got, pages), access = tabulate_access(size, kinds, got, pages);
  r.add(touch);
  r.add(access);
  return {size, huge_to_small(touch), huge_to_small(access)};
}

void ask_sizes(report& r, const options& o, const std::vector<std::size_t>& mebibytes) {
  r.heading(
      "Do huge pages help my access pattern?",
      "First touch: one write to each 4 KiB of a fresh memory. Random access: a chain of loads; each of them waits\n"
      "for the one before it, in a memory whose pages are all there. By hand is the same kind of pages without\n"
      "Quire. transparent_huge<> keeps the bound exact, so it has no huge page in less than 2 MiB; explicit_huge\n"
      "takes its pages before the first touch.");
  name_peers(r);
  std::vector<answer> answers;
  for (const std::size_t mib : mebibytes) {
    const bool has_memory = mib << 20 <= available_bytes() / 2;
    if (has_memory && !pace::is_over())
      answers.push_back(ask_at(r, mib << 20, o.choose(3, mib > 256 ? 3 : 5)));
    else
      r.leave_out("huge pages in " + std::to_string(mib) + " MiB",
                  has_memory ? "for lack of time" : "for lack of memory");
  }
  std::printf("\n  In short, %s take of the time of %s:\n", huge_pages, small_pages);
  for (const answer& a : answers)
    std::printf("  %10s   first touch %4.0f %%   random access %4.0f %%\n", a.size.c_str(), a.touch * 100,
                a.access * 100);
}

}  // namespace

void ask_huge_pages(report& r, const options& o) {
  ask_sizes(r, o, o.choose<std::vector<std::size_t>>({1, 16, 64}, {1, 4, 16, 64, 256}));
}

void ask_huge_pages_4_gib(report& r, const options& o) { ask_sizes(r, o, {1024, 4096}); }

}  // namespace bench
