// Takes times by class. The class must influence nothing but the values.
//
// Classes are drawn beforehand and separated afterwards. A branch on the class shortly before the
// timed call would show in its time through the branch predictor: it gave |t| of 8 between two
// names of one class (Bun 1.4.5, AMD EPYC). For the same reason a fixed loop stands between the
// choice and the call; it also lets stores leave the store buffer.

import { POOL } from "./pool.ts";
import type { Timed } from "./subject.ts";
import type { Classes } from "./welch.ts";

/** Calls that do not count, because engines compile hot code while it runs. */
const WARM_UP = 4000;

/** Milliseconds of `samples` calls, by class. */
export function measure(timed: Timed, samples: number): Classes {
  const count = WARM_UP + samples;
  const drawn = _draw(count);
  const times = new Float64Array(count);
  for (let n = 0; n < count; n += 1) {
    const place = drawn[n] ?? 0;
    timed.choose(place & 1, place >> 1);
    _settle();
    const begin = performance.now();
    timed.run();
    times[n] = performance.now() - begin;
  }
  const all = [...times.subarray(WARM_UP)];
  const isSecond = (_: number, n: number): boolean => ((drawn[WARM_UP + n] ?? 0) & 1) === 1;
  return {
    first: all.filter((time, n) => !isSecond(time, n)),
    second: all.filter(isSecond),
  };
}

/**
 * A class and a member of it for each call, in random order, so that a disturbance that comes and
 * goes does not look like a class.
 */
function _draw(count: number): Uint8Array {
  const drawn = new Uint8Array(count);
  for (let at = 0; at < count; at += 65_536) {
    crypto.getRandomValues(drawn.subarray(at, at + 65_536));
  }
  return drawn.map((octet) => octet % (2 * POOL));
}

function _settle(): void {
  for (let n = 0; n < SETTLE.length; n += 1) SETTLE[n] = (SETTLE[n] ?? 0) + 1;
}

const SETTLE = new Uint32Array(1024);
