// errno in words.

/**
 * The name of an error number: `EADDRINUSE`. A number that the kernel never had is told as it is.
 */
export function errnoName(errno: number): string {
  return NAMES[errno] ?? `errno ${errno}`;
}

/**
 * Makes the Error of a failed system call: `Cannot bind 127.0.0.1:4500: EADDRINUSE`.
 *
 * @param action What could not be done, from its capital letter on, without the colon
 * @param errno As `libc.errno()` gave it right after the call
 * @param hint What the user may do about it
 */
export function failed(action: string, errno: number, hint?: string): Error {
  const help = hint === undefined ? "" : ` (${hint})`;
  return new Error(`${action}: ${errnoName(errno)}${help}`);
}

/**
 * asm-generic/errno-base.h and errno.h, by number; 41 and 58 stand for nothing.
 *
 * Not `util.getSystemErrorName`: it knows about half of them, not the same half on Deno and on Bun
 * (ENOEXEC, EINPROGRESS and EDQUOT are missing on one or both), and has ENOTSUP for EOPNOTSUPP.
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
