// `deno task test:ctgrind`: memcheck, with keys and data marked undefined, reports what branches on them or looks up by them.
//
// What it must report and what not is asserted by the program itself; `table` and `early-exit` are leaks that it must see.

import { say } from "../run.ts";
import { buildProgram, hasValgrind, runUnder } from "./valgrind.ts";

const CHECKS: Readonly<Record<string, string>> = {
  taint: "the portable engine asks a secret nothing but whether a tag was right",
  table: "a table looked up by a secret is reported",
  "early-exit": "a comparison that ends early is reported",
};

if (await hasValgrind()) {
  const program = await buildProgram();
  const folder = await Deno.makeTempDir({ prefix: "culvert-ctgrind-" });
  try {
    for (const [check, shows] of Object.entries(CHECKS)) {
      await runUnder(["--tool=memcheck", `--log-file=${folder}/${check}`], [program, check]);
      say(`${check}: ${shows}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
} else {
  say("skipped: valgrind is not installed");
}
