// The gateway as a subject, with IKE inside, and what it and its clients prove themselves with. All
// files are in one folder.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseListening } from "../../tests/support/gateway.ts";
import { type Child, startChild } from "../path/child.ts";
import type { Endpoint } from "../path/sockets.ts";
import { CERTIFICATE_NAME, type ClientFiles, GATEWAY_NAME, type Method } from "./orders.ts";

/** Files of a method, and the arguments with which a gateway takes it. */
export interface Place {
  readonly folder: string;
  readonly args: readonly string[];
  readonly secret: string;
  /** Null for clients with a secret. */
  readonly files: ClientFiles | null;
}

/** A gateway that is serving. */
export interface IkeGateway extends Child {
  readonly tcp: Endpoint;
}

/** Makes the files of a method below `folder`. */
export function makePlace(folder: string, method: Method): Place {
  mkdirSync(folder, { mode: 0o700 });
  const common = ["--ike-id", GATEWAY_NAME, "--state-dir", folder];
  if (method === "PSK" || method === "ML-KEM") {
    const file = join(folder, "clients.psk");
    writeFileSync(file, SECRET, { mode: 0o600 });
    return { folder, args: [...common, "--psk-file", file], secret: SECRET, files: null };
  }
  for (const words of [["init"], ["issue", GATEWAY_NAME], ["issue", CERTIFICATE_NAME]]) {
    runCa([...words, "--key", method, "--state-dir", folder]);
  }
  const config = join(folder, "gateway.toml");
  writeFileSync(config, PEER, { mode: 0o600 });
  const issued = (name: string): string => join(folder, "ca", "issued", name);
  const ca = join(folder, "ca", "ca.pem");
  const own = ["--ike-cert", issued(`${GATEWAY_NAME}.pem`)];
  return {
    folder,
    args: [
      ...[...common, "--config", config, "--ike-ca", ca],
      ...[...own, "--ike-key", issued(`${GATEWAY_NAME}.key`)],
    ],
    secret: "",
    files: {
      cert: issued(`${CERTIFICATE_NAME}.pem`),
      key: issued(`${CERTIFICATE_NAME}.key`),
      ca,
    },
  };
}

/** Starts a gateway; port 0 is a free one. Resolves when it serves. */
export async function startIkeGateway({ args }: Place, port: number): Promise<IkeGateway> {
  const listen = ["--listen", `127.0.0.1:${port}`];
  const child = startChild(PROGRAM, ["serve", ...listen, ...SERVE, ...args]);
  const { tcp: [tcp] } = parseListening(await child.line());
  if (tcp === undefined) throw new Error("The gateway does not listen");
  return { ...child, tcp };
}

/** Runs `culvert ca`. */
function runCa(words: readonly string[]): void {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const flags = process.versions.bun === undefined ? ["run", "-A"] : [];
  const args = [...flags, join(root, PROGRAM), "ca", ...words];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot run culvert ca ${words.join(" ")}: ${stderr}`);
}

const PROGRAM = "gateway/main.ts";

const SERVE = [
  ...["--api", "off", "--ike", "inside", "--inner", "echo:10.93.29.1", "--log-level", "error"],
  ...["--max-connections", "12000", "--max-connections-per-source", "12000"],
  // A restart is that of a process, not of clients that are told.
  ...["--drain-timeout-ms", "100"],
];

const SECRET = "a secret of at least thirty-two octets";

/** All clients of a certificate are devices of one identity. */
const PEER = `[[peer]]\nid = "${CERTIFICATE_NAME}"\nauth = "cert"\nshared = true\n`;
