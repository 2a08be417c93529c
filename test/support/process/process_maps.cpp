// SPDX-License-Identifier: BSL-1.0
#include "support/process/process_maps.hpp"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace quire::test {

void maps_snapshot::take() noexcept {
  length_ = 0;
  const int fd = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  for (;;) {
    const ssize_t n = ::read(fd, text_ + length_, room - length_);
    if (n <= 0) break;
    length_ += static_cast<std::size_t>(n);
  }
  ::close(fd);
  if (length_ == room) length_ = 0;  // too many mappings to compare: the snapshot is empty and equals no other
}

bool operator==(const maps_snapshot& a, const maps_snapshot& b) noexcept {
  return a.length_ != 0 && a.length_ == b.length_ && std::memcmp(a.text_, b.text_, a.length_) == 0;
}

namespace {

bool starts_a_mapping(const std::string& line) {
  const auto dash = line.find('-');
  return dash != std::string::npos && line.find_first_not_of("0123456789abcdef") == dash;
}

mapping_facts heading(const std::string& line) {
  mapping_facts m;
  std::istringstream in{line};
  std::string offset, device, inode;
  char dash = 0;
  in >> std::hex >> m.begin >> dash >> m.end >> m.permissions >> offset >> device >> inode;
  std::getline(in >> std::ws, m.name);
  return m;
}

void read_detail(mapping_facts& m, const std::string& line) {
  if (line.starts_with("VmFlags:")) {
    m.flags = line.substr(8) + " ";
    return;
  }
  const std::pair<const char*, std::size_t*> sizes[] = {{"Rss:", &m.rss},
                                                        {"Locked:", &m.locked},
                                                        {"AnonHugePages:", &m.anonymous_huge},
                                                        {"Private_Hugetlb:", &m.private_hugetlb},
                                                        {"KernelPageSize:", &m.kernel_page}};
  for (const auto& [key, size] : sizes)
    if (line.starts_with(key)) *size = std::stoul(line.substr(std::strlen(key))) * 1024;
}

}  // namespace

bool mapping_facts::has_flag(const char* two_letters) const {
  return flags.find(std::string{" "} + two_letters + " ") != std::string::npos;
}

std::vector<mapping_facts> mappings_in(const void* p, std::size_t bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(p), end = begin + bytes;
  std::vector<mapping_facts> all;
  std::ifstream smaps{"/proc/self/smaps"};
  for (std::string line; std::getline(smaps, line);) {
    if (starts_a_mapping(line))
      all.push_back(heading(line));
    else if (!all.empty())
      read_detail(all.back(), line);
  }
  std::erase_if(all, [&](const mapping_facts& m) { return m.end <= begin || m.begin >= end; });
  return all;
}

mapping_facts mapping_at(const void* p) {
  auto found = mappings_in(p, 1);
  return found.empty() ? mapping_facts{} : std::move(found.front());
}

namespace {

std::optional<std::size_t> told_resident(const void* p, std::size_t bytes) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> in_memory((bytes + page - 1) / page);
  if (::mincore(const_cast<void*>(p), bytes, in_memory.data()) != 0) return std::nullopt;
  std::size_t pages = 0;
  for (const unsigned char c : in_memory) pages += c & 1U;
  return pages * page;
}

/// An emulated kernel reports nothing on inaccessible pages, so this makes them readable meanwhile.
std::optional<std::size_t> told_when_readable(void* p, std::size_t bytes) {
  if (::mprotect(p, bytes, PROT_READ) != 0) return std::nullopt;
  const auto told = told_resident(p, bytes);
  if (::mprotect(p, bytes, PROT_NONE) != 0) throw std::runtime_error{"mprotect: access cannot be taken away again"};
  return told;
}

}  // namespace

std::size_t resident_bytes(const void* p, std::size_t bytes) {
  if (const auto told = told_resident(p, bytes)) return *told;
  const auto first = reinterpret_cast<std::uintptr_t>(p);
  std::size_t sum = 0, mapped = 0;
  for (const mapping_facts& m : mappings_in(p, bytes)) {
    const std::uintptr_t begin = std::max(m.begin, first), end = std::min(m.end, first + bytes);
    void* const part = reinterpret_cast<void*>(begin);
    const bool hidden = m.permissions.starts_with("---");
    const auto told = hidden ? told_when_readable(part, end - begin) : told_resident(part, end - begin);
    sum += told.value();
    mapped += end - begin;
  }
  if (mapped < bytes) throw std::runtime_error{"mincore: not mapped"};
  return sum;
}

}  // namespace quire::test
