// Distinguished names as text, `O=Example, CN=carol`, in the order of the certificate, as
// strongSwan and libreswan write them. Only names whose text means one thing have one: what holds a
// comma, an equals sign or another character that stands for something has none.

/** The text of a name in DER (RFC 5280 §4.1.2.4); undefined if it has none. */
export function dnText(der: Uint8Array): string | undefined {
  const parts = partsOf(der);
  return parts?.map(([key, value]) => `${key}=${value}`).join(", ");
}

/** Whether a text is a name, or a pattern in which `*` stands for a whole value. */
export function isDnPattern(text: string): boolean {
  return text.split(",").every((part) => {
    const [key = "", value = "", ...rest] = part.trim().split("=");
    return rest.length === 0 && KEYS.has(key.toUpperCase()) && (value === "*" || isPlain(value));
  });
}

/** Whether a name in DER is one that a pattern names, part by part. */
export function matchesDn(pattern: string, der: Uint8Array): boolean {
  const wanted = pattern.split(",").map((part) => part.trim().split("="));
  const parts = partsOf(der);
  return parts?.length === wanted.length && parts.every(([key, value], at) => {
    const [wantedKey = "", wantedValue] = wanted[at] ?? [];
    return wantedKey.toUpperCase() === key && (wantedValue === "*" || wantedValue === value);
  });
}

type Part = readonly [key: string, value: string];

function partsOf(der: Uint8Array): readonly Part[] | undefined {
  const outer = elements(der);
  const [name] = outer ?? [];
  if (outer?.length !== 1 || name?.tag !== SEQUENCE) return undefined;
  const parts = elements(name.value)?.map(partOf) ?? [];
  return parts.length === 0 || parts.includes(undefined)
    ? undefined
    : parts.filter((part) => part !== undefined);
}

/** A part with one attribute. */
function partOf({ tag, value }: Element): Part | undefined {
  const [attribute, ...others] = elements(value) ?? [];
  if (tag !== SET || attribute?.tag !== SEQUENCE || others.length > 0) return undefined;
  const [type, text, ...rest] = elements(attribute.value) ?? [];
  if (type?.tag !== OID || text === undefined || rest.length > 0) return undefined;
  const key = TYPES.get(Buffer.from(type.value).toString("hex"));
  const isText = TEXTS.has(text.tag);
  const decoded = isText ? new TextDecoder().decode(text.value) : "";
  return key === undefined || !isPlain(decoded) ? undefined : [key, decoded];
}

interface Element {
  readonly tag: number;
  readonly value: Uint8Array;
}

/** The elements of DER, one behind the other; undefined if lengths do not fit. */
function elements(der: Uint8Array): readonly Element[] | undefined {
  const found: Element[] = [];
  for (let at = 0; at < der.length;) {
    const [tag = 0, first = 0x80] = der.subarray(at, at + 2);
    const count = first < 0x80 ? 0 : first - 0x80;
    if (count > 2 || first === 0x80) return undefined;
    const octets = der.subarray(at + 2, at + 2 + count);
    const len = count === 0 ? first : octets.reduce((sum, octet) => sum * 256 + octet, 0);
    const start = at + 2 + count;
    if (octets.length < count || start + len > der.length) return undefined;
    found.push({ tag, value: der.subarray(start, start + len) });
    at = start + len;
  }
  return found;
}

/** ASCII without what separates, quotes or stands for something. */
function isPlain(value: string): boolean {
  return /^[A-Za-z0-9._@:/()' -]{1,128}$/.test(value) && value === value.trim();
}

const SEQUENCE = 0x30;
const SET = 0x31;
const OID = 0x06;

/** UTF8String, PrintableString, IA5String. */
const TEXTS: ReadonlySet<number> = new Set([0x0c, 0x13, 0x16]);

/** Names of attributes by their OIDs in hex (RFC 4514 §3, RFC 5280 §A.1). */
const TYPES: ReadonlyMap<string, string> = new Map([
  ["550403", "CN"],
  ["550405", "SERIALNUMBER"],
  ["550406", "C"],
  ["550407", "L"],
  ["550408", "ST"],
  ["55040a", "O"],
  ["55040b", "OU"],
  ["2a864886f70d010901", "E"],
  ["0992268993f22c640119", "DC"],
]);

const KEYS: ReadonlySet<string> = new Set(TYPES.values());
