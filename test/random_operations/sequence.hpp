// SPDX-License-Identifier: BSL-1.0
#pragma once
// Runs a sequence: two memories of a typedef, and the model of each, go through a list of operations and are compared
// after each one.
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "random_operations/memory.hpp"
#include "random_operations/operation.hpp"
#include "random_operations/probe.hpp"
#include "random_operations/random.hpp"
#include "random_operations/reference.hpp"

namespace quire::test::sequences {

class sequence {
 public:
  /// `talks`: prints each operation to stderr.
  sequence(memory_type& type, std::uint64_t seed, const sequence_terms& terms, bool talks);
  ~sequence();
  sequence(const sequence&) = delete;
  sequence& operator=(const sequence&) = delete;

  /// Returns the number of the operation that caused a difference, or none; the end of the sequence counts as one more.
  [[nodiscard]] std::size_t run(std::span<const operation> all);
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  [[nodiscard]] const std::string& difference() const { return difference_; }

 private:
  struct slot {
    std::unique_ptr<memory> real;
    reference expected;
  };
  /// An operation and its expected effects.
  struct attempt {
    slot& of;
    verb what;
    refusals refused;
    std::size_t charge = 0;  // bytes that success adds to the charge of the partition
    std::function<outcome()> call;
    std::function<void(const outcome&)> apply;
    std::function<void()> failed = [] {};  // applies the partial effects that a failure may have
  };

  void carry_out(const operation& o);
  void allocate(const operation& o, slot& s);
  void allocate_from(const operation& o, slot& s);
  void grow(const operation& o, slot& s);
  void shrink(const operation& o, slot& s);
  void discard(const operation& o, slot& s);
  void protect(const operation& o, slot& s);
  void collapse(const operation& o, slot& s);
  void reset(const operation& o, slot& s);
  void deallocate(const operation& o, slot& s);
  void write(const operation& o, slot& s);
  void write_beyond_size(const operation& o, slot& s);
  void move_assign(const operation& o, slot& to, slot& from);
  void swap(const operation& o, slot& a, slot& b);
  void destroy(const operation& o, slot& s);
  void make_image(const operation& o);
  void lock_pages(const operation& o, slot& s, bool lock);
  void lock_all(bool lock);
  void advise(const operation& o, slot& s);
  void change_access(const operation& o, slot& s);
  void fork_here();
  void disable_huge_pages();

  void attempt_it(const operation& o, const attempt& a);
  fault_plan plan_for(const operation& o) const;
  void judge_failure(const attempt& a, const error& e, bool short_of_budget);
  void expect_broken_rightly(const attempt& a);
  void release(const operation& o, slot& s, const std::function<void()>& how);
  void adopt_partial_access(slot& s, std::size_t offset, std::size_t bytes, access wanted);
  void adopt_opened_slack(slot& s);
  void own(slot& s, std::size_t bytes, std::size_t most, const std::vector<std::byte>* start, std::size_t offset,
           std::uint64_t told);
  void settle_leaks(bool may_be_accessible = false);
  void end(std::size_t step);

  void verify(slot& s, bool all_of_it);
  void verify_words(slot& s);
  void verify_zones(slot& s);
  void verify_record(slot& s);
  void verify_by_probe(slot& s);
  void verify_contents(slot& s, std::size_t from, std::size_t to);
  void verify_tags(slot& s);
  void verify_budget();
  void expect_resident(slot& s, std::size_t from, std::size_t to);
  void expect_given_back(slot& s, std::size_t from, std::size_t to);

  count pages_between(std::uint32_t n, count most);
  count wrong_count(std::uint32_t n, count right) const;
  struct byte_range {
    std::size_t offset, bytes;
  };
  byte_range range_in(const operation& o, const reference& r, std::size_t end, std::size_t granule) const;
  void check(bool holds, const char* what);
  void tell(const char* format, ...) __attribute__((format(printf, 2, 3)));

  memory_type& type_;
  const traits& of_;
  sequence_terms terms_;
  random_numbers random_;
  bool talks_;
  std::vector<std::vector<std::byte>> images_;
  std::array<slot, 2> slots_;
  address_ranges held_;  // mappings of the partition and of the images
  access_probe probe_;
  std::string difference_;
  std::size_t step_ = 0;
  lowered limit_now_ = lowered::nothing;
  bool forked_ = false, left_out_of_forks_ = false, all_locked_ = false, advised_huge_ = false;
  std::size_t lost_charge_ = 0;
};

}  // namespace quire::test::sequences
