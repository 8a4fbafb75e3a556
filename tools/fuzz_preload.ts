// Loaded before the tests by tools/fuzz.ts: more cases for each property.

import fc from "fast-check";

const cases = Number(Deno.env.get("CULVERT_FUZZ_CASES"));
if (!(cases > 0)) throw new RangeError("Cannot fuzz: CULVERT_FUZZ_CASES is not a number of cases");
fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: cases });
