// SPDX-License-Identifier: BSL-1.0
#pragma once
// Linux's store with the verbs for hardware tags, on every target.
#include <cstdint>

#include <quire/platform/linux.hpp>

struct tagging_store : quire::backing::linux_mmap<> {
  static int permit_tags(const quire::tag_request&, std::uint16_t&) noexcept { return 0; }
  static int draw_tag(std::uint16_t, unsigned char&) noexcept { return 0; }
  static int tag(quire::page_run, unsigned) noexcept { return 0; }
  static int check_writable(quire::page_run) noexcept { return 0; }
  static std::uint64_t suspend_tag_checks() noexcept { return 0; }
  static void resume_tag_checks(std::uint64_t) noexcept {}
};

template <class T>
using tagged_by = quire::linux_allocator::with_backing<tagging_store>::with_tagging<T>;
