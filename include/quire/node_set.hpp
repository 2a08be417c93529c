// SPDX-License-Identifier: BSL-1.0
#pragma once
// A set of NUMA nodes: a plain value in the representation that kernels take.
#include <climits>
#include <initializer_list>
#include <string_view>

#include <quire/result.hpp>

namespace quire {

/// Constructed from a list (`node_set{0, 2}`), a range (`node_set::range(0, 3)`), text (`node_set::parse("0-3,5")`), or
/// from the machine: `detect()->memory.nodes_allowed` (quire/detect.hpp) are the nodes that this process may use; with
/// libnuma, `nodes_of_machine()` (quire/detect/numa.hpp) are all of them. A node beyond the capacity is an error in
/// `parse`; elsewhere it makes the set `overflown()`, and no store accepts such a set.
class node_set {
 public:
  using word = unsigned long;  // what mbind(2) takes
  /// Nodes in one word.
  static constexpr unsigned bits_per_word = sizeof(word) * CHAR_BIT;
  static constexpr unsigned capacity = 1024;  // Linux: MAX_NUMNODES is 1 << CONFIG_NODES_SHIFT, and that is at most 10

  constexpr node_set() noexcept = default;
  /// The nodes listed.
  constexpr node_set(std::initializer_list<unsigned> nodes) noexcept {
    for (const unsigned node : nodes) insert(node);
  }

  /// Nodes `first` to `last`, both included.
  [[nodiscard]] static constexpr node_set range(unsigned first, unsigned last) noexcept {
    node_set set;
    if (last >= capacity) set.overflown_ = true;
    for (unsigned node = first; node <= last && node < capacity; ++node) set.insert(node);
    return set;
  }

  /// Parses the list format of Linux's cpuset files: numbers and ranges, separated by commas. Empty text is the empty
  /// set. Errors: `invalid_argument` for anything else, `out_of_range` for a node beyond the capacity.
  [[nodiscard]] static constexpr result<node_set> parse(std::string_view text) noexcept {
    node_set set;
    while (!text.empty()) {
      unsigned first = 0, last = 0;
      if (!read_number(text, first)) return failure(errc::invalid_argument, step::plan);
      last = first;
      if (!text.empty() && text.front() == '-') {
        text.remove_prefix(1);
        if (!read_number(text, last) || last < first) return failure(errc::invalid_argument, step::plan);
      }
      if (last >= capacity) return failure(errc::out_of_range, step::plan);
      for (unsigned node = first; node <= last; ++node) set.insert(node);
      if (text.empty()) break;
      if (text.front() != ',' || text.size() == 1) return failure(errc::invalid_argument, step::plan);
      text.remove_prefix(1);
    }
    return set;
  }

  /// Adds a node; one beyond the capacity makes the set `overflown()`.
  constexpr void insert(unsigned node) noexcept {
    if (node < capacity)
      words_[node / bits_per_word] |= word{1} << (node % bits_per_word);
    else
      overflown_ = true;
  }
  /// Whether a node is in the set.
  [[nodiscard]] constexpr bool contains(unsigned node) const noexcept {
    return node < capacity && ((words_[node / bits_per_word] >> (node % bits_per_word)) & 1) != 0;
  }
  /// How many nodes are in the set.
  [[nodiscard]] constexpr unsigned count() const noexcept {
    unsigned n = 0;
    for (unsigned node = 0; node < capacity; ++node) n += contains(node) ? 1U : 0U;
    return n;
  }
  [[nodiscard]] constexpr bool empty() const noexcept { return *this == node_set{}; }

  /// The nodes in ascending order: `for (unsigned node : nodes)`.
  class iterator {
   public:
    using value_type = unsigned;
    using difference_type = int;

    constexpr iterator() noexcept = default;
    constexpr iterator(const node_set* of, unsigned node) noexcept : of_(of), node_(node) { skip(); }
    [[nodiscard]] constexpr unsigned operator*() const noexcept { return node_; }
    constexpr iterator& operator++() noexcept {
      ++node_;
      skip();
      return *this;
    }
    constexpr iterator operator++(int) noexcept {
      const iterator before = *this;
      ++*this;
      return before;
    }
    friend constexpr bool operator==(const iterator&, const iterator&) = default;

   private:
    constexpr void skip() noexcept {
      while (node_ < capacity && !of_->contains(node_)) ++node_;
    }
    const node_set* of_ = nullptr;
    unsigned node_ = capacity;
  };
  [[nodiscard]] constexpr iterator begin() const noexcept { return {this, 0}; }
  [[nodiscard]] constexpr iterator end() const noexcept { return {this, capacity}; }

  /// Whether a node was beyond the capacity.
  [[nodiscard]] constexpr bool overflown() const noexcept { return overflown_; }
  /// The nodes that are in both.
  [[nodiscard]] constexpr node_set common_with(const node_set& other) const noexcept {
    node_set common;
    for (unsigned i = 0; i < capacity / bits_per_word; ++i) common.words_[i] = words_[i] & other.words_[i];
    return common;
  }

  /// `capacity` bits; node 0 is the lowest bit of the first word.
  [[nodiscard]] constexpr const word* words() const noexcept { return words_; }
  [[nodiscard]] constexpr word* words() noexcept { return words_; }

  friend constexpr bool operator==(const node_set&, const node_set&) = default;

 private:
  // Stops accumulating once the value is too large anyway, so that it cannot overflow.
  static constexpr bool read_number(std::string_view& text, unsigned& number) noexcept {
    if (text.empty() || text.front() < '0' || text.front() > '9') return false;
    for (number = 0; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1))
      if (number < capacity) number = number * 10 + static_cast<unsigned>(text.front() - '0');
    return true;
  }

  word words_[capacity / bits_per_word]{};
  bool overflown_ = false;
};

}  // namespace quire
