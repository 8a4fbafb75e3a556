// Settings of IKE inside: who answers, as whom, and what clients get.

import type * as z from "zod";
import { parseIdentity } from "../ike/identity/identity.ts";
import { parseEspPolicy, parseIkePolicy } from "../ike/suites/policy_text.ts";
import type { EspPolicy, IkePolicy } from "../ike/suites/suite.ts";
import { type IpAddress, isUnicast, parseAddress } from "../model/address.ts";
import { parsePrefix, type Prefix } from "../model/prefix.ts";
import type { ParsedText } from "../model/text_codec.ts";
import { documented, parsed, repeatable, text } from "./setting_schemas.ts";
import { oneOf, whole } from "./setting_values.ts";

/** A policy as its user wrote it. */
export interface Written<Policy> {
  readonly text: string;
  readonly policy: Policy;
}

/** The shape of these settings in the table of all. */
export interface IkeSettingShape {
  readonly ike: z.ZodType<"inside" | "off">;
  readonly ikeId: z.ZodType<string>;
  readonly ikeCert: z.ZodType<string>;
  readonly ikeKey: z.ZodType<string>;
  readonly ikeCa: z.ZodType<readonly string[]>;
  readonly ikeCrl: z.ZodType<readonly string[]>;
  readonly pskFile: z.ZodType<string>;
  readonly pool: z.ZodType<readonly Prefix[]>;
  readonly dns: z.ZodType<readonly IpAddress[]>;
  readonly splitDns: z.ZodType<readonly string[]>;
  readonly ikeProposals: z.ZodType<Written<IkePolicy>>;
  readonly espProposals: z.ZodType<Written<EspPolicy>>;
  readonly ikeLifetimeS: z.ZodType<number>;
  readonly childLifetimeS: z.ZodType<number>;
  readonly maxHalfOpen: z.ZodType<number>;
  readonly stateDir: z.ZodType<string>;
}

/** The shortest and the longest lifetime of an SA, s. */
const LIFETIME_MIN = 2;
const LIFETIME_MAX = 604_800;

/** Most half-open IKE SAs: what they hold stays below 200 MB. */
const HALF_OPEN_MAX = 100_000;

/** The settings, in the order of the help. */
export const IKE_SETTINGS: IkeSettingShape = {
  ike: documented(oneOf(["inside", "off"]), {
    value: "inside|off",
    unset: "inside; with --upstream off",
    help: "who answers IKE: this gateway, or nobody but the daemon of --upstream",
  }),
  ikeId: documented(parsed(identityText), {
    value: "ID",
    unset: "the first name of --ike-cert, else one made at the first start",
    help:
      "identity that this gateway proves to its clients: a name, a mailbox, an address, or @# " +
      "with hex",
  }),
  ikeCert: documented(text(), {
    value: "FILE",
    help: "certificate of this gateway in PEM, then the CAs between it and the root",
  }),
  ikeKey: documented(text(), {
    value: "FILE",
    help: "its private key in PEM, without a password",
  }),
  ikeCa: documented(repeatable(text()), {
    value: "FILE",
    isRepeatable: true,
    help: "CAs in PEM whose clients may come; those that [[peer]] tables name, if there are any",
  }),
  ikeCrl: documented(repeatable(text()), {
    value: "FILE",
    isRepeatable: true,
    help: "CRLs of these CAs in PEM; SIGHUP reads them again",
  }),
  pskFile: documented(text(), {
    value: "FILE",
    help:
      "file with a secret that every client may have that neither [[peer]] nor culvert profile " +
      "knows: text, or 0x with hex, or 0s with base64",
  }),
  pool: documented(repeatable(parsed(poolPrefix)), {
    value: "ADDR/LEN",
    fallback: "10.93.64.0/18",
    isRepeatable: true,
    help: "inner addresses for clients, of either family",
  }),
  dns: documented(repeatable(parsed(serverAddress)), {
    value: "ADDR",
    isRepeatable: true,
    help: "name server that clients are told of",
  }),
  splitDns: documented(repeatable(parsed(domainName)), {
    value: "NAME",
    isRepeatable: true,
    help: "domain for whose names clients ask the --dns servers; without one, for all names",
  }),
  ikeProposals: documented(parsed(written(parseIkePolicy)), {
    value: "TEXT",
    unset: "AES-GCM and ChaCha20; SHA-2; X25519, NIST's curves and MODP 2048, with ML-KEM-768 " +
      "beside them where the client has it",
    help: "algorithms of IKE SAs, preferred ones first, in strongSwan's notation: " +
      "aes256gcm16-prfsha256-x25519",
  }),
  espProposals: documented(parsed(written(parseEspPolicy)), {
    value: "TEXT",
    unset: "all, the engine's fastest first",
    help: "algorithms of ESP, in the same notation: chacha20poly1305-aes256gcm16-x25519; a key " +
      "exchange is for rekeys, and without esn or noesn both are allowed",
  }),
  ikeLifetimeS: documented(whole(LIFETIME_MIN, LIFETIME_MAX), {
    value: "N",
    fallback: "14400",
    help: "lifetime of an IKE SA in seconds; it is rekeyed at 85 to 95 % of it",
  }),
  childLifetimeS: documented(whole(LIFETIME_MIN, LIFETIME_MAX), {
    value: "N",
    fallback: "3600",
    help: "lifetime of a client's ESP keys in seconds; they are rekeyed at 85 to 95 % of it",
  }),
  maxHalfOpen: documented(whole(1, HALF_OPEN_MAX), {
    value: "N",
    fallback: "1000",
    help: "most IKE SAs at a time whose peers have not proved who they are",
  }),
  stateDir: documented(text(), {
    value: "DIR",
    unset: "$XDG_STATE_HOME/culvert or ~/.local/state/culvert, as root /var/lib/culvert",
    help: "folder of the gateway's identity, its clients and their addresses; made with mode 0700",
  }),
};

function identityText(input: string): ParsedText<string> {
  const result = parseIdentity(input);
  return "problem" in result ? result : { value: input };
}

function poolPrefix(input: string): ParsedText<Prefix> {
  const result = parsePrefix(input);
  if ("problem" in result || isUnicast(result.value)) return result;
  return { problem: "must be addresses that hosts can have, such as 10.93.64.0/18" };
}

function serverAddress(input: string): ParsedText<IpAddress> {
  const value = parseAddress(input);
  if (value !== undefined && isUnicast(value)) return { value };
  return { problem: "must be the address of a name server, such as 10.93.29.53" };
}

/** RFC 1123 §2.1, and underscores, which some domains have. */
function domainName(input: string): ParsedText<string> {
  const isName = input.length <= DOMAIN_LEN_MAX && input.split(".").every((one) => LABEL.test(one));
  return isName ? { value: input } : { problem: "must be a domain, such as corp.example.org" };
}

const DOMAIN_LEN_MAX = 253;
const LABEL = /^\w(?:[\w-]{0,61}\w)?$/;

function written<Policy>(
  parse: (input: string) => ParsedText<Policy>,
): (input: string) => ParsedText<Written<Policy>> {
  return (input) => {
    const result = parse(input);
    return "problem" in result ? result : { value: { text: input, policy: result.value } };
  };
}
