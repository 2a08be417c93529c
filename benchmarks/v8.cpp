// SPDX-License-Identifier: BSL-1.0
// What do V8's programs cost on regions, beside V8's own allocator?
#include "by_script.hpp"
#include "questions.hpp"
#include "settings.hpp"

namespace bench {

void ask_v8(report& r, const options& o) {
  if (o.is_quick) return r.leave_out("V8's programs", "a pair takes ten seconds, and this is a quick run");
  r.heading(
      "What do V8's programs cost on a region_allocator?",
      "Processor time of a process that runs a ray tracer, a Scheme system, a parser and others, and 200 "
      "instances of WebAssembly;\n"
      "with its own allocator, with Quire's, and with its own again. Only if V8 and the programs can be fetched.");
  table t{.id = "v8", .title = "programs in V8", .baseline = "V8's", .instead = ""};
  ask_by_script(r, t, settings::compare_v8, 3, 1.02);
}

}  // namespace bench
