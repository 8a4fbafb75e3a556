/**
 * Reasons among the drops that are legal on the wire and only counted. Nothing is lost by them
 * (docs/reference/statuses.md, fate ignore).
 */
export const IGNORED = ["frame_empty", "keepalive", "dummy_packet"];
