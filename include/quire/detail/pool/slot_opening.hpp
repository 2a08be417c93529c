// SPDX-License-Identifier: BSL-1.0
#pragma once
// Opens a pool: reserves the records and the arenas, and configures each once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

#include <quire/detail/pipeline.hpp>
#include <quire/detail/pool/slot_arenas.hpp>
#include <quire/detail/pool/slot_order.hpp>
#include <quire/detail/pool/slot_record.hpp>
#include <quire/store.hpp>
#include <quire/store/reuse.hpp>
#include <quire/units.hpp>

namespace quire::detail {

template <class Source, class Parts>
class slot_opening {
  using Store = typename Source::store_type;
  using steps = page_steps<Parts::demanded, Store>;

 public:
  slot_opening(const Parts& parts, const slot_layout& layout, slot_order order) noexcept
      : parts_(parts), layout_(layout), order_(order) {}

  /// Returns null if there is no address space for `fewest` slots, or no memory for the records; `why` is why.
  [[nodiscard]] Source* open(std::uint32_t slots, std::uint32_t fewest, step_failure& why) noexcept {
    Source* const source = make_source(slots, why);
    if (source == nullptr) return nullptr;
    source->arenas.order = order_;
    if (!take_keys(*source, why)) return nullptr;
    source->layout = layout_;
    std::uint32_t most = slots;
    while (source->slots < slots && !source->arenas.full() && most != 0) {
      const std::uint32_t count = std::min(slots - source->slots, most);
      switch (add_arena(*source, count, why)) {
        case added::yes: break;
        case added::no_room: most = count - std::max<std::uint32_t>(1, count / 16); break;
        case added::failed: most = 0; break;
      }
    }
    const std::uint64_t mappings = permitted_mappings(*source);
    source->usable =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(source->slots, mappings / Source::mappings_of_a_slot));
    source->has_mappings_for_images = source->usable <= mappings / Source::mappings_with_image;
    if (source->usable < fewest && source->slots >= fewest) why.fail(Source::capped, step::reserve);
    if (source->usable >= fewest && seal(*source, why)) return source;
    source->release_all();
    return nullptr;
  }

 private:
  enum class added { yes, no_room, failed };

  /// The object and its tables share one reservation, zero and committed as a whole.
  [[nodiscard]] Source* make_source(std::uint32_t slots, step_failure& why) noexcept {
    const std::size_t header = align_up(sizeof(Source), Source::alignment_of_tables);
    if (slots > (max_bytes / 2 - header) / Source::bytes_of_slot) {
      why.fail(Source::too_large, step::plan);
      return nullptr;
    }
    const std::size_t bytes =
        align_up(header + Source::bytes_of_tables(slots), std::max(Store::largest_page, Store::traits.reserve_granule));
    const attributes nothing;
    const reservation got = store_.reserve(bytes, Store::largest_page, nothing);
    if (got.native != 0) {
      why.fail(got.native, step::reserve);
      return nullptr;
    }
    if (const int n = store_.commit({got.base, bytes}, nothing)) {
      (void)store_.release({got.base, bytes}, {got.base, 0}, nothing);
      why.fail(n, step::commit);
      return nullptr;
    }
    return new (got.base) Source(parts_, {got.base, bytes}, got.base + header, slots);
  }
  /// With keys, slots lie closer together.
  [[nodiscard]] bool take_keys([[maybe_unused]] Source& source, [[maybe_unused]] step_failure& why) noexcept {
    if constexpr (Source::has_keys) {
      if (const int n = source.keys.take(layout_.useful_stripes())) {
        source.release_all();
        return why.fail(n, step::protect);
      }
      layout_ = layout_.with_stripes(source.keys.count());
    }
    return true;
  }
  /// Fewer slots may find room where these do not.
  [[nodiscard]] added add_arena(Source& source, std::uint32_t count, step_failure& why) noexcept {
    if (count > max_bytes / 2 / layout_.stride || layout_.tail > max_bytes / 2) {
      why.fail(Source::too_large, step::plan);
      return added::no_room;
    }
    const attributes requested = parts_.requested();
    const std::size_t wanted = layout_.before + std::size_t{count} * layout_.stride + layout_.tail;
    const page_run all{nullptr, align_up(wanted, std::max(Store::largest_page, Store::traits.reserve_granule))};
    const reservation got = store_.reserve(all.bytes, layout_.alignment, requested);
    if (got.native != 0) {
      why.fail(got.native, step::reserve);
      return added::no_room;
    }
    const page_run arena{got.base, all.bytes};
    if (!prepare(source, steps{store_, requested, why}, arena)) {
      (void)store_.release(arena, {arena.base, 0}, requested);
      return added::failed;
    }
    source.arenas.add({arena.base, arena.bytes, source.slots, count});
    source.slots += count;
    return added::yes;
  }
  [[nodiscard]] bool prepare(Source& source, const steps& on, page_run arena) noexcept {
    if (!on.configure(arena)) return false;
    if constexpr (Source::marks) {
      if (!on.commit_and_configure(arena)) return false;
      if (const int n = source.begin_marking({arena.base, store_.page_bytes()}, {arena.base, layout_.before}))
        return on.why.fail(n, step::commit);
    }
    return true;
  }
  /// The last step, since it cannot be undone.
  [[nodiscard]] bool seal([[maybe_unused]] const Source& source, [[maybe_unused]] step_failure& why) noexcept {
    if constexpr (Source::seals) {
      for (const auto& a : source.arenas)
        if (const int n = store_.seal({a.begin, a.bytes})) return why.fail(n, step::protect);
      if (const int n = store_.seal(source.own())) return why.fail(n, step::protect);
    }
    return true;
  }
  /// A tenth of the mappings stays for the rest of the program, beside those that it has now: at the limit, malloc and
  /// new threads fail.
  [[nodiscard]] std::uint64_t permitted_mappings(const Source& source) const noexcept {
    if constexpr (mapping_limited_store<Store>)
      if (source.divides_mappings()) {
        const mapping_count now = store_.count_mappings();
        const std::uint64_t permitted = now.most - now.most / 10;
        return permitted - std::min(permitted, now.used);
      }
    return UINT64_MAX;
  }

  const Parts& parts_;
  slot_layout layout_;
  slot_order order_;
  Store store_{};  // without data, as pools demand
};

}  // namespace quire::detail
