// SPDX-License-Identifier: BSL-1.0
#pragma once
// The version of the library, for the preprocessor. QUIRE_VERSION is 10000 * major + 100 * minor + patch, as in
// `#if QUIRE_VERSION >= 200`; QUIRE_VERSION_STRING is the same as text: "major.minor.patch". Before version 1.0 a new
// minor version may change the interface; a new patch does not. A module has no macros: include this header beside it.
#define QUIRE_VERSION 200  // NOLINT(modernize-macro-to-enum): #if knows no enumerators
#define QUIRE_VERSION_STRING "0.2.0"
