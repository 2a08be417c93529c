#pragma once
// A lock that is a plain value, so that a store may contain it, and that needs no system's header.
#include <atomic>

namespace quire::detail {

/// Threads wait for each other. As with any lock, a child process that is forked while another thread holds it never
/// gets it.
class plain_lock {
 public:
  void lock() noexcept {
    const std::atomic_ref held(held_);
    while (held.exchange(true, std::memory_order_acquire)) held.wait(true, std::memory_order_relaxed);
  }
  void unlock() noexcept {
    const std::atomic_ref held(held_);
    held.store(false, std::memory_order_release);
    held.notify_one();
  }

 private:
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
