// Why IKE was refused here, or by a peer.

/** Why an attempt to make an IKE SA failed, or a Child SA was refused. A label of metrics. */
export const IKE_REFUSALS = [
  "address_pool_empty",
  "auth_method",
  "certificate_algorithm",
  "certificate_crl",
  "certificate_expired",
  "certificate_foreign",
  "certificate_identity",
  "certificate_key",
  "certificate_malformed",
  "certificate_missing",
  "certificate_revoked",
  "certificate_usage",
  "esp_proposal",
  "half_open",
  "identity_unknown",
  "ike_proposal",
  "key_exchange",
  "malformed",
  "ppk",
  "refused_by_peer",
  "secret",
  "selectors",
  "signature",
  "signature_algorithm",
  "ticket",
  "timeout",
] as const;

export type IkeRefusal = (typeof IKE_REFUSALS)[number];

/** A count of 0 for each of them. */
export function noRefusals(): Record<IkeRefusal, number> {
  return Object.fromEntries(IKE_REFUSALS.map((reason) => [reason, 0])) as Record<
    IkeRefusal,
    number
  >;
}
