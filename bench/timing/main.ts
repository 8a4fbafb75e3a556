// Times of sealing and opening by classes of secrets, on the runtime that runs this: `deno task test:timing` does both.
//
//   deno run -A bench/timing/main.ts [SAMPLES]      the same on Bun: bun bench/timing/main.ts
//
// A |t| over 10 is a leak, as dudect has it, and ends the program with 1. So does a leak on purpose that is not seen, and a control
// (two names for one class) in which something is seen: then the method is at fault. What is below is no proof: noise hides small
// differences.

import process from "node:process";
import { AEADS } from "../kernels/workload.ts";
import { measure } from "./measure.ts";
import { leakyComparison, openOpening, openSealing, type Subject } from "./subject.ts";
import { largestT } from "./welch.ts";

const T_MAX = 10;
const SAMPLES = Number(process.argv[2] ?? 40_000);

let hasFailed = !_tell(leakyComparison(), (t) => t > T_MAX);
for (const aead of AEADS) {
  const opening = await openOpening(aead);
  const control = {
    ...opening,
    name: `control, open ${aead}: one class under two names`,
    choose: (): void => opening.choose(0, 0),
  };
  for (const subject of [...await openSealing(aead), opening, control]) {
    if (!_tell(subject, (t) => t <= T_MAX)) hasFailed = true;
  }
}
process.exitCode = hasFailed ? 1 : 0;

/** Measures, prints, and returns whether it is as it must be. */
function _tell(subject: Subject, isRight: (t: number) => boolean): boolean {
  const t = largestT(measure(subject, SAMPLES));
  process.stdout.write(
    `${t.toFixed(2).padStart(9)}  ${isRight(t) ? "ok" : "NOT ok"}  ${subject.name}\n`,
  );
  return isRight(t);
}
