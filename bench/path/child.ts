// Starts subjects as child processes of the bench's own runtime, with the gateway's permissions.

import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A running subject. */
export interface Child {
  readonly pid: number;
  /** The next line of its standard output. Rejects if the process ends first. */
  line(): Promise<string>;
  /** Writes a line to its standard input. */
  send(line: string): void;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>;
}

/** Starts a program of the project. `file` is relative to the root of the repository. */
export function startChild(file: string, args: readonly string[]): Child {
  const flags = process.versions.bun === undefined ? DENO_FLAGS : [];
  return start(process.execPath, { flags, file, args });
}

/** The same on Bun, whichever runtime this is. */
export function startBunChild(file: string, args: readonly string[]): Child {
  const bun = process.versions.bun === undefined ? BUN : process.execPath;
  return start(bun, { flags: [], file, args });
}

interface Started {
  readonly flags: readonly string[];
  readonly file: string;
  readonly args: readonly string[];
}

function start(program: string, { flags, file, args }: Started): Child {
  const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  const child = spawn(program, [...flags, path, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    // So that a user who is not root may read its figures in /proc.
    env: { ...process.env, NO_COLOR: "1", CULVERT_DUMPABLE: "1" },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`Cannot start ${file}`);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // A gateway logs every SA that it gets. The log is only shown if the gateway fails.
  const log: string[] = [];
  createInterface({ input: child.stderr }).on("line", (text) => {
    log.push(text);
    if (log.length > LOG_LINES) log.shift();
  });

  async function line(): Promise<string> {
    const { value, done } = await lines.next();
    if (done === true) throw new Error([`${file} has ended`, ...log].join("\n"));
    return value;
  }

  async function stop(): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) process.kill(Number(pid), "SIGTERM");
    await ended;
  }

  return { pid, line, send: (text) => void child.stdin.write(`${text}\n`), stop };
}

const BUN = fileURLToPath(new URL("../../node_modules/.bin/bun", import.meta.url));
const LOG_LINES = 20;
const DENO_FLAGS = [
  "run",
  "--no-prompt",
  "--allow-ffi",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
];
