// SPDX-License-Identifier: BSL-1.0
// expect: quire: this residency policy needs a store that can tell whether purged contents survived, by granules
#include "models/macos/configs.hpp"

#ifdef CONTROL
inline constexpr std::size_t granule = 65536;
#else
inline constexpr std::size_t granule = 4096;  // less than a page of arm64
#endif

quire::test::modelled::with_residency<quire::residency::purgeable<granule>> memory;
