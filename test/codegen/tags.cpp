// SPDX-License-Identifier: BSL-1.0
// The object file that the checker reads: the ready-made allocators, and the operations of tagged pointers.
#include <cstddef>

#include <quire/native.hpp>
#include <quire/platform/linux_arm64_mte.hpp>
#include <quire/platform/posix.hpp>
#include <quire/tagged_ptr.hpp>

#include "tagged_code.hpp"

namespace untagged {
struct linux_allocator : of<quire::linux_allocator> {};
struct wasm_linux_allocator : of<quire::wasm_linux_allocator> {};
struct huge_linux_allocator : of<quire::huge_linux_allocator> {};
struct numa_linux_allocator : of<quire::numa_linux_allocator> {};
struct checked_linux_allocator : of<quire::checked_linux_allocator> {};
struct posix_allocator : of<quire::posix_allocator> {};
struct native_allocator : of<quire::native_allocator> {};
}  // namespace untagged
namespace tagged {
struct linux_arm64_mte_allocator : of<quire::linux_arm64_mte_allocator> {};
}  // namespace tagged

template struct operations<untagged::linux_allocator>;
template struct operations<untagged::wasm_linux_allocator>;
template struct operations<untagged::huge_linux_allocator>;
template struct operations<untagged::numa_linux_allocator>;
template struct operations<untagged::checked_linux_allocator>;
template struct operations<untagged::posix_allocator>;
template struct operations<untagged::native_allocator>;
template struct operations<tagged::linux_arm64_mte_allocator>;

namespace pointers {
using quire::tagged_ptr;

unsigned tag(tagged_ptr<std::byte> p) { return p.tag(); }
std::byte* untagged(tagged_ptr<std::byte> p) { return p.untagged(); }
std::byte* get(tagged_ptr<std::byte> p) { return p.get(); }
tagged_ptr<std::byte> with_tag(tagged_ptr<std::byte> p, unsigned tag) { return p.with_tag(tag); }
std::byte read(tagged_ptr<std::byte> p) { return *p; }
std::byte read_at(tagged_ptr<std::byte> p, std::ptrdiff_t n) { return p[n]; }
}  // namespace pointers
