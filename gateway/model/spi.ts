// SPIs. They are numbers inside the gateway, and hex digits in JSON, paths, logs and tables.

import * as z from "zod";
import { requiredText } from "./required.ts";
import { type ParsedText, textCodec } from "./text_codec.ts";

/** In any case of letters. SPIs 1 to 255 are reserved, and 0 is never sent (RFC 4303 §2.1). */
export const GIVEN_SPI = {
  type: "string",
  pattern: "^0[xX]0*[1-9a-fA-F][0-9a-fA-F]{2,7}$",
  maxLength: 10,
  examples: ["0xc0ffee01"],
} as const;

/** In the form of {@link spiText}. */
const SHOWN = { pattern: "^0x[0-9a-f]{8}$", examples: ["0xc0ffee01"] };

const PATTERN = new RegExp(GIVEN_SPI.pattern);

const PROBLEM = 'must be a string from "0x100" to "0xffffffff"';

/** Parses `"0x100"` to `"0xffffffff"`; undefined if `text` is no SPI of an SA. */
export function parseSpi(text: string): number | undefined {
  return text.length <= GIVEN_SPI.maxLength && PATTERN.test(text) ? Number(text) : undefined;
}

/** Writes an SPI as every answer and log line shows it: `0x000001ff`. */
export function spiText(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

const CODEC = textCodec(requiredText(PROBLEM), z.int(), {
  parse(text): ParsedText<number> {
    const value = parseSpi(text);
    return value === undefined ? { problem: PROBLEM } : { value };
  },
  emit: spiText,
});

/** An SPI in bodies, files and paths. */
export const SPI = CODEC.meta(GIVEN_SPI);

/** An SPI in answers. */
export const SHOWN_SPI = CODEC.meta(SHOWN);

/** An SPI that is text already, in the form of {@link spiText}. */
export const SPI_TEXT = z.string().meta(SHOWN);
