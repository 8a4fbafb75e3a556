// What a client would rather have (RFC 9110 §12.5.1). Media types are compared in any case, a range
// such as `text/*` stands for all that it holds, and a weight of 0 refuses.

interface Range {
  /** In lower case: `text/html`, `text/*`. */
  readonly type: string;
  /** 0 to 1. */
  readonly weight: number;
}

/**
 * The first of the supported types that has the greatest weight. Without an Accept, or if none is
 * wanted, the first one.
 *
 * @param field The Accept field; undefined if there is none
 */
export function preferredType<const Type extends string>(
  field: string | undefined,
  supported: readonly [Type, ...Type[]],
): Type {
  const ranges = parseAccept(field ?? "*/*");
  return supported.reduce((best, type) =>
    weight(ranges, type) > weight(ranges, best) ? type : best
  );
}

/** Whether the field names a type itself, not by a range that holds it, and does not refuse it. */
export function namesType(field: string | undefined, type: string): boolean {
  return parseAccept(field ?? "").some((range) => range.type === type && range.weight > 0);
}

/** The weight of the narrowest range that has the type, the greatest of equally narrow ones. */
function weight(ranges: readonly Range[], type: string): number {
  for (const name of [type, `${type.split("/")[0]}/*`, "*/*"]) {
    const found = ranges.filter((range) => range.type === name).map((range) => range.weight);
    if (found.length > 0) return Math.max(...found);
  }
  return 0;
}

function parseAccept(field: string): readonly Range[] {
  return field.toLowerCase().split(",", RANGES_MAX).map((part) => {
    const [type = "", ...parameters] = part.split(";").map((text) => text.trim());
    const q = parameters.find((parameter) => /^q *=/.test(parameter))?.split("=")[1];
    const value = q === undefined ? 1 : Number(q);
    return { type, weight: value >= 0 && value <= 1 ? value : 0 };
  });
}

/** Ranges that are read; no client has as many. */
const RANGES_MAX = 64;
