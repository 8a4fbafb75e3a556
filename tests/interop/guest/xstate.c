/* Preloaded into the user-mode kernel. Linux 6.1 keeps 2,696 octets of a process's extended state
 * and hands them back to PTRACE_SETREGSET, which takes the whole state or nothing. On processors
 * with more state (AMX) no guest gets further than its first process. Here a write puts the given
 * octets over those that are there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/uio.h>

enum { GETREGSET = 0x4204, SETREGSET = 0x4205, X86_XSTATE = 0x202, WHOLE_MAX = 65536 };

long ptrace(int request, int pid, void *addr, void *data)
{
	static long (*next)(int, int, void *, void *);
	static _Thread_local char whole[WHOLE_MAX];
	struct iovec all = { whole, sizeof whole };
	struct iovec *given = data;

	if (next == NULL)
		next = (long (*)(int, int, void *, void *))dlsym(RTLD_NEXT, "ptrace");
	if (request != SETREGSET || (long)addr != X86_XSTATE)
		return next(request, pid, addr, data);
	if (next(GETREGSET, pid, addr, &all) != 0)
		return -1;
	memcpy(whole, given->iov_base, given->iov_len < all.iov_len ? given->iov_len : all.iov_len);
	return next(SETREGSET, pid, addr, &all);
}
