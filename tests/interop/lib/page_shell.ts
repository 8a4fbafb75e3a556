// A shell in which the commands of the guide's pages mean what the suite means by them.

import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { example } from "../../support/examples.ts";
import { gatewayCommand } from "./gateway.ts";
import { inNamespace } from "./network.ts";
import type { Namespace } from "./network.ts";
import { must, start } from "./process.ts";
import type { Running } from "./process.ts";

/** Where a page's command runs: in a namespace, or in the case's own. */
type Where = Namespace | "wire";

export interface PageShell {
  /** Runs examples, one after another in one shell, to their end. */
  run(where: Where, names: readonly string[]): Promise<string>;
  /** Starts an example that goes on. */
  start(where: Where, name: string): Running;
}

/**
 * `deno run gateway` and `culvert` start the gateway that the suite tests, and `sudo` adds nothing.
 * `variables` are those that the page has the reader set.
 */
export function openPageShell(
  page: string,
  variables: Readonly<Record<string, string>> = {},
): PageShell {
  _writeStandIns();
  const env = { ...variables, PATH: `${BIN}:${process.env.PATH ?? ""}` };
  const shell = (where: Where, text: string): string[] => {
    const words = ["sh", "-euc", text];
    return where === "wire" ? words : inNamespace(where, words);
  };
  return {
    run(where, names): Promise<string> {
      const text = names.map((name) => example(page, name)).join("\n");
      return must(shell(where, text), { env });
    },
    start: (where, name) => start(`${page}: ${name}`, shell(where, example(page, name)), env),
  };
}

const BIN = "/run/bin";

function _writeStandIns(): void {
  const gateway = gatewayCommand().join(" ");
  const programs = {
    culvert: `exec ${gateway} "$@"`,
    deno: `[ "$1 $2" = "run gateway" ] && shift 2 && exec ${gateway} "$@"`,
    sudo: 'exec "$@"',
  };
  mkdirSync(BIN, { recursive: true });
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(`${BIN}/${name}`, `#!/bin/sh\n${body}\n`);
    chmodSync(`${BIN}/${name}`, 0o755);
  }
}
