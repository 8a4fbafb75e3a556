// Types of Notify that the gateway acts on, with the section that defines each.

/** Types below this one are errors (RFC 7296 §3.10.1). */
export const STATUS_MIN = 16384;

/** RFC 7296 §3.10.1, unless a line says otherwise. */
export const NOTIFY = {
  UNSUPPORTED_CRITICAL_PAYLOAD: 1,
  INVALID_IKE_SPI: 4,
  INVALID_MAJOR_VERSION: 5,
  INVALID_SYNTAX: 7,
  INVALID_MESSAGE_ID: 9,
  INVALID_SPI: 11,
  NO_PROPOSAL_CHOSEN: 14,
  INVALID_KE_PAYLOAD: 17,
  AUTHENTICATION_FAILED: 24,
  SINGLE_PAIR_REQUIRED: 34,
  NO_ADDITIONAL_SAS: 35,
  INTERNAL_ADDRESS_FAILURE: 36,
  FAILED_CP_REQUIRED: 37,
  TS_UNACCEPTABLE: 38,
  INVALID_SELECTORS: 39,
  /** RFC 4555 §4.1.2. */
  UNEXPECTED_NAT_DETECTED: 41,
  TEMPORARY_FAILURE: 43,
  CHILD_SA_NOT_FOUND: 44,
  /** RFC 9370 §4. */
  STATE_NOT_FOUND: 47,
  INITIAL_CONTACT: 16384,
  SET_WINDOW_SIZE: 16385,
  ADDITIONAL_TS_POSSIBLE: 16386,
  NAT_DETECTION_SOURCE_IP: 16388,
  NAT_DETECTION_DESTINATION_IP: 16389,
  COOKIE: 16390,
  REKEY_SA: 16393,
  ESP_TFC_PADDING_NOT_SUPPORTED: 16394,
  NON_FIRST_FRAGMENTS_ALSO: 16395,
  /** RFC 4555 §4.2, as the next six. */
  MOBIKE_SUPPORTED: 16396,
  ADDITIONAL_IP4_ADDRESS: 16397,
  ADDITIONAL_IP6_ADDRESS: 16398,
  NO_ADDITIONAL_ADDRESSES: 16399,
  UPDATE_SA_ADDRESSES: 16400,
  COOKIE2: 16401,
  NO_NATS_ALLOWED: 16402,
  /** RFC 5685 §7, as the next two. */
  REDIRECT_SUPPORTED: 16406,
  REDIRECT: 16407,
  REDIRECTED_FROM: 16408,
  /** RFC 5723 §7, as the next four. */
  TICKET_LT_OPAQUE: 16409,
  TICKET_REQUEST: 16410,
  TICKET_ACK: 16411,
  TICKET_NACK: 16412,
  TICKET_OPAQUE: 16413,
  /** RFC 6023 §3. */
  CHILDLESS_IKEV2_SUPPORTED: 16418,
  /** RFC 7383 §2.3. */
  FRAGMENTATION_SUPPORTED: 16430,
  /** RFC 7427 §4. */
  SIGNATURE_HASH_ALGORITHMS: 16431,
  /** RFC 8784 §3, as the next two. */
  USE_PPK: 16435,
  PPK_IDENTITY: 16436,
  NO_PPK_AUTH: 16437,
  /** RFC 9242 §3.1. */
  INTERMEDIATE_EXCHANGE_SUPPORTED: 16438,
  /** RFC 9370 §4. */
  ADDITIONAL_KEY_EXCHANGE: 16441,
  /** IANA's registry; nothing sends it yet. */
  FULL_TRANSCRIPT_AUTH: 16447,
} as const;

/** The name of a type, or its number. */
export function notifyName(type: number): string {
  const [name] = Object.entries(NOTIFY).find(([, number]) => number === type) ?? [];
  return name ?? `notify ${type}`;
}

/** Whether a type is an error, known or not. Status types are all others. */
export function isErrorType(type: number): boolean {
  return type < STATUS_MIN;
}
