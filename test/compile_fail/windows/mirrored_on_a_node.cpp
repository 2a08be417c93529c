// SPDX-License-Identifier: BSL-1.0
// expect: on Windows it prefers no node
#include <quire/mirrored.hpp>

#include "models/windows/model/configs.hpp"
#include "models/windows/model/model.hpp"

using memory = quire::test::windows_over<quire::test::windows_model>;
#ifdef CONTROL
quire::mirrored<memory> mirrored;
#else
quire::mirrored<memory::with_placement<quire::placement::prefer>> mirrored(quire::placement::prefer{1});
#endif
