// SPDX-License-Identifier: BSL-1.0
// expect: keeps something: asking::
namespace asking {
int answered;
int detect() { return ++answered; }
}  // namespace asking
