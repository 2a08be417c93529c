#pragma once
// The version of the library, for the preprocessor.

/// 10000 * major + 100 * minor + patch, for `#if QUIRE_VERSION >= 200`. Before version 1.0 a new minor version may
/// change the interface; a new patch does not.
#define QUIRE_VERSION 200  // NOLINT(modernize-macro-to-enum): #if knows no enumerators

/// The same as text: "major.minor.patch".
#define QUIRE_VERSION_STRING "0.2.0"
