// SPDX-License-Identifier: BSL-1.0
// A program that imports the module. With Clang it includes headers of the library too; GCC 15 and 16, which want
// includes before the import, then end with "failed to read compiled module".
#include <cstddef>
#include <cstdio>
#include <iostream>
#include <span>
#include <system_error>

#if defined(__clang__)
#include <quire/effective.hpp>
#include <quire/page_allocator.hpp>
#endif

import quire;

namespace {

using namespace quire::literals;
using small = quire::native_allocator::with_page_size<quire::page_size::in_units_of<4_KiB>>;
using chosen = quire::fallback<small::with_residency<quire::residency::locked>, small>;
using slots = quire::pool<quire::native_allocator, quire::recycling::zero_dirty>;

[[nodiscard]] bool memory_lives() {
  small memory;
  const std::span<std::byte> none = memory.bytes();
  const auto bytes = memory.allocate(small::pages{2}, small::pages{4});
  return none.empty() && bytes && bytes->size() == 8_KiB && memory.grow(small::pages{2}, small::pages{1}).has_value() &&
         quire::effective(memory).resident_bytes.value_or(0) <= memory.size();
}

[[nodiscard]] bool pool_lends() {
  slots pool;
  if (!pool.open({.slots = 2, .maximum = quire::pages{4}})) return false;
  auto memory = pool.acquire(quire::pages{1});
  return memory && memory->grow(quire::pages{1}).has_value();
}

[[nodiscard]] bool vector_grows() {
  quire::pinned_vector<int> numbers;
  for (int number = 0; number < 10'000; ++number)
    if (!numbers.try_push_back(number)) return false;
  return numbers.back() == 9'999;
}

/// The specialisations that make an errc an error_code, and the operators, are found without their names.
[[nodiscard]] bool errors_convert() {
  const quire::error stale{quire::errc::size_mismatch, quire::step::plan, 0};
  std::cout << stale << '\n';
  return std::error_code(stale) == quire::errc::size_mismatch && stale.code == quire::errc::size_mismatch;
}

}  // namespace

int main() {
  if (!memory_lives() || !pool_lends() || !vector_grows() || !errors_convert()) return 1;
  chosen first_that_works;
  if (!first_that_works.allocate(small::pages{1})) return 1;
  std::puts("what was imported lives");
}
