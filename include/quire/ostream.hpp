// SPDX-License-Identifier: BSL-1.0
#pragma once
// Stream output of everything that Quire returns, for logs and test messages.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string_view>

#include <quire/access.hpp>
#include <quire/contract.hpp>
#include <quire/detail/enumerations.hpp>
#include <quire/effective.hpp>
#include <quire/error.hpp>
#include <quire/error_code.hpp>  // declares errc's conversion, which must precede the lookup of <<
#include <quire/explanation.hpp>
#include <quire/node_set.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/statistics.hpp>
#include <quire/step_counts.hpp>
#include <quire/units.hpp>

namespace quire {

namespace detail {

struct in_bytes {
  std::uint64_t n;
};
/// Prints in the largest unit that makes it a whole number.
inline std::ostream& operator<<(std::ostream& out, in_bytes bytes) {
  constexpr std::array units{" bytes", " KiB", " MiB", " GiB", " TiB"};
  std::size_t unit = 0;
  while (bytes.n != 0 && bytes.n % 1024 == 0 && unit + 1 < units.size()) {
    bytes.n /= 1024;
    ++unit;
  }
  return out << bytes.n << units[unit];
}

struct roughly {
  std::uint64_t n;
};
/// Prints with one decimal if a whole number would be long.
inline std::ostream& operator<<(std::ostream& out, roughly bytes) {
  constexpr std::array units{" KiB", " MiB", " GiB", " TiB"};
  std::size_t unit = 0;
  for (; bytes.n >= 10240 * std::uint64_t{1024} && unit + 1 < units.size(); ++unit) bytes.n /= 1024;
  if (bytes.n % 1024 == 0 || bytes.n < 1024) return out << in_bytes{bytes.n << (10 * unit)};
  return out << bytes.n / 1024 << '.' << bytes.n % 1024 * 10 / 1024 << units[unit];
}

struct in_time {
  std::chrono::nanoseconds n;
};
/// Prints in the largest unit that makes it at least one, with one decimal.
inline std::ostream& operator<<(std::ostream& out, in_time time) {
  constexpr std::array units{" ns", " us", " ms", " s"};
  auto tenths = static_cast<std::uint64_t>(time.n.count()) * 10;
  std::size_t unit = 0;
  for (; tenths >= 10000 && unit + 1 < units.size(); ++unit) tenths /= 1000;
  out << tenths / 10;
  if (unit != 0) out << '.' << tenths % 10;
  return out << units[unit];
}

[[nodiscard]] constexpr const char* name(huge_request request) noexcept {
  return quire::detail::text_of(request, "unknown advice", {"none", "never", "when possible", "from a pool"});
}

[[nodiscard]] constexpr const char* name(numa_mode m) noexcept {
  return quire::detail::text_of(m, "unknown mode",
                                {"anywhere", "local", "prefer", "bind", "interleave", "weighted interleave"});
}

}  // namespace detail

template <std::size_t Bytes>
std::ostream& operator<<(std::ostream& out, basic_pages<Bytes> count) {
  return out << count.n << (count.n == 1 ? " page of " : " pages of ") << detail::in_bytes{Bytes};
}

inline std::ostream& operator<<(std::ostream& out, errc code) { return out << message(code); }
inline std::ostream& operator<<(std::ostream& out, step at) { return out << name(at); }
inline std::ostream& operator<<(std::ostream& out, access a) { return out << name(a); }
inline std::ostream& operator<<(std::ostream& out, zone z) { return out << name(z); }
inline std::ostream& operator<<(std::ostream& out, fault f) { return out << name(f); }
inline std::ostream& operator<<(std::ostream& out, limit_kind w) { return out << name(w); }

inline std::ostream& operator<<(std::ostream& out, const error& e) {
  out << e.code << " at " << e.at;
  return e.native == 0 ? out : out << " (the system's code " << e.native << ')';
}

/// Prints the guarantees that the contract gives, and omits the others.
inline std::ostream& operator<<(std::ostream& out, const contract_t& c) {
  out << "reach " << detail::in_bytes{c.reach} << ", guards " << detail::in_bytes{c.guard_before} << " and "
      << detail::in_bytes{c.guard_after} << ", alignment " << detail::in_bytes{c.alignment} << ", fault " << c.fault;
  if (c.exact_bound) out << ", exact bound";
  if (c.base_may_move) out << ", base may move";
  if (c.zero_on_grow) out << ", zero on grow";
  if (c.success_is_memory) out << ", success is memory";
  if (c.failure_is_error) out << ", failure is error";
  if (c.releasable) out << ", releasable";
  if (c.base_is_tagged) out << ", base is tagged";
  if (c.base_bits_change_on_reset) out << ", base bits change on reset";
  return out;
}

/// Prints in the format that `node_set::parse` reads.
inline std::ostream& operator<<(std::ostream& out, const node_set& nodes) {
  const char* comma = "";
  for (unsigned first = 0; first < node_set::capacity; ++first) {
    if (!nodes.contains(first)) continue;
    unsigned last = first;
    while (nodes.contains(last + 1)) ++last;
    out << comma << first;
    if (last != first) out << '-' << last;
    comma = ",";
    first = last;
  }
  return out;
}

inline std::ostream& operator<<(std::ostream& out, const observed_placement& p) {
  out << detail::name(p.mode);
  return p.nodes.empty() ? out : out << ' ' << p.nodes;
}

inline std::ostream& operator<<(std::ostream& out, const explanation& e) {
  const auto print = [&](std::uint64_t n) {
    if (e.kind == limit_kind::mappings)
      out << n;
    else
      out << detail::roughly{n};
  };
  out << e.kind;
  if (e.kind == limit_kind::reach && e.used && e.limit)
    return out << ": the nearest gap ends " << detail::roughly{*e.used} << " away, and the reach is "
               << detail::roughly{*e.limit};
  if (!e.owner.empty()) out << (e.kind == limit_kind::unknown ? " (not excluded: " : " (") << e.owner << ')';
  if (!e.limit) return out;
  out << ": ";
  if (e.used) {
    print(*e.used);
    out << " used of ";
  }
  print(*e.limit);
  if (!e.used) return out << ", its use is hidden";
  if (e.at_once == 0) return out << ", too little for a reservation";
  return e.at_once != UINT64_MAX ? out << ", " << detail::roughly{e.at_once} << " of it in one piece" : out;
}

inline std::ostream& operator<<(std::ostream& out, const arena_statistics& s) {
  return out << detail::in_bytes{s.used} << " used of " << detail::in_bytes{s.committed} << " committed, at most "
             << detail::in_bytes{s.most_used} << "; " << s.large << " large blocks with "
             << detail::in_bytes{s.in_large};
}
inline std::ostream& operator<<(std::ostream& out, const jit_statistics& s) {
  return out << s.functions << " functions: " << detail::in_bytes{s.code} << " of code and " << detail::in_bytes{s.data}
             << " of data, in " << s.slabs << " slabs of a span of " << detail::in_bytes{s.span};
}
inline std::ostream& operator<<(std::ostream& out, const pool_statistics& s) {
  return out << s.slots << " slots: " << s.live << " live, " << s.warm << " warm, " << s.waiting << " waiting, "
             << s.retired << " retired, " << s.ever_used << " ever used; " << detail::in_bytes{s.resident}
             << " resident; " << s.recycled << " times recycled, " << s.given_back << " given back, " << s.refused
             << " refused";
}
inline std::ostream& operator<<(std::ostream& out, const region_statistics& s) {
  return out << s.regions << " regions: " << detail::in_bytes{s.committed} << " committed of "
             << detail::in_bytes{s.reserved} << " reserved";
}

inline std::ostream& operator<<(std::ostream& out, const step_figures& f) {
  out << f.calls << (f.calls == 1 ? " call, " : " calls, ");
  if (f.refused != 0) out << f.refused << " refused, ";
  return out << detail::in_bytes{f.bytes} << " in " << detail::in_time{f.took} << ", the longest "
             << detail::in_time{f.longest};
}

/// Prints a line for each step that was taken.
inline std::ostream& operator<<(std::ostream& out, const step_counts& counts) {
  for (unsigned i = 0; i <= static_cast<unsigned>(step::flush); ++i)
    if (const step_figures figures = counts.of(static_cast<step>(i)); figures.calls != 0)
      out << "  " << static_cast<step>(i) << ": " << figures << '\n';
  return out;
}

namespace detail {

template <class T, class Print>
void print_line(std::ostream& out, std::string_view what, const std::optional<T>& value, Print print) {
  out << "  " << what << ": ";
  if (value)
    print(*value);
  else
    out << "unknown";
  out << '\n';
}

}  // namespace detail

/// Prints one line per value.
inline std::ostream& operator<<(std::ostream& out, const observation& o) {
  const auto bytes = [&out](std::size_t n) { out << detail::in_bytes{n}; };
  const auto yes_or_no = [&out](bool b) { out << (b ? "yes" : "no"); };
  detail::print_line(out, "resident", o.resident_bytes, bytes);
  detail::print_line(out, "kernel page", o.page_bytes, bytes);
  detail::print_line(out, "in transparent huge pages", o.huge_bytes, bytes);
  detail::print_line(out, "in pool pages", o.pool_bytes, bytes);
  detail::print_line(out, "huge page advice", o.huge_advice, [&out](huge_request w) { out << detail::name(w); });
  detail::print_line(out, "eligible for transparent huge pages", o.huge_eligible, yes_or_no);
  detail::print_line(out, "placement", o.placement, [&out](const observed_placement& p) { out << p; });
  detail::print_line(out, "on nodes", o.nodes, [&out](const node_set& n) { out << n; });
  detail::print_line(out, "locked", o.locked, yes_or_no);
  detail::print_line(out, "excluded from dumps", o.excluded_from_dumps, yes_or_no);
  detail::print_line(out, "not inherited", o.not_inherited, yes_or_no);
  detail::print_line(out, "name", o.name, [&out](const mapping_label& n) { out << '"' << n.view() << '"'; });
  if (o.tag) out << "  tag: " << *o.tag << '\n';
  detail::print_line(out, "inaccessible before", o.inaccessible_before, bytes);
  detail::print_line(out, "inaccessible after", o.inaccessible_after, bytes);
  return out;
}

inline std::ostream& operator<<(std::ostream& out, const effective_t& e) {
  out << static_cast<const observation&>(e);
  if (e.candidate) out << "  candidate: " << *e.candidate << '\n';
  if (e.image) out << "  image: " << name(*e.image) << '\n';
  return out;
}

/// Prints address and sizes; for a page_allocator also what its policies obtained, for which the system is asked.
template <page_allocator_like A>
std::ostream& operator<<(std::ostream& out, const A& a) {
  out << "memory at " << static_cast<const void*>(a.data()) << ": " << detail::in_bytes{a.size()} << " of "
      << detail::in_bytes{a.capacity()} << ", " << detail::in_bytes{a.reserved()} << " reserved\n";
  if constexpr (requires { effective(a); }) out << effective(a);
  return out;
}

}  // namespace quire
