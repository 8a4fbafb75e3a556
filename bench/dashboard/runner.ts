// Runs one bench at a time, as a child process in a process group of its own, and keeps its
// progress.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseLines } from "./results.ts";
import type { Program, RunState } from "./types.ts";

export interface Runner {
  state(): RunState;
  /** Starts a program. Returns false if one is already running. */
  start(program: Program): boolean;
  /** Ends the running program and its children. Resolves when they have ended. */
  stop(): Promise<void>;
}

export interface RunnerOptions {
  /** Folder for the records; created when the first run starts. */
  readonly folder: string;
  /** How long a program may take to end by itself after SIGTERM. */
  readonly killAfterMs?: number;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COMPLAINTS_MAX = 20;
const KILL_AFTER_MS = 5000;

const IDLE: RunState = {
  state: "idle",
  program: null,
  latest: null,
  casesDone: 0,
  cases: null,
  records: 0,
  startedAt: null,
  complaints: [],
};

/** Opens a runner. Nothing runs yet. */
export function openRunner({ folder, killAfterMs = KILL_AFTER_MS }: RunnerOptions): Runner {
  let now = IDLE;
  let child: Child | undefined;
  let ended: Promise<void> = Promise.resolve();

  function start(program: Program): boolean {
    if (child !== undefined) return false;
    mkdirSync(folder, { recursive: true });
    const startedAt = new Date().toISOString();
    now = { ...IDLE, state: "running", program: program.id, startedAt };
    const started = spawnGroup(program, folder);
    child = started;
    createInterface({ input: started.stdout }).on("line", noteLine);
    createInterface({ input: started.stderr }).on("line", noteProgress);
    ended = endOf(started, complain).then((code) => {
      child = undefined;
      if (now.state !== "running") return;
      const isDone = code === 0;
      const casesDone = isDone ? now.cases ?? now.casesDone : now.casesDone;
      now = { ...now, state: isDone ? "done" : "failed", casesDone };
    });
    return true;
  }

  /** Each line of standard output is a record. Any other line is shown as a complaint. */
  function noteLine(line: string): void {
    try {
      now = { ...now, records: now.records + parseLines("standard output", line).length };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      complain(line);
    }
  }

  /** Reads progress such as `3 of 18: CASE`, and shows any other line as a complaint. */
  function noteProgress(line: string): void {
    const [, begun, cases, latest] = /^(\d+) of (\d+): (.+)$/.exec(line) ?? [];
    if (latest === undefined) return complain(line);
    now = { ...now, latest, casesDone: Number(begun) - 1, cases: Number(cases) };
  }

  function complain(line: string): void {
    now = { ...now, complaints: [...now.complaints, line].slice(-COMPLAINTS_MAX) };
  }

  async function stop(): Promise<void> {
    const leader = child?.pid;
    if (leader !== undefined) {
      now = { ...now, state: "stopped" };
      signalGroup(leader, "SIGTERM");
    }
    const timer = setTimeout(() => {
      if (leader !== undefined) signalGroup(leader, "SIGKILL");
    }, killAfterMs);
    await ended;
    clearTimeout(timer);
  }

  return { state: () => now, start, stop };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Starts a child that leads a process group, so that its own children can be ended with it. */
function spawnGroup({ file, args, out }: Program, folder: string): Child {
  // Relative to the checkout, as a person would type it: the command becomes part of the records.
  const path = relative(ROOT, join(folder, out));
  const told = ["--json", "--progress", "--out", path.startsWith("..") ? join(folder, out) : path];
  return spawn(file, [...args, ...told], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
}

/** Signals a process group. One that has just ended needs no signal. */
function signalGroup(leader: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/**
 * Resolves with the exit code once all output is read; null if a signal ended the child or it never
 * started.
 */
function endOf(child: Child, complain: (text: string) => void): Promise<number | null> {
  return new Promise((resolve) => {
    child.on("close", resolve);
    child.on("error", (error) => {
      complain(error.message);
      resolve(null);
    });
  });
}
