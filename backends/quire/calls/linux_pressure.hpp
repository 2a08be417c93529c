#pragma once
// The system calls of Linux by which a process is told that memory gets short. Descriptors, or a negative errno.
#if !defined(__linux__)
#error "quire: pressure_monitor listens to Linux only; of other systems no such thing is known for sure"
#endif

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <quire/calls/linux.hpp>

namespace quire::calls {

struct linux_pressure : linux_kernel {
  static constexpr short poll_input = POLLIN, poll_priority = POLLPRI, poll_error = POLLERR;
  static constexpr int no_device = ENODEV;

  /// For a file that is told what to watch, and then polled.
  static int open_to_watch(const char* path) noexcept { return opened(path, O_RDWR | O_NONBLOCK); }
  static int open_to_write(const char* path) noexcept { return opened(path, O_WRONLY); }
  /// Bytes written.
  static long write(int fd, const void* bytes, std::size_t count) noexcept {
    const long n = ::write(fd, bytes, count);
    return n >= 0 ? n : -static_cast<long>(errno);
  }
  static int make_counter() noexcept {
    const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return fd >= 0 ? fd : -errno;
  }
  /// To be polled in the place of files, and read by nobody.
  static int make_poller() noexcept {
    const int fd = ::epoll_create1(EPOLL_CLOEXEC);
    return fd >= 0 ? fd : -errno;
  }
  /// `poller` can be read as long as the file, of /sys, has changed since it was read. 0 or errno.
  static int poll_for_changes(int poller, int file) noexcept {
    epoll_event wanted{};
    wanted.events = EPOLLPRI;
    return ::epoll_ctl(poller, EPOLL_CTL_ADD, file, &wanted) == 0 ? 0 : errno;
  }
  static int make_timer() noexcept {
    const int fd = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return fd >= 0 ? fd : -errno;
  }
  /// 0 or errno.
  static int set_period(int timer, unsigned milliseconds) noexcept {
    const timespec period{static_cast<time_t>(milliseconds / 1000), static_cast<long>(milliseconds % 1000) * 1'000'000};
    const itimerspec repeating{period, period};
    return ::timerfd_settime(timer, 0, &repeating, nullptr) == 0 ? 0 : errno;
  }

 private:
  static int opened(const char* path, int how) noexcept {
    const int fd = ::open(path, how | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
  }
};

}  // namespace quire::calls
