// SPDX-License-Identifier: BSL-1.0
// 200 instances of WebAssembly: each has a memory of its own that grows, and accesses beyond its end trap.
const module = new WebAssembly.Module(new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0,                                                      // version 1
  1, 11, 2, 96, 1, 127, 1, 127, 96, 2, 127, 127, 0,                                 // (i32) -> i32, and (i32, i32)
  3, 4, 3, 0, 1, 0,                                                                 // three functions
  5, 4, 1, 1, 1, 4,                                                                 // (memory 1 4)
  7, 23, 3, 4, 114, 101, 97, 100, 0, 0, 5, 119, 114, 105, 116, 101, 0, 1,           // read, write,
  4, 103, 114, 111, 119, 0, 2,                                                      // and grow
  10, 26, 3, 7, 0, 32, 0, 45, 0, 0, 11, 9, 0, 32, 0, 32, 1, 58, 0, 0, 11, 6, 0, 32, 0, 64, 0, 11]));
const page = 65536;
const instances = [];
let traps = 0, sum = 0;

function trapsAt(instance, address) {
  try {
    instance.exports.read(address);
  } catch (e) {
    if (!(e instanceof WebAssembly.RuntimeError)) throw e;
    return 1;
  }
  return 0;
}

for (let i = 0; i < 200; ++i) {
  const instance = new WebAssembly.Instance(module);
  for (const beyond of [page, 2 * page, 0x7fffffff, -1]) traps += trapsAt(instance, beyond);
  instance.exports.write(i, i + 1);
  const before = instance.exports.grow(i % 4);
  for (let k = 0; k <= i % 4; ++k) traps += trapsAt(instance, (k + 1) * page - 1);  // within: none
  traps += trapsAt(instance, (i % 4 + 1) * page);
  instance.exports.write((i % 4 + 1) * page - 1, before);
  instances.push(instance);
}
instances.forEach((instance, i) => {
  sum += instance.exports.read(i) + 1000 * instance.exports.read((i % 4 + 1) * page - 1);
  if (instance.exports.read(i + 1) !== 0) print(`instance ${i} sees another's bytes`);
});
print(`WebAssembly: ${instances.length} instances, ${traps} traps, sum ${sum}`);
