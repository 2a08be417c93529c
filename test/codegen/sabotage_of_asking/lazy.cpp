// SPDX-License-Identifier: BSL-1.0
// expect: keeps something: guard variable
namespace asking {
int ask() noexcept;
int detect() {
  static const int answer = ask();
  return answer;
}
}  // namespace asking
