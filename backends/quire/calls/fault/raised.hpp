#pragma once
// A fault of memory in words that all systems share.
#include <quire/tags.hpp>

namespace quire::calls {

enum class fault_kind : unsigned char { other, refused, no_page, key, tag, late_tag };

struct raised_fault {
  fault_kind kind = fault_kind::other;
  const void* address = nullptr;  // without a tag; null where it is not told
  unsigned tag = no_tag;          // of the pointer, where it is told
};

}  // namespace quire::calls
