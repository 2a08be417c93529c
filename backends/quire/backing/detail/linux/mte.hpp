// SPDX-License-Identifier: BSL-1.0
#pragma once
// Whether hardware tags are available: on this machine, in this thread, and under the kernel's settings.
#include <concepts>
#include <cstdint>
#include <string_view>

#include <quire/node_set.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/system/linux/sysfs_list.hpp>
#include <quire/system/text/line_reader.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::backing::detail {

template <class Calls>
concept tagging_calls = requires {
  { Calls::tag_control() } noexcept -> std::same_as<long>;
};

/// The protection bits that mappings and accesses need for tags; none if the calls do not support tags.
template <class Calls>
[[nodiscard]] constexpr int tag_protection(const attributes& requested) noexcept {
  if constexpr (tagging_calls<Calls>) return requested.wants_hardware_tags() ? Calls::prot_tagged : 0;
  return 0;
}

/// The control word of a thread that requests these checks. The kernel has no bit for asymmetric ones: it uses them if
/// a thread leaves the choice to the processor, and the processor is set to prefer them.
template <class Calls>
[[nodiscard]] constexpr unsigned long tag_control_word(tag_checks checks, std::uint16_t choices) noexcept {
  const unsigned long how = checks == tag_checks::none           ? 0
                            : checks == tag_checks::synchronous  ? Calls::tags_synchronous
                            : checks == tag_checks::asynchronous ? Calls::tags_asynchronous
                                                                 : Calls::tags_synchronous | Calls::tags_asynchronous;
  return Calls::tagged_addresses | how | static_cast<unsigned long>(choices) << Calls::tag_choices_shift;
}

/// Whether a processor prefers a mode that checks reads synchronously. False also if it does not report its preference.
template <class Calls>
[[nodiscard]] bool checks_reads_at_once(unsigned processor) noexcept {
  quire::detail::path_buffer path("/sys/devices/system/cpu/cpu");
  (path += std::uint64_t{processor}) += "/mte_tcf_preferred";
  quire::detail::line_reader<Calls> file(path.c_str());
  std::string_view line;
  return file.next(line) && (line == "asymm" || line == "sync");
}

template <class Calls>
[[nodiscard]] bool all_check_reads_at_once() noexcept {
  const auto online = quire::detail::list_in<Calls>("/sys/devices/system/cpu/online");
  if (!online || online->empty()) return false;
  for (unsigned processor = 0; processor < node_set::capacity; ++processor)
    if (online->contains(processor) && !checks_reads_at_once<Calls>(processor)) return false;
  return true;
}

/// Whether a thread with this word checks at least as strictly as `wanted`. A thread that leaves the choice to the
/// processors does if any mode suffices, or, for asymmetric checks, if all of them check reads synchronously.
template <class Calls>
[[nodiscard]] bool checks_at_least(unsigned long word, tag_checks wanted) noexcept {
  if ((word & Calls::tags_of_stores_only) != 0) return false;
  const bool at_once = (word & Calls::tags_synchronous) != 0, later = (word & Calls::tags_asynchronous) != 0;
  if (at_once == later)
    return at_once && (wanted <= tag_checks::asynchronous ||
                       (wanted == tag_checks::asymmetric && all_check_reads_at_once<Calls>()));
  return wanted <= (at_once ? tag_checks::synchronous : tag_checks::asynchronous);
}

/// Returns 0, or why tags are unavailable: `unsupported` by machine or kernel; `forbidden` if this thread has not
/// enabled the required tag checks, does not let the kernel accept tagged addresses, or draws none of the choices.
template <class Calls>
[[nodiscard]] int permit_tags(const tag_request& request, std::uint16_t& usable) noexcept {
  if (!Calls::has_tags()) return Calls::unsupported;
  const long word = Calls::tag_control();
  if (word < 0) return static_cast<int>(-word);
  const auto bits = static_cast<unsigned long>(word);
  if ((bits & Calls::tagged_addresses) == 0 || !checks_at_least<Calls>(bits, request.checks)) return Calls::forbidden;
  usable = request.source == tag_source::given
               ? request.choices
               : static_cast<std::uint16_t>(request.choices & (bits >> Calls::tag_choices_shift));
  return usable != 0 ? 0 : Calls::forbidden;
}

}  // namespace quire::backing::detail
