// Numbers of IKEv2, each group with the section that has it. Only numbers that the gateway acts on
// are here; every other one is unknown to it, and unknown numbers have rules of their own.

/** The version octet that is sent: major 2, minor 0 (RFC 7296 §3.1). */
export const VERSION = 0x20;

/** Octets of the header (RFC 7296 §3.1). */
export const HEADER_LEN = 28;

/** Octets of the header of each payload (RFC 7296 §3.2). */
export const GENERIC_HEADER_LEN = 4;

/** Octets of an SPI of an IKE SA (RFC 7296 §3.1). */
export const IKE_SPI_LEN = 8;

/** Octets of an SPI of ESP (RFC 4303 §2.1). */
export const ESP_SPI_LEN = 4;

/** RFC 7296 §3.1; 38 is RFC 5723 §7, 43 is RFC 9242 §3.1, 44 is RFC 9370 §2.2.4. */
export const EXCHANGE = {
  IKE_SA_INIT: 34,
  IKE_AUTH: 35,
  CREATE_CHILD_SA: 36,
  INFORMATIONAL: 37,
  IKE_SESSION_RESUME: 38,
  IKE_INTERMEDIATE: 43,
  IKE_FOLLOWUP_KE: 44,
} as const;

/** Flags of the header (RFC 7296 §3.1). */
export const FLAG = {
  /** The sender is the original initiator of this IKE SA. */
  INITIATOR: 0x08,
  /** The sender could speak a higher major version; ignored. */
  VERSION: 0x10,
  RESPONSE: 0x20,
} as const;

/** RFC 7296 §3.2; SKF is RFC 7383 §2.5. */
export const PAYLOAD = {
  NONE: 0,
  SA: 33,
  KE: 34,
  IDI: 35,
  IDR: 36,
  CERT: 37,
  CERTREQ: 38,
  AUTH: 39,
  NONCE: 40,
  NOTIFY: 41,
  DELETE: 42,
  VENDOR: 43,
  TSI: 44,
  TSR: 45,
  SK: 46,
  CP: 47,
  EAP: 48,
  SKF: 53,
} as const;

/** Protocols of proposals, notifies and deletes (RFC 7296 §3.3.1). */
export const PROTOCOL = { NONE: 0, IKE: 1, AH: 2, ESP: 3 } as const;

/** RFC 7296 §3.3.2; 6 to 12 are RFC 9370 §4. */
export const TRANSFORM = {
  ENCR: 1,
  PRF: 2,
  INTEG: 3,
  KE: 4,
  ESN: 5,
  ADDITIONAL_KE_1: 6,
  ADDITIONAL_KE_7: 12,
} as const;

/** RFC 7296 §3.3.2; AES-GCM is RFC 5282 §7.2, ChaCha20 is RFC 7634 §4. */
export const ENCR = {
  TRIPLE_DES: 3,
  AES_CBC: 12,
  AES_GCM_16: 20,
  CHACHA20_POLY1305: 28,
} as const;

/** RFC 7296 §3.3.2; SHA-2 is RFC 4868 §4. */
export const PRF = {
  HMAC_SHA1: 2,
  HMAC_SHA2_256: 5,
  HMAC_SHA2_384: 6,
  HMAC_SHA2_512: 7,
} as const;

/** No integrity algorithm beside an AEAD (RFC 5282 §8). */
export const INTEG = { NONE: 0 } as const;

/**
 * Key exchange methods: MODP is RFC 3526, ECP is RFC 5903 §10, X25519 is RFC 8031 §5, and ML-KEM
 * has the numbers of IANA's registry.
 */
export const KE = {
  NONE: 0,
  MODP_2048: 14,
  MODP_3072: 15,
  MODP_4096: 16,
  ECP_256: 19,
  ECP_384: 20,
  ECP_521: 21,
  X25519: 31,
  ML_KEM_512: 35,
  ML_KEM_768: 36,
  ML_KEM_1024: 37,
} as const;

/** Extended sequence numbers (RFC 7296 §3.3.2). */
export const ESN = { NO: 0, YES: 1 } as const;

/** The one attribute of transforms: bits of the key (RFC 7296 §3.3.5). */
export const ATTRIBUTE_KEY_BITS = 14;

/** RFC 7296 §3.5; NULL is RFC 7619 §2.2. */
export const ID = {
  IPV4_ADDR: 1,
  FQDN: 2,
  RFC822_ADDR: 3,
  IPV6_ADDR: 5,
  DER_ASN1_DN: 9,
  DER_ASN1_GN: 10,
  KEY_ID: 11,
  NULL: 13,
} as const;

/** RFC 7296 §3.6; a raw public key is RFC 7670 §3. */
export const CERT = {
  X509_SIGNATURE: 4,
  HASH_AND_URL: 12,
  HASH_AND_URL_BUNDLE: 13,
  RAW_PUBLIC_KEY: 15,
} as const;

/** RFC 7296 §3.8; ECDSA is RFC 4754 §7, NULL is RFC 7619 §2.1, 14 is RFC 7427 §3. */
export const AUTH_METHOD = {
  RSA_SHA1: 1,
  PSK: 2,
  ECDSA_P256: 9,
  ECDSA_P384: 10,
  ECDSA_P521: 11,
  NULL: 13,
  DIGITAL_SIGNATURE: 14,
} as const;

/** Hashes in SIGNATURE_HASH_ALGORITHMS (RFC 7427 §7); Identity is RFC 8420 §2. */
export const SIGNATURE_HASH = {
  SHA1: 1,
  SHA2_256: 2,
  SHA2_384: 3,
  SHA2_512: 4,
  IDENTITY: 5,
} as const;

/** RFC 7296 §3.13.1. */
export const TS_TYPE = { IPV4_ADDR_RANGE: 7, IPV6_ADDR_RANGE: 8 } as const;

/** RFC 7296 §3.15. */
export const CP_TYPE = { REQUEST: 1, REPLY: 2, SET: 3, ACK: 4 } as const;

/** RFC 7296 §3.15.1; the domain is RFC 8598 §3.1. */
export const CP_ATTRIBUTE = {
  INTERNAL_IP4_ADDRESS: 1,
  INTERNAL_IP4_NETMASK: 2,
  INTERNAL_IP4_DNS: 3,
  INTERNAL_IP4_NBNS: 4,
  INTERNAL_IP4_DHCP: 6,
  APPLICATION_VERSION: 7,
  INTERNAL_IP6_ADDRESS: 8,
  INTERNAL_IP6_DNS: 10,
  INTERNAL_IP6_DHCP: 12,
  INTERNAL_IP4_SUBNET: 13,
  SUPPORTED_ATTRIBUTES: 14,
  INTERNAL_IP6_SUBNET: 15,
  INTERNAL_DNS_DOMAIN: 25,
} as const;

/** Codes of EAP (RFC 3748 §4). */
export const EAP_CODE = { REQUEST: 1, RESPONSE: 2, SUCCESS: 3, FAILURE: 4 } as const;
