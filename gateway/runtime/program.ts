// Runs another program of the checkout on the same runtime, with this process's outputs.

import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { errorCode, isBinary } from "./files.ts";

/** The runtime's own command: its file and first arguments. */
export type RuntimeCommand = readonly [file: string, ...args: readonly string[]];

/** A program and its arguments. */
export interface ProgramOptions {
  /** Path from the root of the checkout. */
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * Runs a program to its end. Resolves with its exit code, or 1 if a signal ended it.
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
  // A terminal signals the child too. A signal for this process alone is passed on.
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
