// SPDX-License-Identifier: BSL-1.0
#pragma once
// A lock that is a plain value, so that a store may contain it, and that needs no system's header.
#include <atomic>

namespace quire::detail {

/// Threads wait for each other; where the standard library cannot let them wait, as without threads, they spin. As with
/// any lock, a child process that is forked while another thread holds it never gets it.
class plain_lock {
 public:
  void lock() noexcept {
    const std::atomic_ref<bool> held(held_);
    while (held.exchange(true, std::memory_order_acquire)) wait(held);
  }
  void unlock() noexcept {
    const std::atomic_ref<bool> held(held_);
    held.store(false, std::memory_order_release);
    notify(held);
  }

 private:
  template <class Held>
  static void wait(const Held& held) noexcept {
    if constexpr (requires { held.wait(true); }) held.wait(true, std::memory_order_relaxed);
  }
  template <class Held>
  static void notify(const Held& held) noexcept {
    if constexpr (requires { held.notify_one(); }) held.notify_one();
  }

  bool held_ = false;
};

/// Holds a lock while it exists.
class lock_holder {
 public:
  explicit lock_holder(plain_lock& lock) noexcept : lock_(lock) { lock_.lock(); }
  ~lock_holder() { lock_.unlock(); }
  lock_holder(const lock_holder&) = delete;
  lock_holder& operator=(const lock_holder&) = delete;

 private:
  plain_lock& lock_;
};

}  // namespace quire::detail
