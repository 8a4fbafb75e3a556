// Secrets that two sides share (PSK), as files have them. No message has a secret's text.

import type { ParsedText } from "../model/text_codec.ts";

/**
 * Reads the contents of a file with a secret: `0x` with hex, `0s` with base64, as ipsec.secrets has
 * them, or a text that is the secret itself. White space around it is an editor's and is left out.
 */
export function parseSecret(contents: string): ParsedText<Uint8Array> {
  const text = contents.trim();
  if (text === "") return { problem: "must not be empty" };
  if (text.startsWith("0x")) return parseHex(text.slice(2));
  if (text.startsWith("0s")) return parseBase64(text.slice(2));
  if (/[\r\n]/.test(text)) return { problem: "must be one line" };
  return { value: new TextEncoder().encode(text) };
}

/** Reads a secret in base64 (RFC 4648 §4), with or without padding. */
export function parseBase64(text: string): ParsedText<Uint8Array> {
  if (!BASE64.test(text)) return { problem: "must be base64" };
  return { value: Uint8Array.from(Buffer.from(text, "base64")) };
}

function parseHex(text: string): ParsedText<Uint8Array> {
  if (!/^([0-9a-fA-F]{2})+$/.test(text)) return { problem: "must have pairs of hex digits" };
  return { value: Uint8Array.from(Buffer.from(text, "hex")) };
}

/** Groups of four; the last one may lack its padding. */
const BASE64 = /^(?=.)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
