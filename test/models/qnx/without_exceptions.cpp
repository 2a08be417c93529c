// SPDX-License-Identifier: BSL-1.0
// Compiles the whole library for QNX without exceptions and run-time type information.
#include <quire/detect.hpp>
#include <quire/effective.hpp>
#include <quire/explain.hpp>
#include <quire/quire.hpp>

namespace quire {

template class page_allocator<backing::qnx_mmap<>, protection::guarded<>, tagging::untagged, page_size::native,
                              placement::anywhere, residency::on_demand>;
template class page_allocator<backing::qnx_typed_memory<>, protection::guarded<>, tagging::untagged, page_size::native,
                              placement::anywhere, residency::locked>;
template class page_allocator<backing::qnx_contiguous_mmap<>, protection::guarded<>, tagging::untagged,
                              page_size::native, placement::anywhere, residency::populated>;
template class page_allocator<backing::qnx_lazy_mmap<>, protection::index_space<>, tagging::checked<>,
                              page_size::native, placement::anywhere, residency::on_demand>;

}  // namespace quire
