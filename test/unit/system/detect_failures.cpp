// SPDX-License-Identifier: BSL-1.0
// Each call of a detection fails in each of its ways; every claim made in spite of that is still true.
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include <quire/detect.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/failing_system.hpp"
#include "support/fakes/fake_kernel.hpp"
#include "support/fakes/fake_machines.hpp"
#include "support/flatten_capabilities.hpp"
#include "support/process/machine.hpp"
#include "support/process/sanitizers.hpp"

namespace quire::test {
namespace {

using failing = failing_system<fake_kernel>;

platform_capabilities detect_all() {
  const auto caps = detect<failing>({.count_mappings = true, .try_huge_pages = true});
  REQUIRE(caps);
  return *caps;
}

/// Detection takes a failed call to mean that its feature is unusable. A weaker claim is not wrong: that groups may be
/// hidden, that less is reclaimable, that a touch brings in less.
bool is_weaker(const std::string& what, const std::string& claimed, const std::string& truth) {
  if (what.starts_with("features.")) return claimed == "0";
  if (what == "huge_pages.come_when_touched" || what == "huge_pages.come_when_collapsed") return claimed == "0";
  if (what == "groups.whole_path") return claimed == "0";
  if (what.ends_with(".reclaimable") || what == "huge_pages.first_touch_bytes")
    return std::stoull(claimed) < std::stoull(truth);
  return false;
}

void check_claims(const std::map<std::string, std::string>& claims, const std::map<std::string, std::string>& truth) {
  std::size_t weaker = 0;
  for (const auto& [what, claimed] : claims) {
    const auto known = truth.find(what);
    const std::string really = known == truth.end() ? "unknown" : known->second;
    if (claimed == really) continue;
    CAPTURE(what, claimed, really);
    const bool harmless = is_weaker(what, claimed, really);
    CHECK(harmless);
    ++weaker;
  }
  CHECK(weaker <= 2);  // a call serves at most two features
}

/// A sanitizer's mlock and the advice of an emulated kernel have no effect: one more refusal then looks like that
/// effect.
std::map<std::string, std::string> claims_of(const platform_capabilities& caps) {
  auto claims = flattened(caps);
  if (address_sanitizer || thread_sanitizer) claims.erase("features.locking");
  if (no_populating() != nullptr) claims.erase("features.guard_markers");
  return claims;
}

/// The number of calls of a detection, and of runs until each call had failed in each way.
struct tally {
  std::size_t calls = 0, runs = 0;
};

tally let_all_calls_fail(std::string_view machine) {
  const pretence p;
  p.kernel().files = files_in(machine);
  p.kernel().allowed = {0};
  p.kernel().huge_switched_off = machine.find("THP_enabled:\t0") != machine.npos ? 1 : 0;  // to agree with the file
  p.file("/proc/self/status") += "Mems_allowed_list:\t0\n";                                // to agree with the call
  failing::now = {};
  const auto truth = claims_of(detect_all());
  tally all{failing::now.calls, 0};
  CHECK((failing::now.mapped == 0 && failing::now.opened == 0));
  for (std::size_t call = 0; call < all.calls; ++call)
    for (std::size_t way = 0;; ++way) {
      p.kernel().open.clear();
      failing::now = {.failing = call, .way = way};
      const auto claims = claims_of(detect_all());
      ++all.runs;
      CAPTURE(call, failing::now.failed_with);
      CHECK(failing::now.failed_with != 0);
      CHECK((failing::now.mapped == 0 && failing::now.opened == 0));
      check_claims(claims, truth);
      if (failing::now.was_the_last_way) break;
    }
  return all;
}

TEST_CASE("a failing call causes no wrong claim or leak or crash", "[detect][every_read]") {
  for (const std::string_view machine :
       {machines::workstation, machines::two_nodes, machines::four_nodes, machines::container_of_v1}) {
    const tally all = let_all_calls_fail(machine);
    CHECK(all.calls > 100);
    CHECK(all.runs > 5 * all.calls);
  }
}

TEST_CASE("a file that ends too early causes no wrong claim", "[detect][every_read]") {
  for (const std::string_view machine : {machines::workstation, machines::two_nodes, machines::four_nodes}) {
    const pretence p;
    p.kernel().files = files_in(machine);
    const detection wanted{.count_mappings = true, .try_features = false};
    const auto truth = flattened(*detect<fake_kernel>(wanted));
    p.kernel().a_read = 7;
    CHECK(flattened(*detect<fake_kernel>(wanted)) == truth);
    for (std::size_t readable = 0; readable < 400; ++readable) {
      p.kernel().readable = readable;  // reading further fails
      CAPTURE(readable);
      check_claims(flattened(*detect<fake_kernel>(wanted)), truth);
      CHECK(p.kernel().closed == p.kernel().open.size());
    }
  }
}

}  // namespace
}  // namespace quire::test
