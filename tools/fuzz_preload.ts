// tools/fuzz.ts loads this before the tests. It gives each property more cases and a time limit.

import fc from "fast-check";

const numRuns = _number("CULVERT_FUZZ_CASES");
const interruptAfterTimeLimit = 1000 * _number("CULVERT_FUZZ_SECONDS");
fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns, interruptAfterTimeLimit });

function _number(name: string): number {
  const number = Number(Deno.env.get(name));
  if (!(number > 0)) throw new RangeError(`Cannot fuzz: ${name} is not a number above 0`);
  return number;
}
