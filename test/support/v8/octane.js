// SPDX-License-Identifier: BSL-1.0
// Runs each suite that was loaded before, so many times that its result does not depend on the machine's speed. The
// suites check their results by themselves.
BenchmarkSuite.config.doWarmup = false;
BenchmarkSuite.config.doDeterministic = true;
for (const suite of BenchmarkSuite.suites)
  for (const each of suite.benchmarks)
    each.deterministicIterations = Math.max(1, Math.floor(each.deterministicIterations / 20));
BenchmarkSuite.RunSuites({
  NotifyResult: (name) => print(`${name}: right`),
  NotifyError: (name, why) => print(`${name}: ${why}`),
});
