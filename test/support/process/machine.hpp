// SPDX-License-Identifier: BSL-1.0
#pragma once
// What this machine offers, asked of the kernel directly: each function returns the name of what is missing, or null.
// Tests skip for these reasons only, so that a policy that wrongly returns `not_supported` fails. The functions look at
// effects, since an emulated kernel accepts advice that it does not follow.

namespace quire::test {

const char* no_numa_calls();
const char* no_weighted_interleave();
const char* no_mapping_names();
const char* no_locking();        // locking of 32 MiB, with pages that can be discarded
const char* no_huge_mappings();  // explicit mappings of 2 MiB pages, whether or not pages are free
const char* no_huge_pool();      // a pool with 16 free pages of 2 MiB
const char* no_huge_pages();     // transparent huge pages of 2 MiB, on request
bool has_other_huge_pages();     // transparent huge pages have another size than 2 MiB, as with pages of 16 KiB
const char* no_huge_advice();
const char* no_collapse();
const char* no_dump_advice();
const char* no_fork_advice();
const char* no_populate_advice();
const char* no_populating();          // a populating call that, if there is one, has an effect
const char* no_shown_execution();     // /proc/self/maps shows execution rights
const char* no_free_address_space();  // address space that takes no memory
const char* no_guard_markers();
const char* no_sealing();
const char* no_protection_keys();  // three keys that no other code of the process has

}  // namespace quire::test
