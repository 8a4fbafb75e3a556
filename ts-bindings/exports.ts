// Generated from wasm-core/src/border by `deno task generate`. Do not edit.

// deno-lint-ignore-file camelcase -- names are those of the exports

/**
 * Everything the core does, as numbers.
 *
 * `lane` is the number of the caller's lane block; `conn` is the row of a connection, 1 and up, and
 * 0 is none; `now` is monotonic milliseconds with a fraction. An offset is octets from the start of
 * the memory. A result that may be refused is a value, 1 and up, or minus a status (`outcome.ts`).
 * Nothing here calls the kernel.
 */
export interface Core {
  // Set-up.

  /** Version of the border. */
  core_abi(): number;

  /**
   * Pages that the memory needs, 0 if the limits do not fit into 4 GiB. Only plans, and touches
   * no memory.
   */
  memory_pages(
    lanes: number,
    connections: number,
    sas: number,
    rings: number,
    innerMtu: number,
  ): number;

  /**
   * Lays the memory out, with every constant table of every lane: bases of iovecs, pointers of
   * message headers. Returns 1, or 0 if the limits do not fit.
   *
   * The shell calls it once, before lanes start. `base` is the absolute address of the memory;
   * with 0, as native tests have it, offsets are addresses. `ike` is an `IKE_` value and
   * `unknown_spi` an `UNKNOWN_SPI_` value: what happens to IKE, and to ESP that has no inbound
   * SA.
   */
  core_init(
    lanes: number,
    connections: number,
    sas: number,
    rings: number,
    innerMtu: number,
    baseLow: number,
    baseHigh: number,
    maxPerSource: number,
    suspectLimit: number,
    ike: number,
    unknownSpi: number,
  ): number;

  /** A lane's block. */
  lane_block(lane: number): number;

  /** A connection's row. */
  conn_row(conn: number): number;

  /** Where the row of an SA lies. */
  sa_row(sa: number): number;

  // Connections.

  /**
   * Takes a row for a connection whose peer `LANE_SOCKADDR` names, as accept4 wrote it. Returns
   * the row, or minus `RefusedTotal` or `RefusedSource`. The state is `CONN_ACCEPTED`.
   */
  conn_open(lane: number, fd: number, epfd: number, now: number, epochMs: number): number;

  /**
   * Row of the connection that gives way to one of the peer in `LANE_SOCKADDR`, or 0. It is
   * called before `conn_open`. The caller closes the connection at once; if it belongs to
   * another lane (`ROW_HAS_LEFT` is 1 then), that lane has to close it.
   */
  conn_give_way(lane: number, now: number): number;

  /**
   * Row of a connection of the lane whose end frees descriptors and ports, or 0: for connection
   * `conn`, or with 0 for a new one of the peer in `LANE_SOCKADDR`. The caller closes it.
   */
  conn_spare(lane: number, conn: number, now: number): number;

  /**
   * Number of connections whose peers have to be asked whether they are still there, because one
   * of the peer in `LANE_SOCKADDR` comes and a limit is half reached. Each has `ROW_IS_ASKED` of
   * 1, and may belong to any lane.
   */
  conn_ask(lane: number, now: number): number;

  /**
   * Trusts a connection, because its peer has proved a key elsewhere than in ESP: an IKE SA in
   * this process was authenticated on it, or the originator's side has opened it. Only the lane
   * that owns the connection calls it; one that has ended stays as it is.
   */
  conn_trust(lane: number, conn: number, now: number): void;

  /**
   * Counts an IKE message as `IkeInvalid`, a point on the connection's corruption score. The IKE
   * of this process has said so after the message was taken.
   */
  conn_suspect(lane: number, conn: number): void;

  /**
   * Reads `LANE_SOCKADDR`, as getsockname wrote it: the address that the peer has connected to.
   */
  conn_local(lane: number, conn: number): void;

  /**
   * Takes the transmit lock, marks the row closed and begins a new generation of it. Returns 1,
   * or 0 if it was closed already.
   */
  conn_close_begin(lane: number, conn: number, status: number): number;

  /**
   * Gives the rings back, takes the source count down, frees the row and releases the transmit
   * lock. Close the descriptor before this call: a reused number must never get old octets.
   */
  conn_close_end(lane: number, conn: number): void;

  /** Sets `ROW_STATE` of a connection that has not ended, to one of the `CONN_` values. */
  conn_state(lane: number, conn: number, state: number): void;

  // Inbound.

  /**
   * Borrows a ring if the row has none, and lays `LANE_RECV_IOV` over all its free space.
   * Returns the number of parts (1 or 2), 0 if the ring is full, or
   * `NO_RING` if the pool is empty.
   */
  rx_prepare(lane: number, conn: number): number;

  /** Takes in the octets that the kernel wrote at `now`. */
  rx_commit(lane: number, conn: number, octets: number, now: number): void;

  /** Unread octets. */
  rx_len(conn: number): number;

  /** The first unread octet. */
  rx_at(conn: number): number;

  /** Consumes octets of the stream prefix. */
  rx_skip(lane: number, conn: number, octets: number): void;

  /**
   * Looks for the next batch: up to `BATCH_MAX` frames of one class, among at most `SCAN_MAX`
   * frames (steps 4 and 5). Frames that are ignored or dropped are counted on the way. Returns
   * the kind of batch, with a count in `LANE_BATCH_COUNT`:
   *
   * - `BATCH_NONE`: no whole frame is left; if `rx_len` is above 0, there is a partial one. The
   *   count is that of frames before it, which went nowhere.
   * - `BATCH_SKIPPED`: as many frames as the count says went nowhere; more may follow.
   * - `BATCH_ESP`: that many jobs in `LANE_JOBS` are to be opened. The SAD is held until
   *   `inbound_finish`.
   * - `BATCH_UPSTREAM`: that many sends in `LANE_UP_MMSG`, a mmsghdr each with an iovec for each
   *   datagram. The marker stays, the Length field is left out. Neighbours of one length are one
   *   send, which UDP_SEGMENT cuts; IKE goes alone, and with `ROW_UP_PLAIN` each datagram does.
   *   All are IKE, `LANE_UP_IKE` of them, or all are ESP, and that is 0.
   * - `BATCH_HAND_OVER`: that many IKE messages, each an iovec of `LANE_UP_IOV`.
   * - `BATCH_CLOSE`: the connection has to end with `LANE_BATCH_STATUS`, which is
   *   `FrameLengthInvalid` or `SuspectLimit`.
   */
  inbound(lane: number, conn: number, now: number): number;

  /**
   * Makes packets that have waited for a promised SPI the lane's batch, once their SA is there:
   * those of one connection, whose row it returns, with their number in `LANE_BATCH_COUNT`. Then
   * it is as after a `BATCH_ESP` of `inbound`. Returns 0 if no packet can be opened; those that
   * have waited too long, or for a promise that was taken back, are dropped. A lane calls it
   * when it is told that an SA has come or a promise was taken back.
   */
  inbound_waiting(lane: number, now: number): number;

  /** Opens the packets of the batch in place (step 6). The results are in `JOB_OK`. */
  inbound_open(lane: number): void;

  /**
   * Takes the opened packets in (step 7): moves paths, scores suspects. Returns the number of
   * inner packets. `LANE_FRESH` is the number of packets that were authentic and no replay.
   */
  inbound_finish(lane: number, conn: number, now: number): number;

  /**
   * Lays the inner packets of the last `inbound_finish` out for the device (step 8). Returns the
   * number of `writev` calls in `LANE_WRITES`, each the index of its first iovec in
   * `LANE_INNER_IOV` and a number of packets, one iovec a packet. On a device with offloads
   * neighbours of a flow are joined, and each call begins with a header.
   */
  inner_plan(lane: number): number;

  /**
   * Lays the packets of call `write`, which the device has refused, out one by one: each iovec
   * of the call is then a call of its own. Returns the `OFFLOAD_` bit of the packets' protocol,
   * or 0 if the call has one packet.
   */
  inner_split(lane: number, write: number): number;

  /** Releases the whole batch with what was ignored in it. An empty ring goes back to the pool. */
  rx_release_all(lane: number, conn: number): void;

  /**
   * Releases the first `sends` sends of a batch for upstream, or so many messages of one that is
   * handed over. The others stay in the ring, to be found again. An empty ring goes back to the
   * pool.
   */
  rx_release_sent(lane: number, conn: number, sends: number): void;

  /**
   * Notes that the connection rests: what is there has been looked at. An empty ring goes back.
   */
  rx_rest(lane: number, conn: number): void;

  // Upstream.

  /**
   * Number of reads of `LANE_UP_READ` (a mmsghdr for `recvmmsg`, into slots) that the IKE
   * reserve can take if all of them are IKE, 0 to `UP_READ_MAX`, or `NO_RING` if the pool is
   * empty. The reserve is kept until `upstream_end`. With 0, `ROW_IKE_WAITS` is 1 until a sender
   * has made room.
   */
  upstream_begin(lane: number, conn: number): number;

  /**
   * Queues the datagrams of one read: a datagram or, as UDP_GRO says, a run of them. Returns
   * `Ok`, or the status of the last one: `Keepalive`, `UpstreamStray`, `TxRingFull`,
   * `QueueDelay`, `IkeTooLong`, `EspTooLong`, `IkeShort`, `EspShort` or `FrameShort`.
   *
   * Unless it is a keepalive or a stray, this resets the score and sets `ROW_VALID_AT`. It also
   * counts what the socket has lost. There is one copy, into the IKE ring or the transmit ring.
   */
  upstream_in(lane: number, conn: number, read: number, now: number): number;

  /**
   * Queues an IKE message of this process: `octets` from `at` on, without the non-ESP marker.
   * Returns 1, 0 if the reserve has no room (`ROW_IKE_WAITS` is 1 until a sender has made some)
   * or the connection has ended, or `NO_RING` if the pool is empty.
   *
   * A message that only an authenticated IKE SA sends is a trusted word (`conn_trust`), and
   * counts as valid traffic. Another one is an answer that everybody gets.
   */
  ike_in(lane: number, conn: number, at: number, octets: number, now: number): number;

  /** Releases the reserve that `upstream_begin` took. */
  upstream_end(lane: number, conn: number): void;

  // Outbound.

  /**
   * Sets which packets of many segments the lane's inner device takes, in `OFFLOAD_` bits, and
   * lays `LANE_SLOT_IOV` out for them. Whether there is a header must not change once the lane
   * has read from the device.
   */
  inner_offload(lane: number, offload: number): void;

  /**
   * Makes the packets in the slots the lane's outbound entries; `LANE_SLOT_LEN` has their
   * lengths. With offloads the header in front is checked against its packet (`InnerInvalid` if
   * they differ), and a checksum that was left to us is completed.
   */
  slots_in(lane: number, count: number): void;

  /**
   * Lets the echo host turn the first `count` inner packets of the last `inbound_finish` into
   * replies, in place; they become the outbound entries. Returns the number of replies.
   */
  echo_in(lane: number, count: number): number;

  /**
   * Sets an address of the echo host, which stands at `offset`. Returns 1, or 0 if there is no
   * such family. A lane that looks at the same moment may pass a packet over.
   */
  echo_address(lane: number, family: number, offset: number): number;

  /**
   * Makes one dummy packet (next header 59) on the outbound SA in row `sa` the lane's only
   * entry, if its number is `number`. Returns 1, or minus a status. The SAD stays held until
   * `outbound_next`.
   */
  dummy_in(lane: number, sa: number, number: number, octets: number): number;

  /**
   * Takes the next connection that entries want to leave on, locks its transmit side and fills
   * `LANE_JOBS` for all entries of that connection, in order: policy, path, room, then the
   * number. Returns the connection, or 0 when no entry is left and the SAD has been let go.
   *
   * Entries without policy, path or room are dropped and counted before they take a number. A
   * packet of many segments is cut here, a job for each; the rest, when jobs or ring are full,
   * comes with the next call.
   */
  outbound_next(lane: number, now: number): number;

  /** Seals the packets of the batch, from their entries into the transmit ring. */
  outbound_seal(lane: number): void;

  /**
   * Publishes the frames and lets the SAD go until the next `outbound_next`. The transmit lock
   * stays.
   */
  outbound_commit(lane: number): void;

  // Transmit.

  /** Takes a connection's transmit lock. Returns 1, or 0 if the connection has ended. */
  tx_lock(lane: number, conn: number): number;

  /**
   * Lays the octets that may leave into `LANE_TX_MSG`, a msghdr over up to `TX_IOV_MAX` iovecs:
   * the rest of the begun frame, IKE, then ESP. Returns their number.
   */
  tx_plan(lane: number, conn: number): number;

  /**
   * Takes note of the octets that the kernel took: cursors move, and frames that ended are
   * counted. Returns the octets still queued.
   */
  tx_sent(lane: number, conn: number, octets: number, now: number): number;

  /** Gives empty rings back and releases the transmit lock. */
  tx_unlock(lane: number, conn: number): void;

  // SAs and peers.

  /**
   * Installs the SA in `LANE_SA_SPEC`, which it wipes. Returns its row, or minus a status; the
   * row has its number in `SA_NUMBER`. Only mechanics are checked here: that the SPI of an
   * inbound SA is free, room, lengths, ranges. Policy is `gateway/shell/sad.ts`.
   */
  sa_install(lane: number): number;

  /**
   * Removes the SA in row `sa`; its key is wiped before this returns, and events that found no
   * room are in the ring of `lane`, the shell's. Returns 1, or 0 if there is none.
   */
  sa_remove(lane: number, sa: number): number;

  /** Ends the standby of the outbound SA in row `sa`. Returns 1, or 0 if there is none. */
  sa_use(lane: number, sa: number): number;

  /** Row of the inbound SA with this SPI, or 0. */
  sa_find(spi: number): number;

  /**
   * Promises an inbound SA of this SPI. Packets that come for it wait in their lanes, for a
   * second at most; the rest is dropped. `sa_install` keeps the promise, and `inbound_waiting`
   * finds the packets then. Some thousands of promises are remembered, the newest.
   */
  spi_promise(lane: number, spi: number): void;

  /** Takes a promise back. The next `inbound_waiting` of a lane drops what has waited for it. */
  spi_forget(lane: number, spi: number): void;

  /**
   * Warns of SAs that have become old, stops those whose time has passed, and wipes the keys of
   * stopped ones. Returns the number of stopped SAs, which are left to `sa_remove`. Called once
   * a second.
   */
  sa_sweep(lane: number, now: number): number;

  /**
   * Makes every SA `ms` older. The host was suspended for so long, which its monotonic clock
   * does not count.
   */
  sa_age(lane: number, ms: number): void;

  /** A peer's live path: its kind (`PATH_TCP`) << `PATH_KIND_SHIFT` | the connection, or 0. */
  peer_path(peer: number): number;

  /**
   * Makes a live connection a peer's path before the peer has sent ESP on it: the originator's
   * own one, or that on which IKE has made the peer's SAs. Returns 1, or 0 if the connection
   * with this `ROW_GENERATION` has ended.
   */
  peer_use(peer: number, conn: number, generation: number): number;

  /**
   * Ends a peer's path when its last SA has gone. The number is free for another peer, which
   * must earn a path of its own.
   */
  peer_forget(peer: number): void;

  /** Wipes every key, at the end of the process. */
  core_wipe_all(): void;

  // IKE messages.

  /**
   * Seals an IKE message of `len` octets at `message`: AAD, IV, room for the text, and for the
   * ICV. The text comes from `text`, where it is wiped. `key` has key and salt, `key_len` octets
   * in all, which every call wipes. Returns 1, or 0 if the algorithm or a length is none; then
   * the message is as it was.
   *
   * It needs no `core_init`, and keeps nothing. All places are offsets of the caller's own.
   */
  ike_seal(
    algorithm: number,
    key: number,
    keyLen: number,
    message: number,
    len: number,
    aadLen: number,
    text: number,
  ): number;

  /**
   * Opens a message that is laid out so, in place. Returns 1, or 0 if it is not authentic, or
   * the algorithm or a length is none; then the message is as it was.
   */
  ike_open(
    algorithm: number,
    key: number,
    keyLen: number,
    message: number,
    len: number,
    aadLen: number,
  ): number;

  // Counters and events.

  /** Adds `n` to the counter of a status, for what TypeScript notices. */
  count(lane: number, status: number, n: number): void;

  /**
   * Appends to the lane's event ring; an event that does not fit is counted in
   * `LANE_EVENTS_LOST`. `conn` and `spi` are 0 if they do not apply.
   */
  event(lane: number, kind: number, conn: number, status: number, spi: number, value: number): void;

  /** Adds the time that an IKE message was underway, ms, to `LANE_IKE_DELAY`. */
  ike_delay(lane: number, ms: number): void;
}

/**
 * Makes offsets that the exports return unsigned.
 *
 * WebAssembly hands out i32: an offset above 2 GiB would come out negative.
 */
export function withOffsets<Raw extends Core>(core: Raw): Core {
  return {
    ...core,
    lane_block: (lane: number): number => core.lane_block(lane) >>> 0,
    conn_row: (conn: number): number => core.conn_row(conn) >>> 0,
    sa_row: (sa: number): number => core.sa_row(sa) >>> 0,
    rx_at: (conn: number): number => core.rx_at(conn) >>> 0,
  };
}
