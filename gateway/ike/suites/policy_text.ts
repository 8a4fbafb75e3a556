// What a side allows, as text: one proposal in the notation of strongSwan. Its algorithms may be
// combined freely, and those that stand first are preferred.

import type { ParsedText } from "../../model/text_codec.ts";
import { ESN, KE, TRANSFORM } from "../wire/constants.ts";
import type { Transform } from "../wire/payloads/sa.ts";
import { parseProposalText, proposalsText, type ProposalUse } from "../wire/proposal_text.ts";
import { cipherOf, keyExchangeOf, prfOf, proposalsOf } from "./choose.ts";
import type { AdditionalKe, EspPolicy, IkePolicy } from "./suite.ts";

/** Parses what an IKE SA may have: `aes256gcm16-prfsha256-x25519-ke1_mlkem768-ke1_none`. */
export function parseIkePolicy(text: string): ParsedText<IkePolicy> {
  return parseKnown(text, "ike", (transforms) => ({
    ciphers: known(transforms, TRANSFORM.ENCR, cipherOf),
    prfs: known(transforms, TRANSFORM.PRF, ({ id }) => prfOf(id)),
    kes: known(transforms, TRANSFORM.KE, ({ id }) => keyExchangeOf(id)),
    ...additional(transforms),
  }));
}

/** Parses what a Child SA may have: `chacha20poly1305-aes256gcm16-x25519`. */
export function parseEspPolicy(text: string): ParsedText<EspPolicy> {
  return parseKnown(text, "esp", (transforms) => ({
    ciphers: known(transforms, TRANSFORM.ENCR, cipherOf),
    esn: known(transforms, TRANSFORM.ESN, ({ id }) => id === ESN.YES),
    kes: known(transforms, TRANSFORM.KE, ({ id }) => keyExchangeOf(id)),
    ...additional(transforms),
  }));
}

/** Writes a policy. Algorithms with and without a key length have a proposal each. */
export function policyText(policy: IkePolicy | EspPolicy): string {
  return proposalsText(proposalsOf(policy, { ...policy, protocol: 0, spi: NO_SPI }));
}

const NO_SPI = new Uint8Array(0);

function parseKnown<Policy extends IkePolicy | EspPolicy>(
  text: string,
  use: ProposalUse,
  policyOf: (transforms: readonly Transform[]) => Policy,
): ParsedText<Policy> {
  if (text.includes(",")) return { problem: "must be one proposal, without a comma" };
  const parsed = parseProposalText(text, use);
  if ("problem" in parsed) return parsed;
  const policy = policyOf(parsed.value);
  const count = Object.values(policy).reduce((sum, list) => sum + list.length, 0);
  if (count === parsed.value.length) return { value: policy };
  return {
    problem: "must have key exchange methods that there are here",
  };
}

/** The additional key exchanges, if there are any. */
function additional(
  transforms: readonly Transform[],
): { readonly ke1s?: readonly AdditionalKe[] } {
  const ke1s = known(
    transforms,
    TRANSFORM.ADDITIONAL_KE_1,
    ({ id }) => id === KE.NONE ? KE.NONE : keyExchangeOf(id),
  );
  return ke1s.length === 0 ? {} : { ke1s };
}

function known<T>(
  transforms: readonly Transform[],
  type: number,
  read: (transform: Transform) => T | undefined,
): T[] {
  return transforms.filter((one) => one.type === type).map(read)
    .filter((value) => value !== undefined);
}
