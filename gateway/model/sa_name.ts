// Names of SAs. Each has an id, which no other SA of the same process ever has. An SPI may be that
// of several: peers choose the SPIs of outbound SAs.

import * as z from "zod";
import { requiredText } from "./required.ts";
import { GIVEN_SPI, parseSpi, spiText } from "./spi.ts";
import { type ParsedText, textCodec } from "./text_codec.ts";

/** Number of an SA: it counts the installs of the process. */
export const SA_ID = z.int().positive();

/** A name in a path: an id, or an SPI if only one SA has it. */
export type SaName = { readonly id: number } | { readonly spi: number };

/**
 * Ids are decimal and SPIs hexadecimal, so that no text is both. Ids have at most 15 digits, so
 * that numbers have them exactly.
 */
const ID_PATTERN = "^[1-9][0-9]{0,14}$";

const ID = new RegExp(ID_PATTERN);

const PROBLEM = 'must be the id of an SA, or an SPI from "0x100" to "0xffffffff"';

/** Parses `"7"` or `"0xc0ffee01"`. */
function parse(text: string): ParsedText<SaName> {
  if (ID.test(text)) return { value: { id: Number(text) } };
  const spi = parseSpi(text);
  return spi === undefined ? { problem: PROBLEM } : { value: { spi } };
}

/** Writes a name as audit lines show it. */
export function saNameText(name: SaName): string {
  return "id" in name ? String(name.id) : spiText(name.spi);
}

const VALUE = z.custom<SaName>((value) => typeof value === "object");

/** The name of an SA in a path. */
export const SA_NAME = textCodec(requiredText(PROBLEM), VALUE, { parse, emit: saNameText }).meta({
  type: "string",
  anyOf: [{ pattern: ID_PATTERN }, { pattern: GIVEN_SPI.pattern }],
  maxLength: 15,
  examples: ["7", "0xc0ffee01"],
});
