// SPDX-License-Identifier: BSL-1.0
#pragma once
// Forbids system calls to this process by a seccomp filter, as containers do.
#include <initializer_list>
#include <span>

namespace quire::test {

/// Makes these calls fail with EPERM in this process from now on. Returns false if it may not install a filter.
bool refuse_calls(std::initializer_list<unsigned> calls) noexcept;
/// Makes mmap and mprotect fail with EPERM where they ask for executable pages, from now on. Returns false if it may
/// not install a filter.
bool refuse_executable_pages() noexcept;
/// Makes every call except these kill the process from now on. Returns false if it may not install a filter.
bool die_of_other_calls(std::span<const unsigned> allowed) noexcept;

}  // namespace quire::test
