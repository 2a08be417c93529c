// SPDX-License-Identifier: BSL-1.0
#pragma once
// Makes chosen QNX calls fail, with the errors that QNX and POSIX document for them.
#include <cerrno>
#include <initializer_list>

#include <quire/calls/qnx.hpp>

#include "fault/mmap_rules.hpp"
#include "support/fakes/failing_calls.hpp"

namespace quire::test {

template <class Base>
struct failing_qnx : failing_calls<Base> {
  using typename failing_calls<Base>::watcher;

  static calls::mapping mmap_object(void* where, std::size_t bytes, int protection, int flags, int object,
                                    std::size_t offset) noexcept {
    const made_call c{call::mmap, static_cast<const std::byte*>(where), bytes, protection, flags};
    if (const int code = watcher::before(c).code) return {nullptr, code};
    const calls::mapping got = Base::mmap_object(where, bytes, protection, flags, object, offset);
    if (got.error == 0) watcher::after(c);
    return got;
  }
};

template <class Base>
struct fault_rules<failing_qnx<Base>> : mmap_rules<failing_qnx<Base>> {
  static std::initializer_list<int> errors_of(const made_call& c) {
    static constexpr std::initializer_list<int> map{ENOMEM, EPERM, EAGAIN, EINVAL, EACCES, EBADF, ENXIO, ENODEV};
    static constexpr std::initializer_list<int> unmap{EINVAL, ENOSYS};
    static constexpr std::initializer_list<int> protect{ENOMEM, EACCES, EAGAIN, EINVAL, ENOSYS};
    static constexpr std::initializer_list<int> advise{ENOMEM, EINVAL};
    static constexpr std::initializer_list<int> lock{ENOMEM, EAGAIN, EPERM, EINVAL};
    switch (c.what) {
      case call::mmap: return map;
      case call::munmap: return unmap;
      case call::mprotect: return protect;
      case call::madvise: return advise;
      case call::mlock: return lock;
      default: return {};
    }
  }
};

}  // namespace quire::test
