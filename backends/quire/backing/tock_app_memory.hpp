// SPDX-License-Identifier: BSL-1.0
#pragma once
// A buffer of a Tock application, checked to lie in the memory that the kernel gave to the application.
#include <cstddef>
#include <cstdint>

#include <quire/backing/static_buffer.hpp>
#include <quire/store.hpp>

namespace quire::calls {
struct tock;
}

namespace quire::backing {

/// The native code of an errc::invalid_argument of allocate: the buffer does not lie between the beginning of the
/// process's memory and its break. Other native codes are the kernel's status codes.
inline constexpr int outside_app_memory = 0x120;

/// `S` is a store over a buffer. allocate makes two system calls; no other operation makes any. A test replaces
/// `Calls`; the default is calls::tock, which the platform header includes.
template <class S, class Calls = calls::tock>
struct app_memory : S {
  static_assert(requires { sizeof(Calls); }, "quire: include quire/calls/tock.hpp, or quire/platform/tock.hpp");
  using wrapped = S;
  using calls = Calls;

  static constexpr errc code_of(step at, int native) noexcept {
    if (native == outside_app_memory || native == Calls::invalid) return errc::invalid_argument;
    if (native == Calls::no_memory) return errc::out_of_memory;
    return native == Calls::unsupported ? errc::not_supported : S::code_of(at, native);
  }

  reservation reserve(std::size_t bytes, std::size_t alignment, const attributes& requested) noexcept {
    const auto begin = Calls::memory_begin();
    if (begin.error != 0) return {nullptr, begin.error};
    const auto end = Calls::app_break();
    if (end.error != 0) return {nullptr, end.error};

    // The address of an application is chosen when it is loaded, and an alignment above the kernel's own is lost: the
    // compiler must not infer it from the declaration of the buffer.
    std::byte* volatile loaded_at = S::buffer().base;
    const auto first = reinterpret_cast<std::uintptr_t>(loaded_at);
    if (first < begin.address || first > end.address || S::buffer().bytes > end.address - first)
      return {nullptr, outside_app_memory};
    if (!is_aligned(first, alignment)) return {nullptr, static_cast<int>(buffer_error::misaligned)};
    return S::reserve(bytes, alignment, requested);
  }
};

}  // namespace quire::backing
