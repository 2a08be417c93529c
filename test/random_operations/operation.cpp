// SPDX-License-Identifier: BSL-1.0
#include "random_operations/operation.hpp"

#include <span>

#include "random_operations/random.hpp"

namespace quire::test::sequences {
namespace {

struct weight {
  verb what;
  unsigned parts;
};

void add_weights(std::vector<verb>& all, std::span<const weight> weights) {
  for (const weight& w : weights) all.insert(all.end(), w.parts, w.what);
}

std::vector<verb> choices_for(const traits& of, const sequence_terms& terms) {
  std::vector<verb> all;
  static constexpr weight always[] = {
      {verb::allocate, 6}, {verb::grow, 10}, {verb::shrink, 7},      {verb::reset, 5},   {verb::deallocate, 2},
      {verb::write, 14},   {verb::swap, 1},  {verb::move_assign, 1}, {verb::destroy, 1}, {verb::write_beyond_size, 2}};
  add_weights(all, always);
  const auto add_if = [&](bool has, weight w) {
    if (has) add_weights(all, {&w, 1});
  };
  add_if(of.discards, {verb::discard, 7});
  add_if(of.protects, {verb::protect, 9});
  add_if(of.collapses_to != 0, {verb::collapse, 4});
  add_if(of.takes_tags, {verb::allocate_tagged, 4});
  add_if(of.images, {verb::allocate_from, 5});
  add_if(of.images, {verb::make_image, 1});
  if (terms.self_inflicted) {
    static constexpr weight own[] = {{verb::lock_pages, 4},        {verb::unlock_pages, 2},  {verb::lock_all_future, 1},
                                     {verb::unlock_all, 1},        {verb::change_access, 3}, {verb::advise, 4},
                                     {verb::disable_huge_pages, 1}};
    add_weights(all, own);
    add_if(of.inherited, {verb::fork, 1});
  }
  return all;
}

fault_plan random_plan(random_numbers& r) {
  fault_plan p;
  if (!r.one_in(3)) return p;
  p.first = static_cast<std::uint8_t>(r.one_in(2) ? 0 : r.below(8));
  p.succession = static_cast<std::uint8_t>(r.one_in(3) ? 1 + r.below(6) : 1);
  p.again = static_cast<std::uint8_t>(r.one_in(3) ? 1 + r.below(5) : 0);
  p.which_error = static_cast<std::uint8_t>(r.below(250));
  p.halfway = r.one_in(3);
  return p;
}

lowered random_limit(random_numbers& r) {
  if (!r.one_in(6)) return lowered::nothing;
  return static_cast<lowered>(1 + r.below(3));
}

}  // namespace

const char* name(verb v) noexcept {
  static constexpr const char* names[] = {"allocate",      "allocate_tagged",
                                          "allocate_from", "grow",
                                          "shrink",        "discard",
                                          "protect",       "collapse",
                                          "reset",         "deallocate",
                                          "write",         "write beyond the size",
                                          "move",          "swap",
                                          "destroy",       "make image",
                                          "mlock",         "munlock",
                                          "mlockall",      "munlockall",
                                          "madvise",       "mprotect",
                                          "fork",          "disable huge pages"};
  return names[static_cast<unsigned>(v)];
}

std::vector<operation> random_operations(std::uint64_t seed, std::size_t length, const traits& of,
                                         const sequence_terms& terms) {
  random_numbers r{seed};
  const std::vector<verb> choices = choices_for(of, terms);
  std::vector<operation> all(length);
  for (operation& o : all) {
    o.what = choices[r.below(choices.size())];
    o.slot = static_cast<unsigned char>(r.below(2));
    o.other = static_cast<unsigned char>(r.below(2));
    for (auto& n : o.n) n = static_cast<std::uint32_t>(r.next());
    if (terms.faults) o.fault = random_plan(r);
    if (terms.self_inflicted) o.limit = random_limit(r);
  }
  return all;
}

}  // namespace quire::test::sequences
