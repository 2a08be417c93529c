#pragma once
// What this machine has, asked of the kernel directly: each function says what is missing, or returns null. Tests skip
// for these reasons and for no others, so that a policy that wrongly says `not_supported` fails. What counts is the
// effect: an emulated kernel accepts advice that it does not follow.

namespace quire::test {

const char* no_numa_calls();
const char* no_weighted_interleave();
const char* no_mapping_names();
const char* no_locking();        // of 32 MiB, whose pages can be discarded
const char* no_huge_mappings();  // explicit ones of 2 MiB, whether or not there are pages for them
const char* no_huge_pool();      // with 16 free pages of 2 MiB
const char* no_huge_pages();     // transparent ones of 2 MiB, where asked for
bool has_other_huge_pages();     // transparent ones are not of 2 MiB, as with pages of 16 KiB
const char* no_huge_advice();
const char* no_collapse();
const char* no_dump_advice();
const char* no_fork_advice();
const char* no_populate_advice();
const char* no_populating();          // where the kernel says that it did; without the call pages are touched
const char* no_shown_execution();     // in /proc/self/maps
const char* no_free_address_space();  // that takes no memory
const char* no_guard_markers();
const char* no_sealing();

}  // namespace quire::test
