// The commands of docs/guide/first-minute.md and of docs/guide/certificates.md, word for word, in a
// network namespace of their own: their ports are free there. `first_minute_program.ts NAME` ends
// with 0 if the case holds.

import { equal, match, ok } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { example } from "../support/examples.ts";
import { type Cases, ip, runCase } from "../support/namespace.ts";
import { ROOT } from "../support/program.ts";
import { tempFile, tempFolder } from "../support/temp.ts";
import { settle, WAIT_MS, within } from "../support/wait.ts";

export const CASES: Cases = {
  "the commands of the first minute do what the page says": runMinute,
  "the commands of certificates do what the page says": runCertificates,
};

async function runMinute(): Promise<void> {
  const { home, start } = openPage("first-minute");
  const server = start("minute-server");
  ok(await settle(() => /^listening tcp=/m.test(server.output()), (up) => up), server.output());
  match(server.output(), / first_client command=".* connect 127\.0\.0\.1:4500 --profile .*client/);
  const profile = start("minute-profile");
  equal(await profile.code(), 0, profile.output());
  equal(statSync(join(home, "laptop.toml")).mode & 0o777, 0o600);
  const check = start("minute-check");
  equal(await check.code(), 0, check.output());
  match(check.output(), /^address +10\.93\.64\.\d+$/m);
  match(check.output(), /^leads to +10\.93\.29\.1\/32$/m);
  match(check.output(), /^round trip .*10 of 10 came back/m);
  match(check.output(), /^throughput +[\d.]+ Mbit\/s/m);
  const client = start("minute-client");
  ok(await settle(() => client.output().includes("tunnel_up"), (up) => up), client.output());
  const ping = start("minute-ping");
  ok(await settle(() => / icmp_seq=\d+ ttl=/.test(ping.output()), (came) => came), ping.output());
  ping.end();
  client.end();
  equal(await client.code(), 0, client.output());
  ok(!ip("link", "show").includes("client0"));
  server.end();
  equal(await server.code(), 0, server.output());
}

async function runCertificates(): Promise<void> {
  const { start } = openPage("certificates");
  const ca = start("ca");
  equal(await ca.code(), 0, ca.output());
  const server = start("server");
  ok(await settle(() => /^listening tcp=/m.test(server.output()), (up) => up), server.output());
  const profile = start("profile");
  equal(await profile.code(), 0, profile.output());
  const check = start("check");
  equal(await check.code(), 0, check.output());
  const revoke = start("revoke");
  equal(await revoke.code(), 0, revoke.output());
  match(check.output(), /^server +gw\.example\.org at /m);
  match(check.output(), /^round trip .*10 of 10 came back/m);
  server.end();
  equal(await server.code(), 0, server.output());
}

/** A page, and a home for its user. */
interface Page {
  readonly home: string;
  start(name: string): Command;
}

function openPage(page: string): Page {
  ip("link", "set", "lo", "up");
  const home = tempFolder();
  const state = join(home, "state");
  mkdirSync(state, { mode: 0o700 });
  const cache = process.env.DENO_DIR ?? join(homedir(), ".cache", "deno");
  const env = { HOME: home, CULVERT_STATE_DIR: state, DENO_DIR: cache };
  return { home, start: (name) => startCommand(name, example(page, name), env) };
}

interface Command {
  /** Both outputs. */
  output(): string;
  /** The exit code, once it has ended. */
  code(): Promise<number | null>;
  /** Ctrl-C. */
  end(): void;
}

/** Starts an example, on the runtime that the tests run on. */
function startCommand(
  name: string,
  text: string,
  env: Readonly<Record<string, string>>,
): Command {
  // As a file: Deno changes a command line that names itself.
  const script = tempFile(`${WORDS}\n${text}`, "sh");
  const child = spawn("bash", [script], {
    cwd: ROOT,
    detached: true,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  process.once("exit", () => kill(child, "SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (octets) => void (output += String(octets)));
  }
  const exited = new Promise<number | null>((resolve) => void child.once("close", resolve));
  return {
    output: () => output,
    code: () =>
      within(3 * WAIT_MS, `the end of ${name}`, (resolve, reject) => {
        exited.then(resolve, reject);
      }),
    end: () => kill(child, "SIGINT"),
  };
}

/** The terminal sends Ctrl-C to all processes of the command. */
function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

/**
 * What the words of the page stand for here: the gateway on this runtime, without the task, which
 * may want to fetch packages, and a user who is root already.
 */
const WORDS = [
  process.versions.bun === undefined
    ? `deno() { shift 2; "${process.execPath}" run --allow-all gateway/main.ts "$@"; }`
    : `deno() { shift 2; "${process.execPath}" gateway/main.ts "$@"; }`,
  'sudo() { "$@"; }',
].join("\n");

if (import.meta.main) await runCase(CASES);
