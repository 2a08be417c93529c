#pragma once
// What a process forbids itself by a seccomp filter, as containers do.
#include <initializer_list>
#include <span>

namespace quire::test {

/// From here on these calls fail with EPERM, in this process. False where it may set no filter.
bool refuse_calls(std::initializer_list<unsigned> calls) noexcept;
/// From here on the process is killed for any call but these. False where it may set no filter.
bool die_of_other_calls(std::span<const unsigned> allowed) noexcept;

}  // namespace quire::test
