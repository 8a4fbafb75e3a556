// `deno task test:ctgrind`: runs the AEADs under memcheck with keys and data marked undefined.
// Memcheck then reports every branch and look-up that depends on them.
//
// The programs themselves assert what memcheck must report and what not. `table` and `early-exit`
// are deliberate leaks that it must find.

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
    shows: "the portable engine decides nothing by a secret but whether a tag is right",
  },
  { program: CORE, name: "table", shows: "a table looked up by a secret is reported" },
  { program: CORE, name: "early-exit", shows: "a comparison that ends early is reported" },
  {
    program: BORDER,
    name: "border",
    shows: "the native engine decides nothing by a secret but whether a tag is right",
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
