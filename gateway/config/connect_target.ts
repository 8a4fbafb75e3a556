// The operand of `connect`: which responder it dials.

import { isV6, parseAddress } from "../model/address.ts";
import type { ParsedText } from "../model/text_codec.ts";
import type { ConnectTarget } from "./types.ts";

/**
 * Parses `vpn.example.net:4500`, `192.0.2.1:4500` or `[2001:db8::1]:4500`. Without a port it is
 * that of IKE in TCP (RFC 9329 §2).
 */
export function parseConnectTarget(text: string): ParsedText<ConnectTarget> {
  const [, inBrackets, plain = "", digits] =
    /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  const host = inBrackets ?? plain;
  const isHost = inBrackets === undefined ? isHostName(plain) : isV6Address(inBrackets);
  if (!isHost || port < 1 || port > 65_535) return { problem: PROBLEM };
  return { value: { host, port, text: digits === undefined ? `${text}:${port}` : text } };
}

/** The port of RFC 9329 §2. */
const DEFAULT_PORT = 4500;

const PROBLEM = "must look like vpn.example.net:4500 or [2001:db8::1]:4500";

function isV6Address(text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && isV6(address);
}

/**
 * Whether the text is an IPv4 address or can be a name. What can never be looked up is a mistake;
 * what cannot be looked up now may be there later.
 *
 * RFC 1123 §2.1: labels of letters, digits and hyphens, 63 octets at most, 253 in all. Names of
 * some hosts have underscores. If the last label is a number, it is an address or a mistake.
 */
function isHostName(text: string): boolean {
  if (parseAddress(text) !== undefined) return true;
  const labels = text.replace(/\.$/, "").split(".");
  const last = labels[labels.length - 1] ?? "";
  return text.length <= 254 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(last);
}

const LABEL = /^\w(?:[\w-]{0,61}\w)?$/;
