// Proposals that can be read: what is left of an offer when everything unknown is passed over.

import {
  ENCR,
  ESN,
  ESP_SPI_LEN,
  IKE_SPI_LEN,
  INTEG,
  KE,
  PRF,
  PROTOCOL,
  TRANSFORM,
} from "./constants.ts";
import { isZeroSpi } from "./header.ts";
import type { Proposal, SaPayload, Transform } from "./payloads/sa.ts";
import { createReader } from "./reader.ts";

/** Where an SA payload stands. */
export interface Place {
  /** The first IKE SA of a peer, one that takes another's place, or a Child SA. */
  readonly of: "ike" | "ikeRekey" | "child";
  /** Both sides know additional key exchanges (RFC 9370 §2.2.1), and they may stand here. */
  readonly hasAdditionalKe: boolean;
}

/**
 * The proposals of an offer that could be chosen, without the transforms that could not (rules
 * IW32, IW33, IW54 to IW56). An offer of which none is left gets NO_PROPOSAL_CHOSEN.
 *
 * A type of transform is never lost with its transforms: the proposal goes instead. Nor can one be
 * chosen that lacks a type without which its protocol has no keys (RFC 7296 §3.3.3).
 */
export function readableProposals({ proposals }: SaPayload, place: Place): readonly Proposal[] {
  const { protocol, needs } = PLACES[place.of];
  return proposals
    .filter((proposal) => proposal.protocol === protocol && isGoodSpi(proposal.spi, place))
    .filter(({ transforms }) => transforms.every(({ type }) => isKnownType(type, place)))
    .map((proposal) => ({
      proposal,
      transforms: proposal.transforms.filter((one) => isReadable(one, place)),
    }))
    .filter(({ proposal, transforms }) => {
      const offered = proposal.transforms.map(({ type }) => type);
      return [...offered, ...needs].every((type) => transforms.some((one) => one.type === type));
    })
    .map(({ proposal, transforms }) => ({ ...proposal, transforms }));
}

/** Rule IW55: an SPI belongs to the SA that is to be made, and IKE_SA_INIT has it in the header. */
function isGoodSpi(spi: Uint8Array, { of }: Place): boolean {
  if (spi.length !== PLACES[of].spiLen) return false;
  if (of === "child") return createReader(spi).u32() >= ESP_SPI_MIN;
  return of === "ike" || !isZeroSpi(spi);
}

function isKnownType(type: number, { hasAdditionalKe }: Place): boolean {
  const isAdditional = type >= TRANSFORM.ADDITIONAL_KE_1 && type <= TRANSFORM.ADDITIONAL_KE_7;
  return IDS.has(type) || (isAdditional && hasAdditionalKe);
}

/**
 * Rule IW32: an id that is known, with the attributes that it has to have and no other. An IKE SA
 * always has a key exchange.
 */
function isReadable({ type, id, keyBits, isForeign }: Transform, { of }: Place): boolean {
  const ids = IDS.get(type) ?? ADDITIONAL_KE_IDS;
  const isWithoutKe = type === TRANSFORM.KE && id === KE.NONE && of !== "child";
  if (isForeign || isWithoutKe || !ids.includes(id)) return false;
  const bits = type === TRANSFORM.ENCR ? KEY_BITS.get(id) : undefined;
  return bits ? keyBits !== null && bits.includes(keyBits) : keyBits === null;
}

interface Row {
  readonly protocol: number;
  readonly spiLen: number;
  /** Types of transforms that have to be there. INTEG is missing beside an AEAD. */
  readonly needs: readonly number[];
}

const IKE_NEEDS = [TRANSFORM.ENCR, TRANSFORM.PRF, TRANSFORM.KE];

const PLACES: Readonly<Record<Place["of"], Row>> = {
  ike: { protocol: PROTOCOL.IKE, spiLen: 0, needs: IKE_NEEDS },
  ikeRekey: { protocol: PROTOCOL.IKE, spiLen: IKE_SPI_LEN, needs: IKE_NEEDS },
  child: { protocol: PROTOCOL.ESP, spiLen: ESP_SPI_LEN, needs: [TRANSFORM.ENCR] },
};

/** 0 to 255 are reserved (RFC 4303 §2.1). */
const ESP_SPI_MIN = 0x100;

const KE_IDS: readonly number[] = Object.values(KE);
const ADDITIONAL_KE_IDS = KE_IDS;

/** Ids that could be chosen, whatever the settings then allow. */
const IDS: ReadonlyMap<number, readonly number[]> = new Map<number, readonly number[]>([
  [TRANSFORM.ENCR, [ENCR.AES_GCM_16, ENCR.CHACHA20_POLY1305]],
  [TRANSFORM.PRF, [PRF.HMAC_SHA2_256, PRF.HMAC_SHA2_384, PRF.HMAC_SHA2_512]],
  [TRANSFORM.INTEG, [INTEG.NONE]],
  [TRANSFORM.KE, KE_IDS],
  [TRANSFORM.ESN, [ESN.NO, ESN.YES]],
]);

/** RFC 5282 §7.2: the length is obligatory. ChaCha20 has none (RFC 7634 §4). */
const KEY_BITS: ReadonlyMap<number, readonly number[]> = new Map([
  [ENCR.AES_GCM_16, [128, 192, 256]],
]);
