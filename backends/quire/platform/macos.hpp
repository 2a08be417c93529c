// SPDX-License-Identifier: BSL-1.0
#pragma once
// macOS, as typedefs.
#include <quire/backing/mach_vm.hpp>
#include <quire/calls/mach.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/native.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/protection/index_space.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/residency/purgeable.hpp>
#include <quire/tagging/untagged.hpp>
#include <quire/tagging/vm_tag.hpp>

namespace quire {

/// For general use: grows in place, faults beyond both ends. Guards cost address space, but no system call.
using macos_allocator = page_allocator<backing::mach_vm<>, protection::guarded<>, tagging::untagged, page_size::native,
                                       placement::anywhere, residency::on_demand>;

/// For WebAssembly runtimes whose generated code has no bounds checks: 8 GiB are reserved, whatever the size; vmmap
/// shows them as WebAssembly memory.
using wasm_macos_allocator = macos_allocator::with_protection<protection::index_space<>>::with_tagging<
    tagging::vm_tag<tagging::vm_tag_webassembly>>;

/// For caches that can be rebuilt: the system may purge marked pages, and reports that it did.
using purgeable_macos_allocator = macos_allocator::with_residency<residency::purgeable<>>;

/// For development and tests: 64 MiB of guards on both sides, so that wild indices fault as well as near misses.
using checked_macos_allocator =
    macos_allocator::with_protection<protection::guarded<std::size_t{64} << 20, std::size_t{64} << 20>>;

}  // namespace quire
