#pragma once
// This process's mappings, as the kernel lists them.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace quire::test {

/// Read into room of its own, so that reading changes nothing.
class mappings {
 public:
  void read() {
    size_ = 0;
    const int file = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    for (ssize_t n = 0; (n = ::read(file, text_.data() + size_, text_.size() - size_)) > 0;)
      size_ += static_cast<std::size_t>(n);
    ::close(file);
  }
  /// False when there was nothing to read, or more than fits.
  [[nodiscard]] bool complete() const { return size_ > 0 && size_ < text_.size(); }
  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, 1 << 18> text_{};
  std::size_t size_ = 0;
};

}  // namespace quire::test
