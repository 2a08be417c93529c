// SPDX-License-Identifier: BSL-1.0
#pragma once
// Divides the populating of one memory among threads of the program, each on the node that its part is for.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/detail/members/populating.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/result.hpp>
#include <quire/system/linux/node_affinity.hpp>
#include <quire/units.hpp>

namespace quire {

/// The part of a memory that one of several threads populates, in bytes.
struct population_share {
  std::size_t offset = 0, bytes = 0;
  std::size_t done = 0;          // how many of these are in memory
  std::optional<unsigned> node;  // the thread ran on its processors; none if no node is named, or it may not run there

  friend constexpr bool operator==(const population_share&, const population_share&) = default;
};

namespace detail {

/// A share has whole granules, and whole huge pages of 2 MiB where there is one for each thread.
[[nodiscard]] constexpr population_share share_of(std::size_t end, std::size_t granularity, unsigned index,
                                                  unsigned count) noexcept {
  constexpr std::size_t huge = std::size_t{2} << 20;
  const std::size_t grain = std::max(granularity, end / count >= huge ? huge : 1);
  const std::size_t grains = end / grain + (end % grain != 0 ? 1 : 0);
  const std::size_t each = grains / count, more = grains % count;
  const auto begin_of = [&](std::size_t i) { return std::min(end, (each * i + std::min(i, more)) * grain); };
  return {
      .offset = begin_of(index), .bytes = begin_of(std::size_t{index} + 1) - begin_of(index), .done = 0, .node = {}};
}

/// The node of a share: neighbouring shares have the same one. Empty if the placement names none.
[[nodiscard]] inline std::optional<unsigned> node_of_share(const numa_request& request, unsigned index,
                                                           unsigned count) noexcept {
  if (request.mode == numa_mode::prefer) return request.node;
  if (request.nodes == nullptr) return std::nullopt;
  std::uint64_t skipped = std::uint64_t{request.nodes->count()} * index / count;
  for (const unsigned node : *request.nodes)
    if (skipped-- == 0) return node;
  return std::nullopt;
}

}  // namespace detail

/// Populates part `index` of `count` equal parts of a memory, as its member `populate` does: each of `count` threads
/// calls it with an index of its own, at the same time or not. If the placement names nodes, the thread runs on the
/// processors of one of them meanwhile, on Linux: that node's memory is cleared from nearby, and of several nodes that
/// `bind` names the kernel chooses the one where the thread runs. `told` receives the part and the node, also after a
/// failure. Errors: those of `populate`, and `invalid_argument` if there is no such part.
template <class A>
  requires detail::populates_parts<A>
[[nodiscard]] result<void> populate_share(const A& memory, unsigned index, unsigned count,
                                          population_share* told = nullptr) noexcept {
  population_share unused;
  population_share& share = told == nullptr ? unused : *told;
  share = {};
  if (index >= count) return failure(errc::invalid_argument, step::populate);
  share = detail::share_of(align_up(memory.size(), memory.commit_granule()), memory.granularity(), index, count);
  if constexpr (requires { requires detail::affinity_calls<typename A::backing_type::calls>; })
    if (const auto node = detail::node_of_share(memory.requested().numa, index, count)) {
      const detail::node_affinity<typename A::backing_type::calls> pinned(*node);
      if (pinned.is_pinned()) share.node = node;
      return memory.populate(share.offset, share.bytes, &share.done);
    }
  return memory.populate(share.offset, share.bytes, &share.done);
}

}  // namespace quire
