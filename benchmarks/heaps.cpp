// SPDX-License-Identifier: BSL-1.0
// What do general heaps cost on Quire's pages, and gain by huge ones, beside their own pages?
#include "by_script.hpp"
#include "questions.hpp"
#include "settings.hpp"

namespace bench {

void ask_heaps(report& r, const options& o) {
  if (o.is_quick) return r.leave_out("general heaps", "their programs are built first, and this is a quick run");
  r.heading("What do general heaps cost on Quire's pages?",
            "Processor time of a process with four threads that use a store of 100 MB of values of 16 to 1,000 bytes;\n"
            "with the heap's own pages, with Quire's, and with its own again. Only for heaps that can be fetched.");
  table t{.id = "heaps", .title = "threads on general heaps", .baseline = "its own", .instead = ""};
  ask_by_script(r, t, settings::compare_heaps, 3, 1.05);
}

}  // namespace bench
