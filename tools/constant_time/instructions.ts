// `deno task bench:instructions [--write]`: counts the instructions of each operation under
// callgrind. Other load on the machine does not change them.
//
// Without `--write` it compares the counts with `bench/results/instructions.json`, and fails if one
// differs by more than the tolerance. Another compiler makes other instructions; then it prints the
// difference and does not fail.

import { capture, complain, ROOT, say } from "../run.ts";
import { type Counts, differences, parseCount } from "./counts.ts";
import { buildProgram, CORE, hasValgrind, runUnder } from "./valgrind.ts";

const RECORD = `${ROOT}/bench/results/instructions.json`;

interface InstructionRecord {
  readonly rustc: string;
  readonly target: string;
  readonly counts: Counts;
}

async function main(): Promise<number> {
  if (!await hasValgrind()) {
    say("skipped: valgrind is not installed");
    return 0;
  }
  const [rustc, target] = [await capture(["rustc", "--version"]), Deno.build.target];
  const counts = await _count();
  if (Deno.args.includes("--write")) {
    const record: InstructionRecord = { rustc, target, counts };
    await Deno.writeTextFile(RECORD, JSON.stringify(record, null, 2) + "\n");
    say(`bench/results/instructions.json: ${Object.keys(counts).length} operations`);
    return 0;
  }
  const recorded: InstructionRecord = JSON.parse(await Deno.readTextFile(RECORD));
  const found = differences(recorded.counts, counts);
  found.forEach(complain);
  if (found.length === 0) say(`${Object.keys(counts).length} operations: as recorded`);
  if (recorded.rustc === rustc && recorded.target === target) return found.length > 0 ? 1 : 0;
  say(`Not compared: recorded with ${recorded.rustc} for ${recorded.target}`);
  return 0;
}

async function _count(): Promise<Counts> {
  const program = await buildProgram(CORE);
  const folder = await Deno.makeTempDir({ prefix: "culvert-instructions-" });
  try {
    const files = [`--callgrind-out-file=${folder}/out`, `--log-file=${folder}/log`];
    await runUnder(["--tool=callgrind", ...files], [program, "count"]);
    const counts: Record<string, number> = {};
    for await (const { name } of Deno.readDir(folder)) {
      const counted = parseCount(await Deno.readTextFile(`${folder}/${name}`));
      if (counted !== undefined) counts[counted.name] = counted.instructions;
    }
    return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => a < b ? -1 : 1));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.exit(await main());
