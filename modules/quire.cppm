// SPDX-License-Identifier: BSL-1.0
// The module `quire`: `import quire;` in place of the headers. docs/consuming.md shows how it is built, and where it has
// been. Made by tools/one_file/module_interface.py from the headers, and held to them by a test: do not edit it.
module;
#if defined(__QNX__)  // first: a compiler for QNX that runs on Linux may define the macros of both
#define QUIRE_ON_QNX
#elif defined(__linux__)
#define QUIRE_ON_LINUX
#elif defined(_WIN32)
#define QUIRE_ON_WINDOWS
#elif defined(__ENVIRONMENT_MAC_OS_X_VERSION_MIN_REQUIRED__)  // macOS, not Apple's other systems
#define QUIRE_ON_MACOS
#elif defined(__unix__) || defined(__APPLE__)
#define QUIRE_ON_POSIX
#else
#error "quire has no allocator for this platform yet: see docs/adding-a-backend.md"
#endif
#include <quire/access.hpp>
#include <quire/all_of.hpp>
#include <quire/arena.hpp>
#include <quire/arena_resource.hpp>
#include <quire/backing/concurrent.hpp>
#include <quire/backing/dual_mapped.hpp>
#include <quire/backing/file.hpp>
#include <quire/backing/imaged.hpp>
#include <quire/backing/observed.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/backing/recycled.hpp>
#include <quire/backing/shared_object.hpp>
#include <quire/backing/static_buffer.hpp>
#include <quire/backing/verified.hpp>
#include <quire/bad_alloc.hpp>
#include <quire/basic_arena.hpp>
#include <quire/basic_arena_resource.hpp>
#include <quire/basic_file_memory.hpp>
#include <quire/basic_jit_memory.hpp>
#include <quire/basic_pinned_vector.hpp>
#include <quire/basic_ring_buffer.hpp>
#include <quire/basic_shared_memory.hpp>
#include <quire/bounds.hpp>
#include <quire/capabilities.hpp>
#include <quire/classify_raised.hpp>
#include <quire/composable.hpp>
#include <quire/contract.hpp>
#include <quire/detect.hpp>
#include <quire/effective.hpp>
#include <quire/error.hpp>
#include <quire/error_code.hpp>
#include <quire/explain.hpp>
#include <quire/explanation.hpp>
#include <quire/fallback.hpp>
#include <quire/fault_cause.hpp>
#include <quire/file_memory.hpp>
#include <quire/format.hpp>
#include <quire/headroom.hpp>
#include <quire/image.hpp>
#include <quire/jit_code.hpp>
#include <quire/jit_memory.hpp>
#include <quire/key_scope.hpp>
#include <quire/limits.hpp>
#include <quire/memory_partition.hpp>
#include <quire/memory_registry.hpp>
#include <quire/mirrored.hpp>
#include <quire/native.hpp>
#include <quire/node_set.hpp>
#include <quire/optional_pointer.hpp>
#include <quire/ostream.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/page_size/explicit_huge.hpp>
#include <quire/page_size/in_units_of.hpp>
#include <quire/page_size/native.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/pinned_vector.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/placement/bind.hpp>
#include <quire/placement/interleave.hpp>
#include <quire/placement/local.hpp>
#include <quire/placement/near_to.hpp>
#include <quire/placement/prefer.hpp>
#include <quire/placement/weighted_interleave.hpp>
#include <quire/policy.hpp>
#include <quire/pool.hpp>
#include <quire/populate_share.hpp>
#include <quire/protection/aligned.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/protection/index_space.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/quire.hpp>
#include <quire/recycling/adaptive.hpp>
#include <quire/recycling/batched_decommit.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/deferred.hpp>
#include <quire/recycling/none.hpp>
#include <quire/recycling/verified.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/recycling/zero_high_water.hpp>
#include <quire/region_allocator.hpp>
#include <quire/residency/assured.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/not_inherited.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/residency/populated.hpp>
#include <quire/residency/purgeable.hpp>
#include <quire/result.hpp>
#include <quire/ring_buffer.hpp>
#include <quire/shared_memory.hpp>
#include <quire/stack_cache.hpp>
#include <quire/stack_pool.hpp>
#include <quire/static_storage.hpp>
#include <quire/statistics.hpp>
#include <quire/step_counts.hpp>
#include <quire/step_observer.hpp>
#include <quire/step_trace.hpp>
#include <quire/store.hpp>
#include <quire/supports.hpp>
#include <quire/tagged_ptr.hpp>
#include <quire/tagging/checked.hpp>
#include <quire/tagging/coloured.hpp>
#include <quire/tagging/mte.hpp>
#include <quire/tagging/named.hpp>
#include <quire/tagging/untagged.hpp>
#include <quire/tagging/vm_tag.hpp>
#include <quire/tags.hpp>
#include <quire/units.hpp>
#include <quire/verification.hpp>
#include <quire/version.hpp>
#include <quire/with_best.hpp>
#if defined(QUIRE_ON_LINUX) || defined(QUIRE_ON_MACOS) || defined(QUIRE_ON_POSIX) || defined(QUIRE_ON_QNX)
#include <quire/classify_fault.hpp>
#endif
#if defined(QUIRE_ON_LINUX)
#include <quire/mte_thread_scope.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/linux_arm64_mte.hpp>
#include <quire/pressure_monitor.hpp>
#endif
#if defined(QUIRE_ON_MACOS)
#include <quire/platform/macos.hpp>
#endif
#if defined(QUIRE_ON_POSIX)
#include <quire/platform/posix.hpp>
#endif
#if defined(QUIRE_ON_QNX)
#include <quire/platform/qnx.hpp>
#endif
#if defined(QUIRE_ON_WINDOWS)
#include <quire/platform/windows.hpp>
#endif

export module quire;

export namespace quire {
using quire::access;
using quire::address_choosing_store;
using quire::address_request;
using quire::align_down;
using quire::align_up;
using quire::all_of;
using quire::arena;
using quire::arena_allocator;
using quire::arena_resource;
using quire::arena_statistics;
using quire::assuring_store;
using quire::attributes;
using quire::backing_store;
using quire::bad_alloc;
using quire::basic_arena;
using quire::basic_arena_allocator;
using quire::basic_arena_resource;
using quire::basic_file_memory;
using quire::basic_jit_memory;
using quire::basic_limits;
using quire::basic_pages;
using quire::basic_pinned_vector;
using quire::basic_ring_buffer;
using quire::basic_shared_memory;
using quire::basic_tagged_span;
using quire::batch_discarding_store;
using quire::best_result;
using quire::bookkeeping;
using quire::bounded_list;
using quire::bounded_text;
using quire::budget;
using quire::buffer_of_known_size;
using quire::buffer_store;
using quire::call_filter;
using quire::cgroup_layout;
using quire::cgroup_version;
using quire::charging_store;
using quire::classify_raised;
using quire::code_flushing_store;
using quire::code_protecting_store;
using quire::collapsing_store;
using quire::commit_diagnosing_store;
using quire::commit_reverting_store;
using quire::composable;
using quire::contract_t;
using quire::control_group_facts;
using quire::damage;
using quire::demands;
using quire::demands_of;
using quire::detect;
using quire::detected_features;
using quire::detection;
using quire::dirty_scanning_store;
using quire::discard_precheck_store;
using quire::discarding_store;
using quire::dual_mapping_store;
using quire::dump_excluding_store;
using quire::duplicated;
using quire::durable_object;
using quire::edge_after;
using quire::edge_before;
using quire::effect_checking_store;
using quire::effective;
using quire::effective_t;
using quire::errc;
using quire::error;
using quire::error_category;
using quire::executable_store;
using quire::execution;
using quire::explain;
using quire::explain_rejected;
using quire::explanation;
using quire::failure;
using quire::fallback;
using quire::fault;
using quire::fault_cause;
using quire::fault_report;
using quire::feature;
using quire::feature_facts;
using quire::file_memory;
using quire::fixed_limits;
using quire::folio_list;
using quire::folio_size;
using quire::fork_excluding_store;
using quire::found_memory;
using quire::found_region;
using quire::found_slot;
using quire::found_stack;
using quire::geometry;
using quire::granules;
using quire::growing_object;
using quire::growth_serializing_store;
using quire::guard_marking_store;
using quire::headroom;
using quire::hinting_store;
using quire::huge_advising_store;
using quire::huge_effort;
using quire::huge_mode;
using quire::huge_page_facts;
using quire::huge_pool;
using quire::huge_pool_list;
using quire::huge_pool_store;
using quire::huge_request;
using quire::image;
using quire::image_backed_store;
using quire::image_mending_store;
using quire::image_mode;
using quire::image_placing_store;
using quire::image_store;
using quire::imaging_store;
using quire::in_place_decommitting_store;
using quire::inheritance;
using quire::is_aligned;
using quire::is_executable;
using quire::is_plannable;
using quire::is_registry;
using quire::jit_code;
using quire::jit_memory;
using quire::jit_statistics;
using quire::key_protecting_store;
using quire::key_scope;
using quire::layout;
using quire::limit_facts;
using quire::limit_kind;
using quire::limited_group;
using quire::limits;
using quire::locking_store;
using quire::machine_run;
using quire::make_error_code;
using quire::mapping_count;
using quire::mapping_label;
using quire::mapping_limited_store;
using quire::max_bytes;
using quire::memory_facts;
using quire::memory_feature;
using quire::memory_partition;
using quire::memory_registry;
using quire::message;
using quire::mirror_place;
using quire::mirrored;
using quire::mirroring_store;
using quire::name;
using quire::nameable_object;
using quire::naming_store;
using quire::native_allocator;
using quire::native_jit_allocator;
using quire::no_limit;
using quire::no_tag;
using quire::node_set;
using quire::numa_mode;
using quire::numa_node;
using quire::numa_node_list;
using quire::numa_placing_store;
using quire::numa_request;
using quire::object_store;
using quire::observation;
using quire::observed_placement;
using quire::observed_step;
using quire::observing_store;
using quire::on_axis;
using quire::opened_file;
using quire::operator<<;
using quire::operator==;
using quire::optional_pointer;
using quire::outcome;
using quire::overcommit;
using quire::overhead;
using quire::page_allocator;
using quire::page_allocator_like;
using quire::page_run;
using quire::page_size_policy;
using quire::pages;
using quire::pages_for;
using quire::part_populating_store;
using quire::partition_terms;
using quire::pinned_vector;
using quire::placement_policy;
using quire::plain_value;
using quire::plan;
using quire::platform_capabilities;
using quire::policy;
using quire::policy_of;
using quire::pool;
using quire::pool_statistics;
using quire::populate_share;
using quire::populating_store;
using quire::population;
using quire::population_share;
using quire::prefaulting_store;
using quire::private_scanning_store;
using quire::probe_feature;
using quire::processor_telling_store;
using quire::protectable_page_allocator;
using quire::protectable_store;
using quire::protection_policy;
using quire::purge_state;
using quire::purging_store;
using quire::quota_store;
using quire::reading;
using quire::recycled;
using quire::recycling_policy;
using quire::recycling_store;
using quire::region_allocator;
using quire::region_statistics;
using quire::region_terms;
using quire::reservation;
using quire::residency_policy;
using quire::result;
using quire::ring_buffer;
using quire::room_for_reservations;
using quire::room_in;
using quire::scan_result;
using quire::sealing_store;
using quire::seen_by;
using quire::self_checking_word;
using quire::shaping;
using quire::shared_memory;
using quire::stack_cache;
using quire::stack_memory;
using quire::stack_pool;
using quire::stall_facts;
using quire::static_capabilities;
using quire::static_storage;
using quire::step;
using quire::step_counts;
using quire::step_figures;
using quire::step_observer;
using quire::step_trace;
using quire::storage_claim;
using quire::store_traits;
using quire::supports;
using quire::system_facts;
using quire::tag_check_suspending_store;
using quire::tag_checks;
using quire::tag_count;
using quire::tag_granule;
using quire::tag_in;
using quire::tag_registry;
using quire::tag_request;
using quire::tag_shift;
using quire::tag_source;
using quire::tagged_page_allocator;
using quire::tagged_ptr;
using quire::tagged_span;
using quire::tagging_policy;
using quire::tagging_store;
using quire::tail_releasing_store;
using quire::tells_zones;
using quire::to_bytes;
using quire::trial_size;
using quire::verification;
using quire::vm_tagging_store;
using quire::volatility;
using quire::waiting_store;
using quire::weaker_of;
using quire::with_best;
using quire::with_concurrent_growth;
using quire::with_images;
using quire::with_observer;
using quire::with_partition;
using quire::with_recycling;
using quire::with_tag_in;
using quire::without_tag_in;
using quire::word_of;
using quire::zone;
#if defined(QUIRE_ON_LINUX) || defined(QUIRE_ON_MACOS) || defined(QUIRE_ON_POSIX) || defined(QUIRE_ON_QNX)
using quire::classify_fault;
#endif
#if defined(QUIRE_ON_LINUX)
using quire::basic_pressure_monitor;
using quire::checked_linux_allocator;
using quire::huge_linux_allocator;
using quire::linux_allocator;
using quire::linux_arm64_mte_allocator;
using quire::linux_jit_allocator;
using quire::near_linux_jit_allocator;
using quire::numa_linux_allocator;
using quire::pressure;
using quire::pressure_monitor;
using quire::pressure_request;
using quire::pressure_source;
using quire::wasm_linux_allocator;
#endif
#if defined(QUIRE_ON_MACOS)
using quire::checked_macos_allocator;
using quire::macos_allocator;
using quire::purgeable_macos_allocator;
using quire::wasm_macos_allocator;
#endif
#if defined(QUIRE_ON_POSIX)
using quire::posix_allocator;
#endif
#if defined(QUIRE_ON_QNX)
using quire::checked_qnx_allocator;
using quire::contiguous_qnx_allocator;
using quire::lazy_qnx_allocator;
using quire::qnx_allocator;
using quire::typed_qnx_allocator;
using quire::wasm_qnx_allocator;
#endif
#if defined(QUIRE_ON_WINDOWS)
using quire::numa_windows_allocator;
using quire::wasm_windows_allocator;
using quire::windows_allocator;
using quire::windows_jit_allocator;
#endif
}  // namespace quire

export namespace quire::axes {
using quire::axes::page_size;
using quire::axes::placement;
using quire::axes::protection;
using quire::axes::residency;
using quire::axes::tagging;
}  // namespace quire::axes

export namespace quire::backing {
using quire::backing::buffer_error;
using quire::backing::cell_store;
using quire::backing::concurrent;
using quire::backing::dual_mapped;
using quire::backing::executable_linux_mmap;
using quire::backing::file;
using quire::backing::imaged;
using quire::backing::linux_mmap;
using quire::backing::observed;
using quire::backing::partitioned;
using quire::backing::recycled;
using quire::backing::shared_object;
using quire::backing::static_buffer;
using quire::backing::verifiable_store;
using quire::backing::verified;
#if defined(QUIRE_ON_POSIX) || defined(QUIRE_ON_QNX)
using quire::backing::posix_mmap;
#endif
#if defined(QUIRE_ON_MACOS)
using quire::backing::mach_vm;
#endif
#if defined(QUIRE_ON_QNX)
using quire::backing::physical_run;
using quire::backing::qnx_contiguous_mmap;
using quire::backing::qnx_lazy_mmap;
using quire::backing::qnx_mmap;
using quire::backing::qnx_typed_memory;
using quire::backing::qnx_typed_pool;
using quire::backing::typed_run;
#endif
#if defined(QUIRE_ON_WINDOWS)
using quire::backing::executable_windows_virtual;
using quire::backing::windows_views;
using quire::backing::windows_virtual;
#endif
}  // namespace quire::backing

export namespace quire::bounds {
using quire::bounds::guard_markers;
using quire::bounds::key_stripes;
using quire::bounds::sealed_guard_markers;
using quire::bounds::uncommitted;
}  // namespace quire::bounds

export namespace quire::calls {
using quire::calls::fault_kind;
using quire::calls::in_whole_register;
using quire::calls::linux_kernel;
using quire::calls::mapping;
using quire::calls::raised_fault;
#if defined(QUIRE_ON_LINUX) || defined(QUIRE_ON_MACOS) || defined(QUIRE_ON_POSIX) || defined(QUIRE_ON_QNX)
using quire::calls::error_of;
using quire::calls::last_error;
using quire::calls::mapping_of;
using quire::calls::no_cancellation;
using quire::calls::number_of;
using quire::calls::posix_limits;
using quire::calls::posix_process;
using quire::calls::what_was_raised;
#endif
#if defined(QUIRE_ON_LINUX) || defined(QUIRE_ON_POSIX) || defined(QUIRE_ON_QNX)
using quire::calls::posix;
using quire::calls::posix_memory;
#endif
#if defined(QUIRE_ON_LINUX) || defined(QUIRE_ON_POSIX)
using quire::calls::posix_files;
#endif
#if defined(QUIRE_ON_LINUX)
using quire::calls::generated_code;
using quire::calls::linux_affinity;
using quire::calls::linux_keys;
using quire::calls::linux_objects;
using quire::calls::linux_pressure;
using quire::calls::linux_probing;
using quire::calls::linux_reuse;
using quire::calls::linux_tags;
#endif
#if defined(QUIRE_ON_MACOS)
using quire::calls::mach;
using quire::calls::mach_types;
#endif
#if defined(QUIRE_ON_QNX)
using quire::calls::qnx;
#endif
#if defined(QUIRE_ON_WINDOWS)
using quire::calls::windows;
using quire::calls::windows_types;
#endif
}  // namespace quire::calls

export namespace quire::capability {
using quire::capability::address_choice;
using quire::capability::assurance;
using quire::capability::dump_exclusion;
using quire::capability::fork_exclusion;
using quire::capability::hardware_tags;
using quire::capability::huge_advice;
using quire::capability::huge_pool;
using quire::capability::locking;
using quire::capability::naming;
using quire::capability::placement;
using quire::capability::population;
using quire::capability::purging;
using quire::capability::vm_tag;
}  // namespace quire::capability

export namespace quire::inline literals {
using quire::literals::operator""_GiB;
using quire::literals::operator""_KiB;
using quire::literals::operator""_MiB;
}  // namespace quire::inline literals

export namespace quire::page_size {
using quire::page_size::exactly;
using quire::page_size::explicit_huge;
using quire::page_size::in_blocks;
using quire::page_size::in_units_of;
using quire::page_size::inherited;
using quire::page_size::native;
using quire::page_size::no_huge;
using quire::page_size::parent_only;
using quire::page_size::transparent_huge;
}  // namespace quire::page_size

export namespace quire::placement {
using quire::placement::anywhere;
using quire::placement::below_4_gib;
using quire::placement::bind;
using quire::placement::interleave;
using quire::placement::local;
using quire::placement::near_to;
using quire::placement::prefer;
using quire::placement::weighted_interleave;
}  // namespace quire::placement

export namespace quire::protection {
using quire::protection::aligned;
using quire::protection::guarded;
using quire::protection::index_space;
using quire::protection::unguarded;
}  // namespace quire::protection

export namespace quire::recycling {
using quire::recycling::adaptive;
using quire::recycling::batched_decommit;
using quire::recycling::decommit;
using quire::recycling::deferred;
using quire::recycling::none;
using quire::recycling::verified;
using quire::recycling::zero_all;
using quire::recycling::zero_dirty;
using quire::recycling::zero_high_water;
}  // namespace quire::recycling

export namespace quire::residency {
using quire::residency::assured;
using quire::residency::excluded_from_dumps;
using quire::residency::locked;
using quire::residency::not_inherited;
using quire::residency::on_demand;
using quire::residency::populated;
using quire::residency::purgeable;
}  // namespace quire::residency

export namespace quire::tagging {
using quire::tagging::allow_zero;
using quire::tagging::checked;
using quire::tagging::coloured;
using quire::tagging::has;
using quire::tagging::mapping_name;
using quire::tagging::mte;
using quire::tagging::mte_mode;
using quire::tagging::mte_option;
using quire::tagging::named;
using quire::tagging::operator|;
using quire::tagging::software_tags;
using quire::tagging::untagged;
using quire::tagging::vm_tag;
using quire::tagging::vm_tag_webassembly;
#if defined(QUIRE_ON_LINUX)
using quire::tagging::basic_mte_thread_scope;
using quire::tagging::mte_thread_scope;
#endif
}  // namespace quire::tagging
