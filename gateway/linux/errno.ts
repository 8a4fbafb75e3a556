// Names and messages for errno.

/**
 * The name of an error number: `EADDRINUSE`. A number that the kernel does not use stays a number:
 * `errno 41`.
 */
export function errnoName(errno: number): string {
  return NAMES[errno] ?? `errno ${errno}`;
}

/**
 * Makes the Error of a failed system call: `Cannot bind 127.0.0.1:4500: EADDRINUSE`.
 *
 * @param action The beginning of the message, without the colon: `Cannot bind 127.0.0.1:4500`
 * @param errno As `libc.errno()` returned it right after the call
 * @param hint What the user can do about it
 */
export function failed(action: string, errno: number, hint?: string): Error {
  const help = hint === undefined ? "" : ` (${hint})`;
  return new Error(`${action}: ${errnoName(errno)}${help}`);
}

/**
 * Names by number, from asm-generic/errno-base.h and errno.h. 41 and 58 are unused.
 *
 * We do not use `util.getSystemErrorName`. It knows only about half of them, and not the same half
 * on Deno and on Bun: ENOEXEC, EINPROGRESS and EDQUOT are missing on one or both. It also calls
 * EOPNOTSUPP ENOTSUP.
 */
const NAMES: readonly (string | undefined)[] = [
  undefined,
  ...`
  EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES
  EFAULT ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY
  ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK
  ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH
  ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME
  ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG
  EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ
  ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT
  EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE
  EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN
  ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY
  EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM
  EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD
  ENOTRECOVERABLE ERFKILL EHWPOISON
  `.trim().split(/\s+/).map((name) => name === "-" ? undefined : name),
];
