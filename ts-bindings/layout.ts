// Generated from wasm-core/src/layout by `deno task generate`. Do not edit.

// Over all names and numbers that cross: the native engine has it, too.
export const LAYOUT_FINGERPRINT = 971_828_386;

// Sizes and limits, octets or counts.
export const ABI = 2;
export const ENGINE_ABI = 1;
export const BATCH_MAX = 64;
export const SCAN_MAX = 256;
export const EPOLL_MAX = 256;
export const TX_IOV_MAX = 64;
export const UP_READ_MAX = 3;
export const LANES_MAX = 64;
export const SAS_MAX = 16_384;
export const CONNECTIONS_MAX = 1_048_575;
export const INNER_MTU_MAX = 65_400;
export const IKE_MESSAGE_MAX = 65_535;
export const SELECTOR_MAX = 8;
export const WINDOW_MIN = 32;
export const WINDOW_MAX = 4096;
export const RING_LEN = 262_144;
export const RING_BLOCK_LEN = 327_680;
export const TX_QUEUE_MAX = 65_536;
export const LOWAT_START = 32_768;
export const LOWAT_MAX = 131_072;
export const ROW_LEN = 512;
export const SA_LEN = 4544;
export const CONTEXT_LEN = 3392;
export const WRITE_LEN = 8;
export const JOB_LEN = 64;
export const EVENT_LEN = 128;
export const EVENT_COUNT = 1024;
export const COMMAND_LEN = 32;
export const COMMAND_COUNT = 256;
export const SPEC_LEN = 576;
export const SPEC_SELECTOR_LEN = 24;
export const HISTOGRAM_SUM = 136;

// Values in tables.
export const CONN_CLOSED = 0;
export const CONN_ACCEPTED = 1;
export const CONN_PREFIXED = 2;
export const CONN_ENABLED = 3;
export const CONN_DRAINING = 4;
export const NO_RING = -1;
export const BATCH_NONE = 0;
export const BATCH_SKIPPED = 4;
export const BATCH_ESP = 1;
export const BATCH_UPSTREAM = 2;
export const BATCH_CLOSE = 3;
export const BATCH_HAND_OVER = 5;
export const SAID_CLIENT = 1;
export const SAID_DAEMON_IKE = 2;
export const SAID_DAEMON_ESP = 4;
export const IKE_DROP = 0;
export const IKE_RELAY = 1;
export const IKE_HAND_OVER = 2;
export const UNKNOWN_SPI_DROP = 0;
export const UNKNOWN_SPI_RELAY = 1;
export const PATH_TCP = 0;
export const PATH_KIND_SHIFT = 28;
export const PATH_ROW_MASK = 1_048_575;
export const OFFLOAD_NONE = 0;
export const OFFLOAD_HEADER = 1;
export const OFFLOAD_TCP = 2;
export const OFFLOAD_UDP = 4;
export const INBOUND = 0;
export const OUTBOUND = 1;
export const SA_INBOUND = 0;
export const SA_OUTBOUND = 1;
export const SA_ACTIVE = 1;
export const SA_SOFT = 2;
export const SA_EXPIRED = 3;
export const MEASURE_PACKETS = 1;
export const MEASURE_OCTETS = 2;
export const MEASURE_SECONDS = 3;
export const MEASURE_SEQUENCE = 4;
export const EVENT_OPENED = 1;
export const EVENT_CLOSED = 2;
export const EVENT_PATH_MOVED = 3;
export const EVENT_SOFT_LIMIT = 4;
export const EVENT_SA_EXPIRED = 5;
export const EVENT_AUDIT = 6;
export const EVENT_IKE_DROPPED = 7;
export const EVENT_IKE_SHARED = 8;
export const EVENT_SA_FIRST = 9;
export const FAMILY_V4 = 2;
export const FAMILY_V6 = 10;

// Offsets in a lane's block.
export const LANE_ATTENTION = 0;
export const LANE_EVENTS_WRITTEN = 64;
export const LANE_EVENTS_CONSUMED = 128;
export const LANE_COMMANDS_WRITTEN = 192;
export const LANE_COMMANDS_CONSUMED = 256;
export const LANE_ORDERS = 320;
export const LANE_BUSY_MS = 384;
export const LANE_EVENTS_LOST = 392;
export const LANE_COUNTERS = 400;
export const LANE_FRAMES = 912;
export const LANE_OCTETS = 976;
export const LANE_ESP_PACKETS = 1040;
export const LANE_ECN_MARKS = 1056;
export const LANE_IKE_DELAY = 1064;
export const LANE_QUEUE = 1208;
export const LANE_UP_IKE = 1360;
export const LANE_FRESH = 1364;
export const LANE_BATCH_COUNT = 1368;
export const LANE_BATCH_STATUS = 1372;
export const LANE_SOCKADDR = 1376;
export const LANE_EPOLL = 1504;
export const LANE_SCRATCH = 5600;
export const LANE_RECV_IOV = 9696;
export const LANE_TX_MSG = 9728;
export const LANE_TX_IOV = 9792;
export const LANE_UP_MMSG = 10_816;
export const LANE_UP_IOV = 14_920;
export const LANE_UP_READ = 17_480;
export const LANE_INNER_IOV = 17_912;
export const LANE_WRITES = 18_936;
export const LANE_SLOT_IOV = 19_448;
export const LANE_SLOT_LEN = 20_472;
export const LANE_JOBS = 20_736;
export const LANE_JOB_COUNT = 24_836;
export const LANE_SA_SPEC = 163_712;
export const LANE_EVENTS = 164_288;
export const LANE_COMMANDS = 295_360;

// Where the slots begin in it.
export const LANE_SLOTS = 307_200;

// Offsets in a connection's row.
export const ROW_STATE = 0;
export const ROW_LANE = 4;
export const ROW_FD = 8;
export const ROW_EPFD = 12;
export const ROW_GENERATION = 16;
export const ROW_FAMILY = 20;
export const ROW_ADDRESS = 24;
export const ROW_PORT = 40;
export const ROW_EPOCH_MS = 48;
export const ROW_OPENED_AT = 56;
export const ROW_LOCAL_ADDRESS = 360;
export const ROW_LOCAL_PORT = 120;
export const ROW_SCORE = 76;
export const ROW_VALID_AT = 80;
export const ROW_READ_AT = 88;
export const ROW_PARTIAL_AT = 96;
export const ROW_HELD_AT = 104;
export const ROW_UP_PLAIN = 112;
export const ROW_UP_SAID = 124;
export const ROW_UP_ADDRESS = 176;
export const ROW_UP_PORT = 172;
export const ROW_TX_QUEUED = 248;
export const ROW_IKE_WAITS = 252;
export const ROW_TX_PARTIAL_AT = 256;
export const ROW_LOWAT = 344;
export const ROW_LOWAT_SET = 348;
export const ROW_SEGMENT = 352;
export const ROW_TRUSTED_AT = 128;
export const ROW_HAS_LEFT = 168;
export const ROW_IS_LIKELY = 170;
export const ROW_IS_ASKED = 171;
export const ROW_INBOUND = 384;
export const ROW_OUTBOUND = 448;

// Offsets in ROW_INBOUND and ROW_OUTBOUND: u64 by kind.
export const BY_KIND_FRAMES = 0;
export const BY_KIND_OCTETS = 32;

// Offsets in an SA's row.
export const SA_SPI = 0;
export const SA_NUMBER = 32;
export const SA_DIRECTION = 4;
export const SA_PEER = 8;
export const SA_ESN = 12;
export const SA_WINDOW_LEN = 16;
export const SA_IS_STANDBY = 124;
export const SA_INITIAL_SEQUENCE = 40;
export const SA_INSTALLED_AT = 104;
export const SA_STATE = 576;
export const SA_SEQUENCE = 584;
export const SA_PACKETS = 592;
export const SA_OCTETS = 600;
export const SA_VALID_AT = 608;
export const SA_UNTOLD = 620;
export const SA_CONTEXT = 1152;

// Offsets in LANE_SA_SPEC.
export const SPEC_SPI = 0;
export const SPEC_DIRECTION = 4;
export const SPEC_PEER = 8;
export const SPEC_ALGORITHM = 12;
export const SPEC_ESN = 16;
export const SPEC_WINDOW_LEN = 20;
export const SPEC_KEY_LEN = 24;
export const SPEC_LOCAL_COUNT = 28;
export const SPEC_REMOTE_COUNT = 32;
export const SPEC_STANDBY = 36;
export const SPEC_INITIAL_SEQUENCE = 40;
export const SPEC_IV_OFFSET = 48;
export const SPEC_SOFT_PACKETS = 56;
export const SPEC_SOFT_OCTETS = 64;
export const SPEC_SOFT_SECONDS = 72;
export const SPEC_HARD_PACKETS = 80;
export const SPEC_HARD_OCTETS = 88;
export const SPEC_HARD_SECONDS = 96;
export const SPEC_NOW = 104;
export const SPEC_KEY = 112;
export const SPEC_LOCAL = 152;
export const SPEC_REMOTE = 344;

// Offsets in one prefix of it.
export const SPEC_SELECTOR_VERSION = 0;
export const SPEC_SELECTOR_BITS = 4;
export const SPEC_SELECTOR_OCTETS = 8;

// Offsets in a job.
export const JOB_CONTEXT = 0;
export const JOB_DATA = 4;
export const JOB_DATA_LEN = 8;
export const JOB_SOURCE = 12;
export const JOB_TAG = 16;
export const JOB_AAD_LEN = 20;
export const JOB_OK = 24;
export const JOB_SA = 28;
export const JOB_NONCE = 32;
export const JOB_AAD = 44;
export const JOB_SEQUENCE = 56;

// Offsets in an event.
export const EVENT_KIND = 0;
export const EVENT_STATUS = 4;
export const EVENT_CONN = 8;
export const EVENT_SPI = 12;
export const EVENT_VALUE = 16;
export const EVENT_AT = 24;
export const EVENT_SUPPRESSED = 32;
export const EVENT_FAMILY = 36;
export const EVENT_PORT = 40;
export const EVENT_GENERATION = 44;
export const EVENT_ADDRESS = 48;
export const EVENT_LOCAL_ADDRESS = 64;
export const EVENT_LOCAL_PORT = 80;
export const EVENT_MEASURE = 84;
export const EVENT_SA = 88;
export const EVENT_IS_TRUSTED = 96;

// Kinds of frames, in the order of the counters.
export const FRAME_KINDS = ["ike", "esp", "keepalive", "empty"] as const;

// Upper bounds of LANE_IKE_DELAY, seconds.
export const DELAY_BUCKETS: readonly number[] = [
  0.00005,
  0.0001,
  0.00025,
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
];

// Upper bounds of LANE_QUEUE, octets.
export const QUEUE_BUCKETS: readonly number[] = [
  0,
  512,
  1024,
  2048,
  4096,
  8192,
  16384,
  24576,
  32768,
  49152,
  65536,
  81920,
  98304,
  131072,
  196608,
  262144,
];
