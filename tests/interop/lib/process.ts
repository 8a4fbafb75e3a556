// Programs of a case: run to the end, or started and watched. Everything is bounded in time, and
// the output of a started program is kept for the report of a failure.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import process from "node:process";

export interface RunOptions {
  readonly timeoutMs?: number;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Finished {
  readonly code: number;
  readonly output: string;
}

/** A program that goes on beside the case. */
export interface Running {
  readonly name: string;
  readonly pid: number;
  /** Standard output and error so far. */
  output(): string;
  /** Resolves with the first match in the output, past or to come. */
  match(pattern: RegExp, timeoutMs: number): Promise<RegExpMatchArray>;
  write(text: string): void;
  /**
   * Sends the signal and waits for the end, with KILL after `timeoutMs`. Returns the exit code, or
   * -1 if a signal ended it.
   */
  stop(signal: "SIGTERM" | "SIGKILL", timeoutMs: number): Promise<number>;
  exited(): boolean;
}

/** Every program started in this process, for {@link allOutput}. */
const started: Running[] = [];

/** Runs a program; its standard output and error are one text. Does not fail by exit code. */
export function run(command: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = _spawn(command, options.env);
  const output = _collect(child);
  child.stdin?.end(options.input ?? "");
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 20_000);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, output: output() });
    });
  });
}

/** Runs a program that must succeed, and returns its output. */
export async function must(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, output } = await run(command, options);
  if (code !== 0) {
    throw new Error(`Cannot run "${command.join(" ")}": exit code ${code}\n${output}`);
  }
  return output;
}

/** Runs a shell script that must succeed; it stops at the first error. */
export function script(text: string, options: RunOptions = {}): Promise<string> {
  return must(["sh", "-euc", text], options);
}

/** Starts a program. */
export function start(
  name: string,
  command: readonly string[],
  env?: Readonly<Record<string, string>>,
): Running {
  const child = _spawn(command, env);
  const output = _collect(child);
  let ended = false;
  const end = new Promise<number>((resolve) => {
    child.on("error", () => resolve(-1));
    child.on("close", (code) => resolve(code ?? -1));
  }).finally(() => ended = true);
  const running: Running = {
    name,
    pid: child.pid ?? -1,
    output,
    match: (pattern, timeoutMs) =>
      until(`${name} prints ${pattern}`, timeoutMs, () => {
        const found = output().match(pattern);
        if (found === null && ended) throw new Error(`${name} ended before it printed ${pattern}`);
        return found ?? undefined;
      }),
    write: (text) => void child.stdin?.write(text),
    async stop(signal, timeoutMs): Promise<number> {
      // Not child.kill(): after it Deno 2.9 reports the signal even where the program caught it and
      // exited by itself.
      if (!ended) signalIfThere(running.pid, signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
      return await end.finally(() => clearTimeout(timer));
    },
    exited: () => ended,
  };
  started.push(running);
  return running;
}

/**
 * A program can be gone before its streams are closed, which is what {@link start} calls its end.
 */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Asks every 20 ms until the answer is not `undefined`. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  ask: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`Gave up after ${timeoutMs} ms: ${what}`);
    await pause(20);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The last lines of everything started, for a failure's report. */
export function allOutput(lines: number): string {
  return started.map(({ name, output }) =>
    `--- ${name}\n${output().trimEnd().split("\n").slice(-lines).join("\n")}\n`
  ).join("");
}

function _spawn(command: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess {
  const [program = "", ...rest] = command;
  const all = env === undefined ? {} : { env: { ...process.env, ...env } };
  return spawn(program, rest, { stdio: ["pipe", "pipe", "pipe"], ...all });
}

function _collect(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8");
    stream?.on("data", (chunk: string) => text += chunk);
  }
  // This was a write to a program that has just ended; the caller that waits for the program
  // reports its exit.
  child.stdin?.on("error", () => {});
  return () => text;
}
