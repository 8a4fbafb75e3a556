// `deno task test:ctgrind`: memcheck, with keys and data marked undefined, reports what branches on them or looks up by them.
//
// What it must report and what not is asserted by the programs themselves; `table` and `early-exit` are leaks that it must see.

import { say } from "../run.ts";
import { BORDER, buildProgram, CORE, type ExampleName, hasValgrind, runUnder } from "./valgrind.ts";

interface Check {
  readonly program: ExampleName;
  readonly name: string;
  readonly shows: string;
}

const CHECKS: readonly Check[] = [
  {
    program: CORE,
    name: "taint",
    shows: "the portable engine asks a secret nothing but whether a tag was right",
  },
  { program: CORE, name: "table", shows: "a table looked up by a secret is reported" },
  { program: CORE, name: "early-exit", shows: "a comparison that ends early is reported" },
  {
    program: BORDER,
    name: "border",
    shows: "the native engine asks a secret nothing but whether a tag was right",
  },
];

if (await hasValgrind()) {
  const folder = await Deno.makeTempDir({ prefix: "culvert-ctgrind-" });
  try {
    for (const { program, name, shows } of CHECKS) {
      const path = await buildProgram(program);
      await runUnder(["--tool=memcheck", `--log-file=${folder}/${name}`], [path, name]);
      say(`${name}: ${shows}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
} else {
  say("skipped: valgrind is not installed");
}
