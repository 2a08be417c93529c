// SPDX-License-Identifier: BSL-1.0
#pragma once
// A VM map as xnu has it: ordered entries, each with a part of an object. Its pages are pages of this machine, at the
// same addresses; the access of an entry is applied to them.
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include <quire/calls/mach/types.hpp>

namespace quire::test {

/// The relevant part of a VM object: whether it is purgeable, and its state.
struct mach_object {
  bool purgeable = false;
  int state = calls::mach_types::nonvolatile_state;
  int order = 0;
};

struct mach_entry {
  std::byte* begin;
  std::byte* end;
  int current, maximum, inheritance;
  unsigned tag = 0, wired = 0;
  std::shared_ptr<mach_object> object = std::make_shared<mach_object>();

  [[nodiscard]] std::size_t bytes() const { return static_cast<std::size_t>(end - begin); }
};

class mach_map {
 public:
  /// Returns the entry that contains p, or else the next one; null if there is none.
  mach_entry* at_or_after(const std::byte* p);
  mach_entry* at(const std::byte* p);
  /// Whether every byte of the range is mapped.
  bool covers(const std::byte* p, std::size_t bytes);
  /// Returns the entries within the range, after splitting them at its ends.
  std::vector<mach_entry*> clip(std::byte* p, std::size_t bytes);
  void erase(std::byte* p, std::size_t bytes);
  void insert(const mach_entry& entry);
  std::map<const std::byte*, mach_entry>& entries() { return all_; }

 private:
  void cut(std::byte* where);
  std::map<const std::byte*, mach_entry> all_;  // keyed by the beginning of each entry
};

}  // namespace quire::test
