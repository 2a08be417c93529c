// SPDX-License-Identifier: BSL-1.0
#include "random_operations/sequence.hpp"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <sys/resource.h>
#include <unistd.h>

#include "conformance/common.hpp"
#include "support/process/process_maps.hpp"

namespace quire::test::sequences {
namespace {

using injector = fault_injector;

std::vector<std::byte> random_contents(random_numbers& r, std::size_t bytes) {
  std::vector<std::byte> made(bytes);
  for (auto& b : made) b = static_cast<std::byte>(r.next() | 1);
  return made;
}

std::vector<std::vector<std::byte>> random_images(random_numbers& r, const traits& of) {
  std::vector<std::vector<std::byte>> all;
  if (!of.images) return all;
  for (const std::size_t most : {std::size_t{8}, std::size_t{3 * 4096}, of.usual_maximum / 2})
    all.push_back(random_contents(r, 1 + r.below(most)));
  return all;
}

/// Lowers a process limit during one operation.
class lowered_limit {
 public:
  explicit lowered_limit(lowered what) : what_(what) {
    if (what == lowered::nothing) return;
    std::free(std::malloc(1 << 20));  // so that the heap already has what the test itself needs
    ::getrlimit(resource(), &before_);
    const rlimit low{0, before_.rlim_max};
    ::setrlimit(resource(), &low);
  }
  lowered_limit(const lowered_limit&) = delete;
  lowered_limit& operator=(const lowered_limit&) = delete;
  ~lowered_limit() {
    if (what_ != lowered::nothing) ::setrlimit(resource(), &before_);
  }

 private:
  [[nodiscard]] decltype(RLIMIT_AS) resource() const {
    return what_ == lowered::data ? RLIMIT_DATA : what_ == lowered::locked ? RLIMIT_MEMLOCK : RLIMIT_AS;
  }
  lowered what_;
  rlimit before_{};
};

bool is_argument_error(errc code) {
  switch (code) {
    case errc::invalid_argument:
    case errc::out_of_range:
    case errc::size_mismatch:
    case errc::already_allocated:
    case errc::not_allocated:
    case errc::limit_exceeded:
    case errc::broken:
    case errc::damaged: return true;
    default: return false;
  }
}

}  // namespace

sequence::sequence(memory_type& type, std::uint64_t seed, const sequence_terms& terms, bool talks)
    : type_(type), of_(type.properties()), terms_(terms), random_(seed), talks_(talks) {
  injector::mapped = {};
  injector::open_files = 0;
  images_ = random_images(random_, of_);
  injector::arm({});
  check(type_.begin(images_), "the life can begin");
  held_ = injector::mapped;
  const count usual = of_.usual_maximum / of_.unit, counts[] = {usual, usual + 2, usual / 2, usual, 0};
  for (unsigned i = 0; i < slots_.size(); ++i) {
    optional_count limit;
    if (!random_.one_in(3)) limit = std::min(counts[random_.below(5)], of_.default_limit);
    slots_[i].real = type_.make(i, limit);
    slots_[i].expected.limit = limit.value_or(of_.default_limit);
    slots_[i].expected.buffer = i;
  }
}

sequence::~sequence() = default;

void sequence::tell(const char* format, ...) {
  if (!talks_) return;
  va_list arguments;
  va_start(arguments, format);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
}

void sequence::check(bool holds, const char* what) {
  if (!holds && difference_.empty()) difference_ = what;
}

std::size_t sequence::run(std::span<const operation> all) {
  for (step_ = 0; step_ < all.size() && difference_.empty(); ++step_) carry_out(all[step_]);
  const std::size_t at = step_ - (difference_.empty() ? 0 : 1);
  if (difference_.empty()) end(step_);
  if (!difference_.empty()) {
    tell("    => %s\n", difference_.c_str());
    if (talks_) std::fputs(injector::told().c_str(), stderr);
  }
  if (forked_ && !difference_.empty()) std::fprintf(stderr, "in the child: %s\n", difference_.c_str());
  if (forked_) ::_exit(difference_.empty() ? 0 : 1);
  return difference_.empty() ? none : at;
}

/// Huge pages of a pool change as a whole, so that calls on them never stop halfway.
fault_plan sequence::plan_for(const operation& o) const {
  fault_plan plan = o.fault;
  plan.halfway = plan.halfway && of_.stops_halfway;
  return plan;
}

void sequence::attempt_it(const operation& o, const attempt& a) {
  const auto drawn = type_.partition();
  const bool short_of_budget = drawn && a.charge > drawn->maximum - drawn->charged;
  limit_now_ = o.limit;
  injector::arm(plan_for(o));
  outcome got;
  {
    const lowered_limit lowered{o.limit};
    got = a.call();
  }
  injector::disarm();
  check(!injector::touched_foreign_memory(), "calls stay within what is mapped");
  if (!got.failure) {
    tell("  %zu: %s: ok%s\n", step_, name(a.what), injector::failed() != 0 ? ", a failed call was made good" : "");
    check(a.refused.empty(), "an operation with wrong arguments is refused");
    check(!short_of_budget, "an operation that goes beyond the partition is refused");
    if (difference_.empty()) a.apply(got);
  } else {
    const error e = *got.failure;
    tell("  %zu: %s: %s at %s, native %d\n", step_, name(a.what), e.message(), name(e.at), e.native);
    judge_failure(a, e, short_of_budget);
  }
  if (difference_.empty()) settle_leaks();
  for (slot& each : slots_)
    if (difference_.empty() && (&each == &a.of || random_.one_in(4))) verify(each, got.failure || random_.one_in(8));
  if (difference_.empty()) verify_budget();
}

void sequence::judge_failure(const attempt& a, const error& e, bool short_of_budget) {
  if (a.refused.has(e.code) && (e.native == 0 || of_.one_buffer_each))
    return check(injector::calls() == 0 || of_.one_buffer_each, "refused arguments cost no call");
  check(a.refused.empty(), "wrong arguments are refused by the right error");
  check(!is_argument_error(e.code), "right arguments are not called wrong");
  if (!difference_.empty()) return;
  const bool excused = limit_now_ != lowered::nothing || all_locked_;
  check(injector::failed() != 0 || excused || short_of_budget || a.what == verb::collapse,
        "an operation succeeds where no call fails");
  const bool diagnosed =  // out_of_memory from commit may really be the limit on mappings
      e.at == step::commit && (e.code == errc::out_of_memory || e.code == errc::too_many_mappings);
  check(diagnosed || e.code == a.of.real->code_of(e.at, e.native), "the code follows from the step and the system's");
  if (a.of.expected.now == state::owned && a.of.real->is_broken()) return expect_broken_rightly(a);
  // A reservation that can be neither emptied nor released keeps its charge.
  if (a.of.expected.now == state::vacant && injector::unmapping_failed() && injector::failed() > 2)
    lost_charge_ += a.charge;
  a.failed();
}

void sequence::expect_broken_rightly(const attempt& a) {
  const bool excused = limit_now_ != lowered::nothing || all_locked_;
  // Whether a call that may stop halfway has begun shows at its first page, if that page was resident.
  const bool half = injector::losses() != 0 || of_.clears_without_a_call ||
                    injector::may_have_begun([](const std::byte* page) { return resident_bytes(page, 4096) == 0; });
  switch (a.what) {
    case verb::shrink:
    case verb::discard:
    case verb::reset:
      check(half || injector::failed() > 1 || excused,
            "a refusal changes nothing: no part is gone, so the memory lives");
      break;
    case verb::grow: check(injector::failed() > 1 || excused, "only a failed undo breaks a memory"); break;
    case verb::deallocate: check(half, "a release that has not begun leaves the memory as it was"); break;
    default: check(false, "this operation breaks no memory");
  }
  a.of.expected.broke();
}

/// Checks that nothing but the memories is mapped, apart from address space whose unmapping failed.
void sequence::settle_leaks(bool may_be_accessible) {
  address_ranges rest = injector::mapped;
  for (slot& each : slots_)
    if (const reference& r = each.expected; r.now != state::vacant && of_.faults) {
      const std::byte* const begin = each.real->address() - r.before;
      check(rest.covers(begin, r.before + r.reserved + r.after), "a memory has all of its reservation");
      rest.erase(begin, r.before + r.reserved + r.after);
    }
  for (const address_range& held : held_.all()) rest.erase(held.begin, held.bytes());
  if (rest.all().empty()) return;
  check(injector::unmapping_failed(), "nothing else is left mapped");
  const bool undone = injector::failed() < 2 && !may_be_accessible;  // only one call failed, so no undo failed
  const auto left = rest.all();
  for (const address_range& lost : left) {
    if (undone) {
      check(injector::rules().access_of(lost.protection) == access::none, "lost address space is inaccessible");
      check(resident_bytes(lost.begin, lost.bytes()) == 0, "lost address space holds no memory");
    }
    injector::rules().release(lost);
    injector::mapped.erase(lost.begin, lost.bytes());
  }
}

void sequence::end(std::size_t step) {
  tell("  %zu: the end\n", step);
  injector::arm({});
  for (slot& each : slots_) {
    if (random_.one_in(2) && each.expected.now != state::vacant)
      check(!each.real->deallocate(each.expected.base, each.expected.size).failure, "a memory can be released");
    each.real.reset();
  }
  const auto drawn = type_.partition();
  check(!drawn || drawn->charged <= lost_charge_, "nothing is left charged at the end");
  if (all_locked_) lock_all(false);
  check(type_.end() || lost_charge_ != 0, "what the memories drew from can be closed");
  if (lost_charge_ != 0)  // the partition then stays open
    for (const address_range& held : held_.all()) injector::mapped.erase(held.begin, held.bytes());
  else
    check(injector::open_files == 0, "no descriptor is left open");
  check(injector::mapped.all().empty(), "nothing is left mapped at the end");
}

}  // namespace quire::test::sequences
