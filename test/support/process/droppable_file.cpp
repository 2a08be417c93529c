// SPDX-License-Identifier: BSL-1.0
#include "support/process/droppable_file.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace quire::test {
namespace {

bool lies_in_memory(int file) {
  struct statfs about{};
  if (::fstatfs(file, &about) != 0) return true;
  const auto type = static_cast<unsigned long>(about.f_type);  // the field's type differs between processors
  return type == TMPFS_MAGIC || type == RAMFS_MAGIC;
}

bool fill(int file, std::size_t bytes) {
  const std::array<char, 65536> part{};
  for (std::size_t done = 0; done < bytes; done += part.size())
    if (::write(file, part.data(), part.size()) != static_cast<ssize_t>(part.size())) return false;
  return ::fsync(file) == 0;  // dirty pages cannot be dropped
}

int make_on_disk(std::size_t bytes) {
  for (const char* const folder : {"/tmp", "/var/tmp"}) {
    const int file = ::open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0) continue;
    if (!lies_in_memory(file) && fill(file, bytes)) return file;
    ::close(file);
  }
  return -1;
}

int open_disk_of_guest(std::size_t bytes) {
  if (std::getenv("QUIRE_LAB_GUEST") == nullptr) return -1;
  const int file = ::open("/dev/vda", O_RDONLY | O_CLOEXEC);
  if (file >= 0 && ::lseek(file, 0, SEEK_END) >= static_cast<off_t>(bytes)) return file;
  if (file >= 0) ::close(file);
  return -1;
}

}  // namespace

droppable_file::droppable_file(std::size_t bytes) noexcept : bytes_(bytes), file_(make_on_disk(bytes)) {
  if (file_ < 0) file_ = open_disk_of_guest(bytes);
}

droppable_file::~droppable_file() {
  if (file_ >= 0) ::close(file_);
}

bool droppable_file::read() const noexcept {
  std::array<char, 65536> part{};
  for (std::size_t done = 0; done < bytes_;) {
    const ssize_t n = ::pread(file_, part.data(), part.size(), static_cast<off_t>(done));
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace quire::test
