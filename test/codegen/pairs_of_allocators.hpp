// SPDX-License-Identifier: BSL-1.0
#pragma once
// Each ready-made typedef and its hand-written counterpart.
#include <type_traits>

#include <quire/backing/observed.hpp>
#include <quire/native.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>

#include "by_hand.hpp"
#include "unchecked.hpp"

template <class Allocator, class Kind>
struct pair_of {
  using library = Allocator;
  using by_hand = ::by_hand::memory<Kind>;
  using in_c = unchecked::memory<Kind>;
};

struct linux_allocator : pair_of<quire::linux_allocator, by_hand::guarded> {};
struct wasm_linux_allocator : pair_of<quire::wasm_linux_allocator, by_hand::index_space> {};
struct huge_linux_allocator : pair_of<quire::huge_linux_allocator, by_hand::huge_pages> {};
struct numa_linux_allocator : pair_of<quire::numa_linux_allocator, by_hand::on_a_node> {};
struct checked_linux_allocator : pair_of<quire::checked_linux_allocator, by_hand::widely_guarded> {};
struct posix_allocator : pair_of<quire::posix_allocator, by_hand::posix> {};
struct native_allocator : pair_of<quire::native_allocator, by_hand::guarded> {};
struct silent {
  static void saw(const quire::observed_step&) noexcept {}
};
struct observed_in_silence : pair_of<quire::with_observer<quire::linux_allocator, silent>, by_hand::guarded> {};
static_assert(std::is_same_v<quire::native_allocator, quire::linux_allocator>, "else another kind is its counterpart");
