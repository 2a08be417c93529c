// SPDX-License-Identifier: BSL-1.0
// expect: guards and index spaces need a store whose reserved pages fault
#include <span>

#include <quire/backing/tock_app_memory.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/native.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/tagging/untagged.hpp>

struct kernel {  // like calls::tock
  struct answer {
    std::uintptr_t address;
    int error;
  };
  static constexpr int no_memory = 9, invalid = 6, unsupported = 10;
  static answer memory_begin() noexcept { return {}; }
  static answer app_break() noexcept { return {}; }
};

#ifdef CONTROL
using policy = quire::protection::unguarded;
#else
using policy = quire::protection::guarded<>;
#endif

quire::page_allocator<quire::backing::app_memory<quire::backing::static_buffer<>, kernel>, policy,
                      quire::tagging::untagged, quire::page_size::native, quire::placement::anywhere,
                      quire::residency::on_demand>
    memory{quire::backing::static_buffer{std::span<std::byte>{}}};
