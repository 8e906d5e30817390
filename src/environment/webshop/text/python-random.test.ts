import { describe, expect, it } from "vitest";
import { createPythonRandom } from "./python-random.ts";

// All numbers were printed by CPython 3.11.
describe("Python's random numbers", () => {
  it("begin as the benchmark's seed makes them", () => {
    const random = createPythonRandom(233);
    expect([random.nextUint32(), random.nextUint32(), random.nextUint32()]).toEqual([
      2931216007, 3446561803, 2698614761,
    ]);
  });

  it("shuffle as random.shuffle does", () => {
    const shuffled = (count: number) => {
      const items = Array.from({ length: count }, (_, index) => index);
      createPythonRandom(233).shuffle(items);
      return items;
    };
    expect(shuffled(13)).toEqual([11, 9, 5, 6, 0, 1, 4, 7, 3, 8, 2, 12, 10]);
    expect(shuffled(12_087).slice(0, 4)).toEqual([8655, 10304, 6940, 2750]);
    expect(shuffled(12_087).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 12_087 }, (_, index) => index),
    );
  });

  it("are floats of 53 bits as random.random gives them", () => {
    const random = createPythonRandom(233);
    expect([random.random(), random.random(), random.random()]).toEqual([
      0.6824769139473528, 0.6283202109809801, 0.5251745077282681,
    ]);
  });

  it("are seeded by any integer, whose sign does not matter", () => {
    expect(createPythonRandom(0).nextUint32()).toBe(3626764237);
    expect(createPythonRandom(7).nextUint32()).toBe(1390851128);
    expect(createPythonRandom(-7).nextUint32()).toBe(1390851128);
    expect(createPythonRandom(2 ** 40 + 5).nextUint32()).toBe(2166296868);
    expect(() => createPythonRandom(0.5)).toThrow(RangeError);
  });

  it("sample small and large populations as random.sample does, and draw below a bound", () => {
    const random = createPythonRandom(11);
    const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
    expect(random.sample(upTo(10), 4)).toEqual([7, 8, 9, 3]);
    expect(random.sample(upTo(500), 6)).toEqual([260, 437, 300, 97, 94, 411]);
    expect(upTo(8).map(() => random.below(10))).toEqual([8, 7, 9, 2, 1, 7, 4, 2]);
    expect(() => random.sample([1], 2)).toThrow(RangeError);
    expect(() => random.below(0)).toThrow(RangeError);
  });
});
