// Runs a program whose output is both shown and kept.

import { ROOT } from "../run.ts";

export interface Streamed {
  readonly code: number;
  /** Standard output followed by standard error, without colours. */
  readonly output: string;
}

/** Runs `command` in the root of the project to its end, with `env` added to the environment. */
export async function stream(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Streamed> {
  const [program = "", ...args] = command;
  const child = new Deno.Command(program, {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1", CARGO_TERM_COLOR: "never", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [stdout, stderr] = await Promise.all([
    _tee(child.stdout, Deno.stdout),
    _tee(child.stderr, Deno.stderr),
  ]);
  return { code: (await child.status).code, output: `${stdout}\n${stderr}` };
}

async function _tee(
  from: ReadableStream<Uint8Array<ArrayBuffer>>,
  to: { writeSync(octets: Uint8Array): number },
): Promise<string> {
  const decoder = new TextDecoder();
  const kept: string[] = [];
  for await (const chunk of from) {
    for (let at = 0; at < chunk.length;) at += to.writeSync(chunk.subarray(at));
    kept.push(decoder.decode(chunk, { stream: true }));
  }
  return kept.join("");
}
