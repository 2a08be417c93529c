// expect: needs a store that takes advice on huge pages
// expect: needs a store with a pool of huge pages of that size
// expect: needs a store over hardware that checks tags
// expect: needs a store that can name its mappings
// expect: needs a store whose mappings take a VM tag
// expect: needs a store that can tell how much memory is left
// expect: can leave pages out of core dumps
// expect: can leave pages out of child processes
// expect: this placement policy needs a store that can place pages on NUMA nodes
#include <quire/page_size/explicit_huge.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/placement/bind.hpp>
#include <quire/residency/assured.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/not_inherited.hpp>
#include <quire/tagging/mte.hpp>
#include <quire/tagging/named.hpp>
#include <quire/tagging/vm_tag.hpp>

#include "support/windows/model.hpp"
#include "support/windows/subjects.hpp"

using memory = quire::test::windows_over<quire::test::windows_model>;
#ifndef CONTROL
memory::with_page_size<quire::page_size::transparent_huge<>> advised;
memory::with_page_size<quire::page_size::explicit_huge<std::size_t{2} << 20>> pool;
memory::with_tagging<quire::tagging::mte<>> tagged;
memory::with_tagging<quire::tagging::named<"text">> named;
memory::with_tagging<quire::tagging::vm_tag<240>> vm_tagged;
memory::with_residency<quire::residency::assured> assured;
memory::with_residency<quire::residency::excluded_from_dumps> undumped;
memory::with_residency<quire::residency::not_inherited> uninherited;
memory::with_placement<quire::placement::bind> placed;
#endif

std::size_t size_of(const memory& m) { return m.size(); }
