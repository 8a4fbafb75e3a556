// Another program of the checkout, on the runtime of this one, with its outputs.

import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { errorCode, isBinary } from "./files.ts";

/** Name and first arguments of the runtime's own command. */
export type RuntimeCommand = readonly [file: string, ...args: readonly string[]];

/** A program and what it is told. */
export interface ProgramOptions {
  /** Counts from the root of the checkout. */
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * Runs a program to its end; the result is its exit code, 1 if a signal has ended it.
 *
 * @throws {Error} If there is no checkout, or no permission to start programs
 */
export async function runProgram(
  [runtime, ...before]: RuntimeCommand,
  { file, args }: ProgramOptions,
): Promise<number> {
  if (isBinary()) {
    throw new Error(`Cannot run ${file}: needs a checkout, this is the single binary`);
  }
  const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  const child = spawn(runtime, [...before, path, ...args], { stdio: "inherit" });
  // A terminal has told the child already; who sends a signal to this process alone means it too.
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, pass);
  try {
    return await new Promise((resolve, reject) => {
      child.on("exit", (code) => resolve(code ?? 1));
      child.on("error", (error) => reject(_failed(file, error)));
    });
  } finally {
    for (const signal of signals) process.off(signal, pass);
  }
}

function _failed(file: string, error: Error): Error {
  const code = errorCode(error);
  const reason = code === "EACCES" ? "needs --allow-run" : code ?? error.message.split("\n")[0];
  return new Error(`Cannot run ${file}: ${reason}`, { cause: error });
}
