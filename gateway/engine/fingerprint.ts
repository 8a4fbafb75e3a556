// One number for everything that the gateway and the native library must agree on about tables in
// memory. The library computes it in native-engine/src/fingerprint.rs.

import {
  ABI,
  AEAD_AES_GCM_16,
  AEAD_CHACHA20_POLY1305,
  BATCH_MAX,
  JOB_AAD,
  JOB_AAD_LEN,
  JOB_DATA,
  JOB_DATA_LEN,
  JOB_LEN,
  JOB_NONCE,
  JOB_OK,
  JOB_SA,
  JOB_SOURCE,
  JOB_TAG,
  LANE_JOB_COUNT,
  LANE_JOBS,
  LANE_SA_SPEC,
  SAS_MAX,
  SPEC_ALGORITHM,
  SPEC_KEY,
  SPEC_KEY_LEN,
  SPEC_SPI,
} from "../../ts-bindings/layout.ts";

/** Version of the library's exports. */
const EXPORTS = 1;

const WORDS: readonly number[] = [
  EXPORTS,
  ABI,
  BATCH_MAX,
  SAS_MAX,
  AEAD_AES_GCM_16,
  AEAD_CHACHA20_POLY1305,
  LANE_JOBS,
  LANE_JOB_COUNT,
  LANE_SA_SPEC,
  JOB_LEN,
  JOB_DATA,
  JOB_DATA_LEN,
  JOB_SOURCE,
  JOB_TAG,
  JOB_AAD_LEN,
  JOB_OK,
  JOB_SA,
  JOB_NONCE,
  JOB_AAD,
  SPEC_SPI,
  SPEC_ALGORITHM,
  SPEC_KEY_LEN,
  SPEC_KEY,
];

/**
 * The fingerprint: FNV-1a over the words, each octet by octet from the low end. It is an i32,
 * because that is what the library's calls return.
 */
export function fingerprint(): number {
  let hash = 0x811c9dc5;
  for (const word of WORDS) {
    for (let shift = 0; shift < 32; shift += 8) {
      hash = Math.imul(hash ^ (word >>> shift & 0xff), 0x01000193);
    }
  }
  return hash | 0;
}
