// expect: keeps something: asking::
namespace asking {
int answered;
int detect() { return ++answered; }
}  // namespace asking
