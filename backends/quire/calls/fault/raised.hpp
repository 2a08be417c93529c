// SPDX-License-Identifier: BSL-1.0
#pragma once
// A memory fault in terms that all systems share.
#include <quire/tags.hpp>

namespace quire::calls {

enum class fault_kind : unsigned char { other, refused, no_page, key, tag, late_tag };

struct raised_fault {
  fault_kind kind = fault_kind::other;
  const void* address = nullptr;  // without a tag; null if it is not reported
  unsigned tag = no_tag;          // of the pointer, if it is reported
};

}  // namespace quire::calls
