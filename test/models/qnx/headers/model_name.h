// SPDX-License-Identifier: BSL-1.0
#pragma once
// Binds a function of the header set to its model.
#define QNX_MODEL(name) __asm__("qnx_model_" #name)
