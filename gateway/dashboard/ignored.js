/** Reasons among the drops that are legal on the wire and only counted (docs/reference/statuses.md, fate ignore): nothing is lost by them. */
export const IGNORED = ["frame_empty", "keepalive", "dummy_packet"];
