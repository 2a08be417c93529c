// SPDX-License-Identifier: BSL-1.0
// expect: quire: this page size policy needs a store that takes advice on huge pages
#include <quire/page_size/transparent_huge.hpp>

#include "models/macos/configs.hpp"

#ifdef CONTROL
using policy = quire::page_size::native;
#else
using policy = quire::page_size::transparent_huge<>;
#endif

quire::test::modelled::with_page_size<policy> memory;
