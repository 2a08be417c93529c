// SPDX-License-Identifier: BSL-1.0
#pragma once
// Requests of other systems, over a typedef that can fulfil none of them.
#include <cstddef>

#include <quire/page_size/explicit_huge.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/residency/assured.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/not_inherited.hpp>
#include <quire/tagging/mte.hpp>
#include <quire/tagging/named.hpp>
#include <quire/tagging/vm_tag.hpp>

namespace quire::test {

template <class A>
struct lacking {
  typename A::template with_page_size<page_size::transparent_huge<>> advised;
  typename A::template with_page_size<page_size::explicit_huge<std::size_t{2} << 20>> pool;
  typename A::template with_tagging<tagging::mte<>> tagged;
  typename A::template with_tagging<tagging::named<"text">> named;
  typename A::template with_tagging<tagging::vm_tag<240>> vm_tagged;
  typename A::template with_residency<residency::assured> assured;
  typename A::template with_residency<residency::excluded_from_dumps> undumped;
  typename A::template with_residency<residency::not_inherited> uninherited;
};

}  // namespace quire::test
