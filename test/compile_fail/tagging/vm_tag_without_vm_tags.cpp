// SPDX-License-Identifier: BSL-1.0
// expect: this tagging policy needs a store whose mappings take a VM tag
#include <quire/platform/linux.hpp>
#include <quire/tagging/vm_tag.hpp>

struct store : quire::backing::linux_mmap<> {
#ifdef CONTROL
  static constexpr bool takes_vm_tags = true;
#endif
};

quire::linux_allocator::with_backing<store>::with_tagging<quire::tagging::vm_tag<240>> memory;
