// SPDX-License-Identifier: BSL-1.0
#pragma once
// Code shared by the questions about single calls: the typedefs, and how an operation becomes contenders. An operation
// is a function of any memory that returns the nanoseconds of the part to be measured.
#include <memory>
#include <string>
#include <utility>

#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>

#include "clock.hpp"
#include "memories.hpp"
#include "paired.hpp"
#include "progress.hpp"
#include "report.hpp"

namespace bench {

inline constexpr double largest_overhead = 1.02;
inline constexpr std::size_t judged_pairs = 20'000;

/// Calls f.operator()<A>(name of A, mapping of A, mapping of A for one page) for each typedef.
template <class F>
void for_each_typedef(F f) {
  using noted_linux = quire::backing::linux_mmap<noting<quire::calls::linux_kernel>>;
  using noted_posix = quire::backing::posix_mmap<noting<quire::calls::posix>>;
  const auto one = [&f]<class A, class Noted>(const char* name) {
    f.template operator()<A>(name, shape_mapped_by<Noted>(), shape_mapped_by<Noted>(1));
  };
  using quire::linux_allocator, quire::wasm_linux_allocator, quire::posix_allocator;
  one.template operator()<linux_allocator, linux_allocator::with_backing<noted_linux>>("linux_allocator");
  one.template operator()<wasm_linux_allocator, wasm_linux_allocator::with_backing<noted_linux>>(
      "wasm_linux_allocator");
  one.template operator()<posix_allocator, posix_allocator::with_backing<noted_posix>>("posix_allocator");
}

template <class Memory, class Operation>
sampler repeating(Operation operation, Memory memory) {
  const auto kept = std::make_shared<Memory>(std::move(memory));
  return [operation, kept] { return operation(*kept); };
}

template <class A, class Operation>
contenders contend(Operation operation, mapping_shape shape, sampler instead = {}) {
  return {.by_hand = repeating(operation, memory_by_hand(shape)),
          .quire = repeating(operation, quire_memory<A>()),
          .by_hand_again = repeating(operation, memory_by_hand(shape)),
          .instead = std::move(instead)};
}

/// Grows by 64 KiB in several steps, in a memory of its own, so that all contenders find the same address space.
inline constexpr std::size_t growth_steps = 8;
inline constexpr auto grow_in_steps = [](auto& memory) {
  memory.open(1);
  const double time = timed([&] {
    for (std::size_t i = 0; i < growth_steps; ++i) memory.grow(1);
  });
  memory.close();
  return time / growth_steps;
};

/// Quire's row of a comparison, with its ratios.
inline row row_of(const std::string& name, const comparison& c) {
  return {.name = name, .time = c.quire, .ratio = c.ratio, .control = c.control.median, .remark = c.remark()};
}

/// Adds two rows: by hand, and Quire with its ratios.
inline void add_comparison(table& t, const std::string& name, const comparison& c) {
  t.rows.push_back({.name = "by hand, as " + name, .time = c.by_hand});
  row quire = row_of(name, c);
  if (c.instead.count != 0) quire.instead = c.quire.median / c.instead.median;
  t.rows.push_back(quire);
}

/// Measures one operation for every typedef that has it. With `largest`, its ratio is judged.
template <class Operation>
void ask_operation(report& r, table t, Operation operation, std::size_t pairs, sampler instead = {},
                   double largest = 0) {
  summary of_instead;
  for_each_typedef([&]<class A>(const std::string& name, mapping_shape shape, mapping_shape) {
    if constexpr (std::is_invocable_v<Operation, quire_memory<A>&>) {
      progress(t.title + ": " + name);
      const comparison c = compare(contend<A>(operation, shape, instead), pairs);
      add_comparison(t, name, c);
      of_instead = c.instead;
      if (largest > 0) r.add(limit{t.title + ": " + name + ", to by hand", c.ratio.median, largest, judge(c, largest)});
    }
  });
  if (instead) t.rows.push_back({.name = t.instead, .time = of_instead});
  r.add(t);
}

}  // namespace bench
