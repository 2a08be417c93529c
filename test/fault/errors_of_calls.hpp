// SPDX-License-Identifier: BSL-1.0
#pragma once
// The errors that the manual pages document for each call of the mmap family.
#include <cerrno>
#include <initializer_list>

#include "support/fakes/watched_calls.hpp"

namespace quire::test {

inline std::initializer_list<int> errors_of(call c) {
  static constexpr std::initializer_list<int> map{ENOMEM, EAGAIN, EPERM, EINVAL, EACCES};
  static constexpr std::initializer_list<int> unmap{ENOMEM, EINVAL};
  static constexpr std::initializer_list<int> protect{ENOMEM, EACCES, EINVAL, EPERM};
  static constexpr std::initializer_list<int> advise{ENOMEM, EAGAIN, EINVAL, EPERM, EFAULT, EBUSY, EIO};
  static constexpr std::initializer_list<int> lock{ENOMEM, EAGAIN, EPERM, EINVAL};
  static constexpr std::initializer_list<int> policy{ENOMEM, EFAULT, EINVAL, EIO, EPERM, ENOSYS};
  static constexpr std::initializer_list<int> look{EAGAIN, EFAULT, ENOMEM, ENOSYS, EPERM};
  static constexpr std::initializer_list<int> name{EINVAL, ENOMEM, EBADF, EPERM};
  static constexpr std::initializer_list<int> seal{EINVAL, ENOMEM, EPERM, ENOSYS};
  static constexpr std::initializer_list<int> control{EINVAL, EPERM};
  static constexpr std::initializer_list<int> make{ENOMEM, EMFILE, ENFILE, EPERM, ENOSYS};
  static constexpr std::initializer_list<int> make_named{EACCES, EMFILE, ENFILE};
  static constexpr std::initializer_list<int> resize{EFBIG, EINVAL, EIO, EPERM};
  switch (c) {
    case call::mmap: return map;
    case call::munmap: return unmap;
    case call::mprotect: return protect;
    case call::madvise: return advise;
    case call::mlock:
    case call::mlock_on_fault:
    case call::munlock: return lock;
    case call::mbind:
    case call::get_mempolicy: return policy;
    case call::mincore:
    case call::pagemap: return look;
    case call::name_mapping: return name;
    case call::mseal: return seal;
    case call::tag_control: return control;
    case call::memfd_create: return make;
    case call::shm_open: return make_named;
    case call::ftruncate: return resize;
    default: return {};
  }
}

/// Whether a call over several mappings may fail after changing some of them (mprotect(2), madvise(2), mlock(2),
/// mbind(2)).
constexpr bool may_stop_halfway(call c) {
  return c == call::mprotect || c == call::madvise || c == call::mlock || c == call::mlock_on_fault ||
         c == call::munlock || c == call::mbind;
}

}  // namespace quire::test
