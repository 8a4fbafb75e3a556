// Proposals as text, in the notation of strongSwan: `aes256gcm16-prfsha256-x25519`. Settings are
// written in it, and so are the lines that say what two sides did not agree on.

import type { ParsedText } from "../../model/text_codec.ts";
import { ENCR, ESN, INTEG, KE, PRF, TRANSFORM } from "./constants.ts";
import type { Proposal, Transform } from "./payloads/sa.ts";

/** What a proposal is for. */
export type ProposalUse = "ike" | "esp";

/**
 * Parses the transforms of one proposal, in the order in which they are preferred.
 *
 * For ESP, `esn-noesn` is added if neither is there. `ke1_` in front of a method makes it the first
 * additional key exchange (RFC 9370 §2.2.1); `ke1_none` makes that optional.
 */
export function parseProposalText(
  text: string,
  use: ProposalUse,
): ParsedText<readonly Transform[]> {
  const words = text.toLowerCase().split("-");
  if (words.length > WORDS_MAX) return { problem: `must have at most ${WORDS_MAX} algorithms` };
  const transforms = words.map((word) => OURS.get(word));
  const unknown = transforms.indexOf(undefined);
  if (unknown >= 0) return { problem: problemOf(words[unknown] ?? "", unknown + 1) };
  const known = transforms.filter((one) => one !== undefined);
  if (new Set(known).size < known.length) return { problem: "must have each algorithm once" };
  const types = new Set(known.map(({ type }) => type));
  const missing = NEEDS[use].find(({ type }) => !types.has(type));
  if (missing) return { problem: `must have ${missing.name}` };
  const odd = ODD[use].find(({ type }) => types.has(type));
  if (odd) return { problem: `must not have ${odd.name}` };
  const isEsnFree = use === "esp" && !types.has(TRANSFORM.ESN);
  return { value: isEsnFree ? [...known, ...ESN_BOTH] : known };
}

/** Writes a proposal. An algorithm that has no name here is shown by type and number: `prf4`. */
export function proposalText({ transforms }: Pick<Proposal, "transforms">): string {
  return transforms.filter(isShown).map(transformText).join("-");
}

/** Writes all proposals of an offer, with commas between them. */
export function proposalsText(proposals: readonly Pick<Proposal, "transforms">[]): string {
  return proposals.map(proposalText).join(",");
}

/** Absence of an integrity algorithm is what an AEAD means, and is not written. */
function isShown({ type, id }: Transform): boolean {
  return type !== TRANSFORM.INTEG || id !== INTEG.NONE;
}

function transformText(transform: Transform): string {
  const { type, id, keyBits, isForeign } = transform;
  const isAdditional = type >= TRANSFORM.ADDITIONAL_KE_1 && type <= TRANSFORM.ADDITIONAL_KE_7;
  const prefix = isAdditional ? `ke${type - TRANSFORM.ADDITIONAL_KE_1 + 1}_` : "";
  const plain = { id, keyBits, type: isAdditional ? TRANSFORM.KE : type };
  const row = isForeign ? undefined : ROWS.find((one) => {
    return one.type === plain.type && one.id === id && one.keyBits === keyBits;
  });
  return prefix + (row?.word ?? numberText(plain));
}

/** `encr13_256`, `ke27`, `type200_7`. */
function numberText({ type, id, keyBits }: Omit<Transform, "isForeign">): string {
  const name = TYPE_NAMES.get(type) ?? `type${type}_`;
  return `${name}${id}${keyBits === null ? "" : `_${keyBits}`}`;
}

/** The problem repeats nothing of the text, as no problem of a setting does. */
function problemOf(word: string, place: number): string {
  const isTheirs = ROWS.some((row) => row.word === word);
  if (!isTheirs) return `must have known algorithms, and number ${place} is not one`;
  return `must have AEAD ciphers, SHA-2 and strong groups, and number ${place} is another algorithm`;
}

/** An algorithm with its word. Those that are never offered are known by name for log lines. */
interface Row {
  readonly word: string;
  readonly type: number;
  readonly id: number;
  readonly keyBits: number | null;
  readonly isOurs: boolean;
}

function ours(type: number, id: number): (word: string) => Row {
  return (word) => ({ word, type, id, keyBits: null, isOurs: true });
}

function theirs(type: number, id: number): (word: string) => Row {
  return (word) => ({ ...ours(type, id)(word), isOurs: false });
}

function sized(make: (word: string) => Row): (prefix: string, suffix: string) => Row[] {
  return (prefix, suffix) =>
    [128, 192, 256].map((keyBits) => ({ ...make(`${prefix}${keyBits}${suffix}`), keyBits }));
}

const { ENCR: E, PRF: P, INTEG: I, KE: K, ESN: S } = TRANSFORM;

/** Of two words for one algorithm the first is written. */
const ROWS: readonly Row[] = [
  ...sized(ours(E, ENCR.AES_GCM_16))("aes", "gcm16").reverse(),
  ours(E, ENCR.CHACHA20_POLY1305)("chacha20poly1305"),
  ...sized(theirs(E, ENCR.AES_CBC))("aes", ""),
  theirs(E, ENCR.TRIPLE_DES)("3des"),
  ours(P, PRF.HMAC_SHA2_256)("prfsha256"),
  ours(P, PRF.HMAC_SHA2_384)("prfsha384"),
  ours(P, PRF.HMAC_SHA2_512)("prfsha512"),
  theirs(P, PRF.HMAC_SHA1)("prfsha1"),
  // RFC 7296 §3.3.2, RFC 4868 §4.
  theirs(I, 2)("sha1"),
  theirs(I, 12)("sha256"),
  theirs(I, 13)("sha384"),
  theirs(I, 14)("sha512"),
  ours(K, KE.X25519)("x25519"),
  ours(K, KE.X25519)("curve25519"),
  ours(K, KE.ECP_256)("ecp256"),
  ours(K, KE.ECP_384)("ecp384"),
  ours(K, KE.ECP_521)("ecp521"),
  ours(K, KE.MODP_2048)("modp2048"),
  ours(K, KE.MODP_3072)("modp3072"),
  ours(K, KE.MODP_4096)("modp4096"),
  ours(K, KE.ML_KEM_768)("mlkem768"),
  ours(K, KE.ML_KEM_1024)("mlkem1024"),
  theirs(K, KE.ML_KEM_512)("mlkem512"),
  // RFC 7296 §3.3.2, RFC 3526.
  theirs(K, 2)("modp1024"),
  theirs(K, 5)("modp1536"),
  theirs(K, 17)("modp6144"),
  theirs(K, 18)("modp8192"),
  theirs(K, KE.NONE)("none"),
  ours(S, ESN.YES)("esn"),
  ours(S, ESN.NO)("noesn"),
];

/** Transforms by the words that a setting may have. Two words of one algorithm share one. */
const OURS: ReadonlyMap<string, Transform> = byWord(ROWS);

function byWord(rows: readonly Row[]): Map<string, Transform> {
  const words = new Map<string, Transform>();
  const transforms = new Map<string, Transform>();
  const add = (word: string, { type, id, keyBits }: Omit<Transform, "isForeign">): void => {
    const key = `${type} ${id} ${keyBits}`;
    const transform = transforms.get(key) ?? { type, id, keyBits, isForeign: false };
    transforms.set(key, transform);
    words.set(word, transform);
  };
  for (const row of rows) {
    if (row.isOurs) add(row.word, row);
    const isMethod = row.type === K && (row.isOurs || row.id === KE.NONE);
    if (isMethod) add(`ke1_${row.word}`, { ...row, type: TRANSFORM.ADDITIONAL_KE_1 });
  }
  return words;
}

interface Named {
  readonly type: number;
  readonly name: string;
}

const CIPHER: Named = { type: E, name: "a cipher, such as aes256gcm16" };
const FUNCTION: Named = { type: P, name: "a PRF, such as prfsha256" };
const METHOD: Named = { type: K, name: "a key exchange method, such as x25519" };
const NUMBERS: Named = { type: S, name: "esn or noesn" };

const NEEDS: Readonly<Record<ProposalUse, readonly Named[]>> = {
  ike: [CIPHER, FUNCTION, METHOD],
  esp: [CIPHER],
};

const ODD: Readonly<Record<ProposalUse, readonly Named[]>> = {
  ike: [NUMBERS],
  esp: [{ ...FUNCTION, name: "a PRF" }],
};

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [E, "encr"],
  [P, "prf"],
  [I, "integ"],
  [K, "ke"],
  [S, "esn"],
]);

const ESN_BOTH: readonly Transform[] = [
  { type: S, id: ESN.YES, keyBits: null, isForeign: false },
  { type: S, id: ESN.NO, keyBits: null, isForeign: false },
];

/** As many transforms as a proposal may have (rule IW5). */
const WORDS_MAX = 62;
