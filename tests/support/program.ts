// The program under test as a child process: on Deno, on Bun, or as the single binary.
//
// CULVERT_UNDER_TEST=deno|bun|binary chooses; without it, the runtime that the tests run on.
// CULVERT_DENO, CULVERT_BUN and CULVERT_BINARY name the files where PATH does not have them.

import { ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { findSecret } from "./secrets.ts";
import { tempFolder } from "./temp.ts";
import { within } from "./wait.ts";

export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

export type Subject = "deno" | "bun" | "binary";

/** How a child process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A running child process with everything that it has printed. */
export interface Program {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  isRunning(): boolean;
  stdout(): string;
  stderr(): string;
  /**
   * Resolves with the first line of stdout that begins with `start`; rejects if the child ends
   * before.
   */
  line(start: string, timeoutMs?: number): Promise<string>;
  kill(
    signal: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGUSR1" | "SIGKILL" | "SIGSTOP" | "SIGCONT",
  ): void;
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The program, if it is not the one that all tests run. */
  readonly subject?: Subject;
  /** Its entry module in the repository, if that is not the gateway's own. */
  readonly entry?: string;
  /**
   * A Bash command that reads the program's output by a pipe, such as `head -n 1`. The child's
   * output is then that command's.
   */
  readonly pipedTo?: string;
  /** A Bash redirection of the program's outputs, such as `2>/dev/full`. */
  readonly redirect?: string;
  /** A command that runs the program, such as `unshare`, with its own arguments. */
  readonly runBy?: readonly string[];
  /** Further flags of the runtime itself, e.g. `--v8-flags=...`; Deno only. */
  readonly runtimeFlags?: readonly string[];
}

/** The program under test. */
export function subject(): Subject {
  const wanted = process.env.CULVERT_UNDER_TEST;
  if (wanted === "deno" || wanted === "bun" || wanted === "binary") return wanted;
  if (wanted !== undefined) throw new RangeError(`CULVERT_UNDER_TEST is ${wanted}`);
  return process.versions.bun === undefined ? "deno" : "bun";
}

/** Tests look at the descriptors of a gateway, which only root may while its memory is closed. */
const OBSERVABLE = process.getuid?.() === 0 ? {} : { CULVERT_DUMPABLE: "1" };

/** The entry module of the gateway. */
const GATEWAY = "gateway/main.ts";

/** Starts the program with `args`. */
export function startProgram(args: readonly string[], options: SpawnOptions = {}): Program {
  const entry = options.entry ?? GATEWAY;
  const command = commandOf(options.subject ?? subject(), entry, options.runtimeFlags ?? []);
  const [file, ...fixed] = [
    ...options.runBy ?? [],
    ...redirectTo(options.redirect),
    ...pipeTo(options.pipedTo),
    ...command,
  ];
  ok(file !== undefined);
  const child = spawn(file, [...fixed, ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ...OBSERVABLE,
      NO_COLOR: "1",
      // A state of its own: several gateways run at a time.
      CULVERT_STATE_DIR: join(tempFolder(), "state"),
      ...options.env,
    },
  });
  return follow(child);
}

/** Runs the program to its end. */
export async function runProgram(
  args: readonly string[],
  options: SpawnOptions & { readonly timeoutMs?: number } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = startProgram(args, options);
  try {
    const { code } = await within<Exit>(
      options.timeoutMs ?? 15_000,
      `the end of ${args.join(" ")}`,
      (resolve, reject) => void program.exited.then(resolve, reject),
    );
    return { code, stdout: program.stdout(), stderr: program.stderr() };
  } finally {
    if (program.isRunning()) program.kill("SIGKILL");
  }
}

/**
 * Command line of a subject without the program's own arguments. The permissions are those of the
 * `gateway` task.
 */
function commandOf(
  which: Subject,
  entry: string,
  runtimeFlags: readonly string[],
): readonly string[] {
  switch (which) {
    case "binary":
      // The binary has one program alone. Others run as it would run them.
      if (entry !== GATEWAY) return [bunFile(), join(ROOT, entry)];
      return [process.env.CULVERT_BINARY ?? join(ROOT, "dist/culvert")];
    case "bun":
      return [bunFile(), join(ROOT, entry)];
    case "deno": {
      const config: unknown = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
      const [deno, run, ...words] = gatewayTask(config).split(/\s+/);
      ok(deno === "deno" && run === "run", "the gateway task is `deno run ...`");
      return [denoFile(), run, ...runtimeFlags, ...words.slice(0, -1), entry];
    }
  }
}

/** Bash becomes the program, so pid and exit code are the program's, even if the reader ends. */
function pipeTo(reader: string | undefined): readonly string[] {
  return reader === undefined ? [] : ["bash", "-c", `exec "$@" > >(${reader})`, "bash"];
}

function redirectTo(redirection: string | undefined): readonly string[] {
  return redirection === undefined ? [] : ["bash", "-c", `exec "$@" ${redirection}`, "bash"];
}

function gatewayTask(config: unknown): string {
  const { tasks } = config as { tasks: Record<string, string | { command: string }> };
  const task = tasks.gateway;
  ok(task !== undefined, "deno.json has a gateway task");
  return typeof task === "string" ? task : task.command;
}

function denoFile(): string {
  if (process.env.CULVERT_DENO !== undefined) return process.env.CULVERT_DENO;
  return process.versions.bun === undefined ? process.execPath : "deno";
}

function bunFile(): string {
  if (process.env.CULVERT_BUN !== undefined) return process.env.CULVERT_BUN;
  if (process.versions.bun !== undefined) return process.execPath;
  const local = join(ROOT, "node_modules/.bin/bun");
  return existsSync(local) ? local : "bun";
}

function follow(child: ChildProcessByStdio<null, Readable, Readable>): Program {
  const { pid } = child;
  ok(pid !== undefined, "the child has started");
  const out = collect(child.stdout);
  const err = collect(child.stderr);
  let isRunning = true;
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      isRunning = false;
      for (const text of [out.text(), err.text()]) {
        const secret = findSecret(text);
        if (secret !== undefined) reject(new Error(`A key came out of the program: ${secret}`));
      }
      resolve({ code, signal });
    });
  });
  // The caller that stops the program awaits it. Until then a failure is kept and is no unhandled
  // rejection.
  exited.catch(() => undefined);

  function line(start: string, timeoutMs = 20_000): Promise<string> {
    return within<string>(timeoutMs, `a line "${start}"`, (resolve, reject) => {
      const look = (): void => {
        const found = out.text().split("\n").slice(0, -1).find((text) => text.startsWith(start));
        if (found !== undefined) resolve(found);
      };
      child.stdout.on("data", look);
      look();
      exited.then(
        ({ code }) => reject(new Error(`It ended with ${code}: ${err.text()}`)),
        reject,
      );
    });
  }

  return {
    pid,
    exited,
    isRunning: () => isRunning,
    stdout: out.text,
    stderr: err.text,
    line,
    // Not `child.kill`: on Deno 2.9 it makes the exit look like a death by that signal.
    kill: (signal) => void process.kill(pid, signal),
  };
}

function collect(stream: Readable): { text: () => string } {
  const chunks: Buffer[] = [];
  stream.on("data", (octets: Uint8Array) => void chunks.push(Buffer.from(octets)));
  return { text: () => Buffer.concat(chunks).toString("utf8") };
}
