// SPDX-License-Identifier: BSL-1.0
#pragma once
// The system calls of Linux by which a process learns that memory runs short. They return descriptors, or a negative
// errno.
#if !defined(__linux__)
#error "quire: pressure_monitor listens to Linux only; of other systems no such thing is known for sure"
#endif

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <quire/calls/linux.hpp>

namespace quire::calls {

struct linux_pressure : linux_kernel {
  static constexpr short poll_input = POLLIN;
  static constexpr int no_device = ENODEV, too_many_files = EMFILE, too_many_files_of_all = ENFILE;

  /// Opens a file that is told what to watch, and is then polled.
  static int open_to_watch(const char* path) noexcept {
    return number_of(::open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC));
  }
  static int open_to_write(const char* path) noexcept { return number_of(::open(path, O_WRONLY | O_CLOEXEC)); }
  /// Returns the bytes written, or a negative errno.
  static long write(int fd, const void* bytes, std::size_t count) noexcept {
    return number_of(::write(fd, bytes, count));
  }
  static int make_counter() noexcept { return number_of(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }
  /// A descriptor to be polled in place of files.
  static int make_poller() noexcept { return number_of(::epoll_create1(EPOLL_CLOEXEC)); }
  // Events that a file is polled for: that it is readable; that it has changed since it was read; or each time that it
  // wakes its pollers, whatever its state is then.
  static constexpr unsigned poll_readable = EPOLLIN, poll_changes = EPOLLPRI,
                            poll_wake_ups = EPOLLIN | EPOLLPRI | unsigned{EPOLLET};
  /// 0 or errno.
  static int start_polling(int poller, int file, unsigned events, unsigned id) noexcept {
    epoll_event wanted{};
    wanted.events = events;
    wanted.data.u32 = id;
    return error_of(::epoll_ctl(poller, EPOLL_CTL_ADD, file, &wanted));
  }
  static void stop_polling(int poller, int file) noexcept {
    epoll_event ignored{};
    (void)::epoll_ctl(poller, EPOLL_CTL_DEL, file, &ignored);
  }
  struct ready_file {
    unsigned id = 0;
    bool certain = false;  // the file itself reports an event
    bool failed = false;
  };
  /// Returns how many files are ready, at most `most`. Does not block.
  static int take_ready(int poller, ready_file* found, int most) noexcept {
    epoll_event events[32];
    const int n = ::epoll_wait(poller, events, most < 32 ? most : 32, 0);
    for (int i = 0; i < n; ++i)
      found[i] = {events[i].data.u32, (events[i].events & EPOLLPRI) != 0,
                  (events[i].events & (EPOLLERR | EPOLLHUP)) != 0};
    return n;
  }
  static int make_timer() noexcept { return number_of(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)); }
  /// Fires for the first time at once, or after a period; 0 milliseconds mean never. Returns 0 or errno.
  static int set_period(int timer, unsigned milliseconds, bool at_once) noexcept {
    const timespec period{static_cast<time_t>(milliseconds / 1000), static_cast<long>(milliseconds % 1000) * 1'000'000};
    const itimerspec repeating{period, at_once ? timespec{0, 1} : period};
    return error_of(::timerfd_settime(timer, 0, &repeating, nullptr));
  }
};

}  // namespace quire::calls
