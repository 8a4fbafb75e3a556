// PEM (RFC 7468): one or more objects in a text, each between two lines with a label.

/** An object of a PEM text. */
export interface PemObject {
  readonly label: string;
  readonly der: Uint8Array;
}

/** All objects of a text. What stands around them is a comment. */
export function pemObjects(text: string): PemObject[] {
  return [...text.matchAll(OBJECT)].map(([, label = "", body = ""]) => ({
    label,
    der: Uint8Array.from(Buffer.from(body.replace(/\s/g, ""), "base64")),
  }));
}

/** Octets as PEM, in lines of 64 characters. */
export function pemOf({ label, der }: PemObject): string {
  const lines = Buffer.from(der).toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

const OBJECT = /-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/=\s]+?)-----END \1-----/g;
