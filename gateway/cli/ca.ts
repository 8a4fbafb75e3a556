// `culvert ca init`, `issue`, `revoke` and `list`: a small CA in the state directory. They work on
// its files, so no gateway has to run.

import { ConfigError } from "../config/error.ts";
import { parseIdentity } from "../ike/identity/identity.ts";
import { isSigned } from "../ike/keys/signatures.ts";
import { type Ca, CA_KEYS, CA_PARTS, type CaKey, openCa } from "../state/ca.ts";
import { usualPlace } from "../state/open_state.ts";
import { instantiatePki } from "../../ts-bindings/pki.ts";
import { tableWidth } from "./client.ts";
import { type Command, type CommandContext, type Flag, JSON_FLAG } from "./command.ts";
import { STATE_DIR_FLAG, stateDirOf } from "./state_dir.ts";
import { renderTable } from "./table.ts";

const KEY_FLAG: Flag = {
  name: "key",
  value: CA_KEYS.join("|"),
  fallback: "p256",
  help: "kind of its key; ed25519 is faster, and unknown to libreswan before 5.4",
};

/** Most days of a certificate: what Apple's systems take. */
const DAYS_MAX = 825;

/** The commands, in the order of the help. */
export const CA_COMMANDS: readonly Command[] = [
  {
    name: "ca init",
    summary: "make a CA in the state directory",
    operands: [],
    flags: [
      { name: "name", value: "TEXT", unset: "Culvert CA and a number", help: "its common name" },
      KEY_FLAG,
      STATE_DIR_FLAG,
    ],
    run: init,
  },
  {
    name: "ca issue",
    summary: "make a certificate and its key, for a server or a client",
    operands: ["NAME"],
    flags: [
      {
        name: "also",
        value: "NAME",
        isRepeatable: true,
        help: "a further name of a host, a mailbox or an address that it is for",
      },
      KEY_FLAG,
      { name: "days", value: "N", fallback: `${DAYS_MAX}`, help: "how long it is valid" },
      STATE_DIR_FLAG,
    ],
    run: issue,
  },
  {
    name: "ca revoke",
    summary: "revoke a certificate and write the CRL",
    operands: ["NAME"],
    flags: [STATE_DIR_FLAG],
    run: revoke,
  },
  {
    name: "ca list",
    summary: "list the certificates of the CA",
    operands: [],
    flags: [JSON_FLAG, STATE_DIR_FLAG],
    run: list,
  },
];

async function init(context: CommandContext): Promise<number> {
  const name = context.flags["name"];
  if (name === "") throw new ConfigError({ path: "--name" }, "must not be empty");
  const ca = await open(context);
  const made = await ca.init({ key: keyOf(context), name: typeof name === "string" ? name : null });
  await context.runtime.stdout(`certificate ${made.certificate}\nkey ${made.key}\n`);
  return 0;
}

async function issue(context: CommandContext): Promise<number> {
  const { operands, flags, runtime } = context;
  const also = [flags["also"] ?? []].flat().map((value) => nameOf(value, "--also"));
  const [name = ""] = operands;
  const order = {
    names: [nameOf(name, "culvert ca issue"), ...also] as const,
    key: keyOf(context),
    days: daysOf(flags["days"] ?? DAYS_MAX),
  };
  const made = await (await open(context)).issue(order);
  await runtime.stdout(`certificate ${made.certificate}\nkey ${made.key}\nca ${made.ca}\n`);
  return 0;
}

async function revoke(context: CommandContext): Promise<number> {
  const crl = await (await open(context)).revoke(
    nameOf(context.operands[0] ?? "", "culvert ca revoke"),
  );
  await context.runtime.stdout(`crl ${crl}\n`);
  return 0;
}

async function list(context: CommandContext): Promise<number> {
  const { flags, runtime } = context;
  const entries = await (await open(context)).list();
  if (flags[JSON_FLAG.name] === true) {
    await runtime.stdout(`${JSON.stringify({ certificates: entries })}\n`);
    return 0;
  }
  const columns = ["NAME", "STATE", "EXPIRES", "SERIAL"].map((title) => ({ title }));
  const rows = entries.map((
    { name, state, notAfter, serial },
  ) => [name, state, notAfter.toISOString().slice(0, "2026-12-01".length), serial]);
  await runtime.stdout(renderTable(columns, rows, { width: tableWidth(context) }));
  return 0;
}

async function open(context: CommandContext): Promise<Ca> {
  const { runtime, clock } = context;
  const path = stateDirOf(context) ?? usualPlace(runtime);
  const pki = instantiatePki(await runtime.readPki(), {
    verify: ({ kind, hash, ...claim }) => isSigned({ kind, hash }, claim),
  });
  const folder = await runtime.openPrivateFolder(path, CA_PARTS);
  return openCa({ folder, random: runtime.random, pki, date: clock.date });
}

function keyOf({ flags }: CommandContext): CaKey {
  const value = flags["key"] ?? CA_KEYS[0];
  const key = CA_KEYS.find((one) => one === value);
  if (key !== undefined) return key;
  throw new ConfigError({ path: "--key" }, `must be one of ${CA_KEYS.join(", ")}`);
}

function daysOf(value: unknown): number {
  const days = /^\d{1,3}$/.test(String(value)) ? Number(value) : 0;
  if (days >= 1 && days <= DAYS_MAX) return days;
  throw new ConfigError({ path: "--days" }, `must be a whole number from 1 to ${DAYS_MAX}`);
}

function nameOf(value: unknown, path: string): string {
  const text = String(value);
  const parsed = parseIdentity(text);
  const isName = "value" in parsed && !text.startsWith("@") && !text.startsWith(".");
  if (isName) return text;
  throw new ConfigError({ path }, "NAME must be the name of a host, a mailbox or an address");
}
