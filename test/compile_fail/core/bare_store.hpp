// SPDX-License-Identifier: BSL-1.0
#pragma once
// A store with the required operations only: each case adds the one capability that its policy needs.
#include <cstddef>

#include <quire/page_allocator.hpp>
#include <quire/page_size/native.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/tagging/untagged.hpp>

struct bare_store {
  static constexpr std::size_t largest_page = 4096;
  static constexpr quire::store_traits traits{};

  static constexpr std::size_t page_bytes() noexcept { return largest_page; }
  static constexpr quire::errc code_of(quire::step, int) noexcept { return quire::errc::system; }
  static quire::reservation reserve(std::size_t, std::size_t, const quire::attributes&) noexcept { return {}; }
  static int commit(quire::page_run, const quire::attributes&) noexcept { return 0; }
  static int decommit(quire::page_run, const quire::attributes&) noexcept { return 0; }
  static int release(quire::page_run, quire::page_run, const quire::attributes&) noexcept { return 0; }
};

template <class Store>
using allocator_over =
    quire::page_allocator<Store, quire::protection::unguarded, quire::tagging::untagged, quire::page_size::native,
                          quire::placement::anywhere, quire::residency::on_demand>;
