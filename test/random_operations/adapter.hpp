// SPDX-License-Identifier: BSL-1.0
#pragma once
// Adapts any typedef to the memory interface of the random sequences.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/tags.hpp>

#include "conformance/common.hpp"
#include "random_operations/memory.hpp"

namespace quire::test::sequences {

template <class T>
outcome outcome_of(const result<T>& r) {
  outcome o;
  if (!r)
    o.failure = r.error();
  else if constexpr (requires { r->n; })
    o.value = r->n;
  else if constexpr (requires { r->size(); })
    o.value = r->size();
  else if constexpr (requires { r->bytes.size(); })
    o.value = r->bytes.size();
  return o;
}

template <class A>
class adapter final : public memory {
  using pages = typename A::pages;

 public:
  template <class Image>
  adapter(A a, const std::vector<Image>& images) : a_(std::move(a)), images_(&images) {}

  outcome allocate(count initial, optional_count maximum) override {
    return outcome_of(a_.allocate(pages{initial}, counted(maximum)));
  }
  outcome allocate_tagged(count initial, unsigned tag, optional_count maximum) override {
    if constexpr (requires { a_.allocate_tagged(pages{}, 0U); })
      return outcome_of(a_.allocate_tagged(pages{initial}, tag, counted(maximum)));
    return absent();
  }
  outcome allocate_from(unsigned image, std::size_t offset, count initial, optional_count maximum) override {
    if constexpr (image_backed_store<typename A::backing_type>)
      return outcome_of(a_.allocate_from(images_of<A>()[image], offset, pages{initial}, counted(maximum)));
    return absent();
  }
  outcome grow(count current, count additional) override {
    return outcome_of(a_.grow(pages{current}, pages{additional}));
  }
  outcome grow(count additional) override { return outcome_of(a_.grow(pages{additional})); }
  outcome shrink(count current, count removed) override {
    return outcome_of(a_.shrink(pages{current}, pages{removed}));
  }
  outcome shrink(count removed) override { return outcome_of(a_.shrink(pages{removed})); }
  outcome discard(std::size_t offset, std::size_t bytes) override {
    if constexpr (can_discard<A>) return outcome_of(a_.discard(offset, bytes));
    return absent();
  }
  outcome protect(std::size_t offset, std::size_t bytes, access wanted) override {
    if constexpr (can_protect<A>) return outcome_of(a_.protect(offset, bytes, wanted));
    return absent();
  }
  outcome collapse(std::size_t offset, std::size_t bytes) override {
    if constexpr (requires { a_.collapse(offset, bytes); }) return outcome_of(a_.collapse(offset, bytes));
    return absent();
  }
  outcome reset(count initial) override { return outcome_of(a_.reset(pages{initial})); }
  outcome deallocate(std::byte* base, std::size_t size) override { return outcome_of(a_.deallocate(base, size)); }
  void move_from(memory& other) override { a_ = std::move(static_cast<adapter&>(other).a_); }
  void swap_with(memory& other) override { std::swap(a_, static_cast<adapter&>(other).a_); }

  [[nodiscard]] std::byte* data() const override { return a_.data(); }
  [[nodiscard]] std::byte* address() const override { return address_of(a_); }
  [[nodiscard]] std::size_t size() const override { return a_.size(); }
  [[nodiscard]] count size_pages() const override { return a_.size_pages().n; }
  [[nodiscard]] std::size_t capacity() const override { return a_.capacity(); }
  [[nodiscard]] std::size_t reserved() const override { return a_.reserved(); }
  [[nodiscard]] std::size_t granularity() const override { return a_.granularity(); }
  [[nodiscard]] std::size_t commit_granule() const override { return a_.commit_granule(); }
  [[nodiscard]] std::size_t image_granularity() const override {
    if constexpr (requires { a_.image_granularity(); }) return a_.image_granularity();
    return 0;
  }
  [[nodiscard]] bool contains(const std::byte* p) const override { return a_.contains(p); }
  [[nodiscard]] zone zone_of(const std::byte* p) const override { return a_.zone_of(p); }
  [[nodiscard]] unsigned tag() const override {
    if constexpr (requires { a_.tag(); }) return a_.tag();
    return 0;
  }
  [[nodiscard]] unsigned tag_at(const std::byte* p) const override {
    if (const auto* const registry = a_.requested().tags.registry.get()) return registry->tag_at(p);
    return 0;
  }
  [[nodiscard]] errc code_of(step at, int native) const override { return A::backing_type::code_of(at, native); }
  [[nodiscard]] bool is_broken() override {
    const auto got = a_.grow(pages{0});
    return !got && got.error().code == errc::broken;
  }

 private:
  static std::optional<pages> counted(optional_count n) { return n ? std::optional<pages>(pages{*n}) : std::nullopt; }
  static outcome absent() { return {error{errc::system, step::plan, -1}, 0}; }
  template <class X>
  const std::vector<typename X::image>& images_of() const {
    return *static_cast<const std::vector<typename X::image>*>(images_);
  }

  A a_;
  const void* images_;
};

/// The defaults for the optional members of a test config.
template <class M>
constexpr std::size_t usual_maximum_of() {
  using A = typename M::allocator;
  if constexpr (requires { M::usual_maximum; })
    return M::usual_maximum;
  else
    return A::pages::unit < 4096 ? 10 * 4096 + 17 * A::pages::unit : 10 * A::pages::unit;
}

template <class M>
class type_of final : public memory_type {
  using A = typename M::allocator;
  using store = typename A::backing_type;
  using pages = typename A::pages;
  using limits = typename A::limits;
  struct no_image {};
  template <class S>
  struct image_of {
    using type = no_image;
  };
  template <image_backed_store S>
  struct image_of<S> {
    using type = typename S::image_type;
  };
  using image = typename image_of<store>::type;
  static constexpr bool has_images = image_backed_store<store>;

 public:
  type_of() {
    const A a = made(0, std::nullopt);
    const attributes requested = a.requested();
    all_.name = M::name;
    all_.unit = pages::unit;
    all_.usual_maximum = usual_maximum_of<M>();
    all_.default_limit = default_limit();
    all_.index_span = UINT64_MAX;
    if constexpr (requires { M::index_span; }) all_.index_span = M::index_span;
    if constexpr (requires { A::page_size_type::collapses_to; }) all_.collapses_to = A::page_size_type::collapses_to;
    all_.protects = can_protect<A>;
    all_.discards = can_discard<A>;
    all_.executes = executable_store<store>;
    all_.images = image_backed_store<store>;
    all_.tagged = requires { a.tag(); };
    all_.takes_tags = requires(A& b) { b.allocate_tagged(pages{}, 0U); };
    all_.retags = requested.tags.retag_on_reset;
    all_.faults = test::faults<A>;
    all_.eager = requested.population == population::eager || requested.locked;
    if constexpr (requires { M::eager; }) all_.eager = M::eager;
    if constexpr (requires { M::clears_without_a_call; }) all_.clears_without_a_call = M::clears_without_a_call;
    all_.stops_halfway = a.granularity() <= 65536;
    all_.gives_back = test::faults<A> && requested.huge == huge_request::as_system;
    if constexpr (requires { M::never_empties; }) all_.gives_back = false;
    all_.inherited = !requested.wants_fork_exclusion();
    if constexpr (requires { M::not_inherited; }) all_.inherited = all_.inherited && !M::not_inherited;
    all_.locked = requested.locked;
    all_.one_buffer_each = buffer_store<store>;
  }
  [[nodiscard]] const traits& properties() const override { return all_; }
  [[nodiscard]] const char* missing() const override { return M::missing(); }

  bool begin(const std::vector<std::vector<std::byte>>& contents) override {
    if constexpr (requires { M::open(); })
      if (!M::open()) return false;
    if constexpr (has_images)
      for (const auto& each : contents) {
        auto got = image_from(each);
        if (!got) return false;
        images_.push_back(std::move(*got));
      }
    return true;
  }
  bool end() override {
    images_.clear();
    if constexpr (requires { M::close(); }) return M::close();
    return true;
  }
  [[nodiscard]] std::unique_ptr<memory> make(unsigned slot, optional_count limit) override {
    return std::make_unique<adapter<A>>(made(slot, limit), images_);
  }
  outcome make_image([[maybe_unused]] const std::vector<std::byte>& contents) override {
    outcome o;
    if constexpr (has_images)
      if (const auto got = image_from(contents); !got) o.failure = got.error();
    return o;
  }
  [[nodiscard]] std::optional<budget> partition() const override {
    if constexpr (requires { M::partition(); }) return budget{M::partition().charged(), M::partition().maximum()};
    return std::nullopt;
  }

 private:
  static auto image_from(const std::vector<std::byte>& contents) { return image::from(contents); }
  static A made([[maybe_unused]] unsigned slot, optional_count limit) {
    const auto with = [&](auto... given) {
      if constexpr (requires { M::make_in(slot, given...); })
        return M::make_in(slot, given...);
      else
        return M::make(given...);
    };
    return limit ? with(limits{pages{*limit}}) : with();
  }
  /// In units. For a buffer: the bytes that its store does not reserve at the edges.
  static count default_limit() {
    if constexpr (buffer_store<store>) {
      A a = made(0, std::nullopt);
      return a.allocate(pages{0}) ? a.capacity() / pages::unit : 0;
    } else if constexpr (requires { M::index_span; }) {
      return M::index_span / pages::unit;
    } else {
      return (std::uint64_t{1} << 32) / pages::unit;
    }
  }

  traits all_;
  std::vector<image> images_;
};

}  // namespace quire::test::sequences
