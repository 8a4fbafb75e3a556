//! Drives the core as the gateway does: by its exports and offsets, with system calls imitated. One
//! lane, one connection.

use culvert_core::layout::{
    BATCH_ESP, CONN_ENABLED, FAMILY_V4, IKE_DROP, SA_INBOUND, SA_OUTBOUND, UNKNOWN_SPI_DROP,
};

use crate::Problem;
use crate::layout::Layout;
use crate::machine::Machine;
use crate::module::Module;
use crate::packet::{Packet, Sa};
use crate::value::{DATA, KEY, Label, of_packet, tag_octet};
use crate::verdict::Verdicts;

const LANE: u64 = 0;
const SHELL: u64 = 1;
const SAS: u64 = 32;
/// The largest inner MTU that a gateway accepts.
const INNER_MTU: u64 = 65_400;
/// More pages than the plan asks for.
const PAGES: usize = 1024;

/// Exports that meet secrets.
pub const ROOTS: [&str; 5] = [
    "sa_install",
    "inbound_open",
    "outbound_seal",
    "ike_seal",
    "ike_open",
];
/// Stack of an instance, the same as in `ts-bindings/core.ts`.
const STACK_LEN: u64 = 262_144;

/// The secrets of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// Unknown to the interpreter.
    Hidden,
    /// Derived from this number, so that the core's results can be compared with those of the
    /// portable engine.
    Known(u8),
}

/// A gateway on the interpreter.
pub struct Gateway<'a> {
    /// The core's instance.
    pub machine: Machine<'a>,
    layout: &'a Layout,
    secrets: Secrets,
    lane_at: u32,
    conn: u64,
    /// Number of operators in the last install, open or seal.
    pub last_operators: u64,
}

impl<'a> Gateway<'a> {
    /// Opens a gateway with one connection that is ready for packets.
    ///
    /// # Errors
    /// If the core refuses.
    pub fn new(
        (module, layout): (&'a Module<'a>, &'a Layout),
        secrets: Secrets,
    ) -> Result<Self, Problem> {
        let mut machine = Machine::new(module, PAGES)?;
        let limits = [1, 1, SAS, 4, INNER_MTU];
        let pages = machine.invoke("memory_pages", &limits)?;
        expect(pages > 0 && pages <= PAGES as u64, "the plan")?;
        machine.invoke("__wbindgen_start", &[STACK_LEN])?;
        let [lanes, connections, sas, rings, inner_mtu] = limits;
        let no_limit = u64::from(u32::MAX);
        let [ike, unknown_spi] = [IKE_DROP, UNKNOWN_SPI_DROP].map(u64::from);
        let init = [
            lanes,
            connections,
            sas,
            rings,
            inner_mtu,
            0,
            0,
            0,
            no_limit,
            ike,
            unknown_spi,
        ];
        expect(machine.invoke("core_init", &init)? == 1, "core_init")?;
        let lane_at = offset(machine.invoke("lane_block", &[LANE])?);
        let mut sockaddr = [0; 16];
        // AF_INET fits an octet.
        sockaddr[0] = FAMILY_V4 as u8;
        sockaddr[4..8].copy_from_slice(&[192, 0, 2, 1]);
        machine
            .memory
            .write(lane_at + layout.of("LANE_SOCKADDR")?, &sockaddr);
        let arguments = [LANE, 7, 8, 1.0_f64.to_bits(), 1e12_f64.to_bits()];
        let conn = machine.invoke("conn_open", &arguments)?;
        expect(conn == 1, "conn_open")?;
        machine.invoke("conn_state", &[LANE, conn, CONN_ENABLED.into()])?;
        Ok(Self {
            machine,
            layout,
            secrets,
            lane_at,
            conn,
            last_operators: 0,
        })
    }

    /// Installs an SA in both directions, for one peer. From then on its key is secret.
    ///
    /// # Errors
    /// If that leaks, or the core refuses.
    pub fn install(&mut self, sa: Sa) -> Result<(), Problem> {
        for direction in [SA_INBOUND, SA_OUTBOUND] {
            let shell_at = offset(self.machine.invoke("lane_block", &[SHELL])?);
            let spec_at = shell_at + self.layout.of("LANE_SA_SPEC")?;
            let key_at = spec_at + self.layout.of("SPEC_KEY")?;
            self.write_spec(spec_at, sa, direction)?;
            match self.secrets {
                Secrets::Hidden => self.machine.memory.hide(key_at, &vec![KEY; sa.key_len + 4]),
                Secrets::Known(seed) => self.machine.memory.write(key_at, &sa.material(seed)),
            }
            let id = self.watch("sa_install", &[SHELL])?;
            expect((1..=SAS).contains(&id), "sa_install")?;
        }
        Ok(())
    }

    fn write_spec(&mut self, spec_at: u32, sa: Sa, direction: u32) -> Result<(), Problem> {
        let memory = &mut self.machine.memory;
        let words = [
            ("SPEC_SPI", sa.spi(direction)),
            ("SPEC_DIRECTION", direction),
            ("SPEC_PEER", 1),
            ("SPEC_ALGORITHM", sa.algorithm.number()),
            ("SPEC_ESN", u32::from(sa.is_esn)),
            ("SPEC_WINDOW_LEN", 64),
            // A key and its salt have at most 40 octets.
            ("SPEC_KEY_LEN", sa.key_len as u32 + 4),
            ("SPEC_LOCAL_COUNT", 1),
            ("SPEC_REMOTE_COUNT", 1),
        ];
        for (name, word) in words {
            memory.write(spec_at + self.layout.of(name)?, &word.to_le_bytes());
        }
        // Version, length of the prefix, address.
        let any = [[4, 0, 0, 0], [0; 4], [0; 4]].concat();
        let remote = [[4, 0, 0, 0], [16, 0, 0, 0], [10, sa.number, 0, 0]].concat();
        memory.write(spec_at + self.layout.of("SPEC_LOCAL")?, &any);
        memory.write(spec_at + self.layout.of("SPEC_REMOTE")?, &remote);
        Ok(())
    }

    /// Receives a batch of packets and opens them. With hidden secrets, bit n of `answers` decides
    /// whether the branch on packet n's tag is taken.
    ///
    /// # Errors
    /// If that leaks, or the core asks about a packet more or less than once.
    pub fn open(&mut self, packets: &[Packet], answers: u32) -> Result<(), Problem> {
        let now = 1.0_f64.to_bits();
        for (n, packet) in packets.iter().enumerate() {
            self.arrive(n, packet)?;
        }
        let batch = self.machine.invoke("inbound", &[LANE, self.conn, now])?;
        expect(batch == u64::from(BATCH_ESP), "inbound")?;
        let count = self.word(self.lane_at + self.layout.of("LANE_BATCH_COUNT")?);
        expect(count as usize == packets.len(), "inbound")?;
        self.machine.verdicts = Some(Verdicts::new(answers));
        self.watch("inbound_open", &[LANE])?;
        let asked = self.machine.verdicts.take().map_or(0, |all| all.asked());
        match self.secrets {
            Secrets::Hidden => {
                // At most 64 packets.
                let all = u64::MAX >> (64 - packets.len());
                expect(asked == all, "one verdict for each packet")?;
                (0..packets.len()).try_for_each(|n| self.tell_verdict(n))
            }
            Secrets::Known(_) => expect(asked == 0, "no verdict on known secrets"),
        }
    }

    /// Publishes the result of job `n`, because the core may have stored it as the comparison left
    /// it. The labels show the result: only data that was opened has met the key.
    fn tell_verdict(&mut self, n: usize) -> Result<(), Problem> {
        let (at, len) = (self.job(n, "JOB_DATA")?, self.job(n, "JOB_DATA_LEN")?);
        let (_, labels) = self.machine.memory.read(at, len as usize);
        let is_opened = labels.iter().all(|label| label & KEY != 0);
        expect(
            is_opened || labels.iter().all(|label| label & KEY == 0),
            "a packet is opened whole or not at all",
        )?;
        let ok_at = self.job_at(n, "JOB_OK")?;
        self.machine
            .memory
            .write(ok_at, &u32::from(is_opened).to_le_bytes());
        Ok(())
    }

    /// Ends a batch that was opened. From here on a packet's content belongs to its reader, and the
    /// core reads it as zeros.
    ///
    /// # Errors
    /// If the core refuses.
    pub fn finish(&mut self, packets: &[Packet]) -> Result<(), Problem> {
        for (n, packet) in packets.iter().enumerate() {
            let data_at = self.job(n, "JOB_DATA")?;
            self.machine.memory.write(data_at, &vec![0; packet.len]);
        }
        let now = 1.0_f64.to_bits();
        self.machine
            .invoke("inbound_finish", &[LANE, self.conn, now])?;
        self.machine.invoke("rx_release_all", &[LANE, self.conn])?;
        Ok(())
    }

    /// Whether job `n` of the last opened batch was authentic.
    ///
    /// # Errors
    /// If the layout has no jobs.
    pub fn is_authentic(&self, n: usize) -> Result<bool, Problem> {
        Ok(self.job(n, "JOB_OK")? == 1)
    }

    /// Octets that job `n` opened or sealed, without the ICV.
    ///
    /// # Errors
    /// If the layout has no jobs.
    pub fn data(&self, n: usize) -> Result<&[u8], Problem> {
        let len = self.job(n, "JOB_DATA_LEN")? as usize;
        Ok(self.machine.memory.read(self.job(n, "JOB_DATA")?, len).0)
    }

    fn job(&self, n: usize, field: &str) -> Result<u32, Problem> {
        Ok(self.word(self.job_at(n, field)?))
    }

    fn job_at(&self, n: usize, field: &str) -> Result<u32, Problem> {
        let jobs_at = self.lane_at + self.layout.of("LANE_JOBS")?;
        let len = self.layout.of("JOB_LEN")?;
        // At most 64 jobs.
        Ok(jobs_at + n as u32 * len + self.layout.of(field)?)
    }

    fn word(&self, at: u32) -> u32 {
        let (octets, _) = self.machine.memory.read(at, 4);
        octets
            .iter()
            .rev()
            .fold(0, |word, octet| word << 8 | u32::from(*octet))
    }

    /// Writes a frame into the ring, as `readv` does.
    fn arrive(&mut self, n: usize, packet: &Packet) -> Result<(), Problem> {
        let now = 1.0_f64.to_bits();
        let front = packet.front(SA_INBOUND);
        let frame_len = 2 + 16 + packet.len + 16;
        let parts = self.machine.invoke("rx_prepare", &[LANE, self.conn])?;
        expect(parts == 1 || parts == 2, "rx_prepare")?;
        // A ring has slack behind it, so that the core sees every frame as contiguous. Frames are
        // not split here, so the first part must have room for the whole frame.
        let iov_at = self.lane_at + self.layout.of("LANE_RECV_IOV")?;
        let (ring_at, room) = (self.word(iov_at), self.word(iov_at + 8) as usize);
        if room < frame_len {
            return Err(Problem::Core(
                "the ring wraps: one run has too many octets".to_owned(),
            ));
        }
        let memory = &mut self.machine.memory;
        // Frames are shorter than 65,536 octets.
        memory.write(ring_at, &(frame_len as u16).to_be_bytes());
        memory.write(ring_at + 2, &front);
        let (data_at, len) = (ring_at + 18, packet.len as u32);
        match self.secrets {
            Secrets::Hidden => {
                let own = of_packet(n);
                memory.hide(data_at, &vec![DATA | own; packet.len]);
                let tag: [Label; 16] = std::array::from_fn(|n| tag_octet(n) | own);
                memory.hide(data_at + len, &tag);
            }
            Secrets::Known(seed) => {
                let sealed = packet.seal(SA_INBOUND, seed, &vec![0; packet.len]);
                memory.write(data_at, &sealed);
            }
        }
        self.machine
            .invoke("rx_commit", &[LANE, self.conn, frame_len as u64, now])?;
        Ok(())
    }

    /// Gives the core a batch of inner packets and seals them. One packet must have been opened
    /// before.
    ///
    /// # Errors
    /// If that leaks, or the core refuses.
    pub fn seal(&mut self, packets: &[Packet]) -> Result<(), Problem> {
        let now = 1.0_f64.to_bits();
        for (n, packet) in packets.iter().enumerate() {
            let slot_at = self.slot(n)?;
            self.machine.memory.write(slot_at, &packet.inner_header());
            let len_at = self.lane_at + self.layout.of("LANE_SLOT_LEN")? + 4 * n as u32;
            self.machine
                .memory
                .write(len_at, &(packet.len as u32).to_le_bytes());
        }
        self.machine
            .invoke("slots_in", &[LANE, packets.len() as u64])?;
        let conn = self.machine.invoke("outbound_next", &[LANE, now])?;
        expect(conn == self.conn, "outbound_next")?;
        for (n, packet) in packets.iter().enumerate() {
            let source_at = self.job(n, "JOB_SOURCE")?;
            expect(source_at == self.slot(n)?, "one job for each packet")?;
            let memory = &mut self.machine.memory;
            match self.secrets {
                Secrets::Hidden => memory.hide(source_at, &vec![DATA; packet.sealed_len()]),
                Secrets::Known(seed) => memory.write(source_at, &packet.plaintext(seed)),
            }
        }
        self.watch("outbound_seal", &[LANE]).map(drop)
    }

    /// Calls one of [`ROOTS`] and counts its operators. Every operator must run in those of its
    /// functions that meet a secret.
    pub(crate) fn watch(&mut self, export: &str, arguments: &[u64]) -> Result<u64, Problem> {
        let before = self.machine.operators;
        self.machine.coverage.is_watching = true;
        let ended = self.machine.invoke(export, arguments);
        self.machine.coverage.is_watching = false;
        self.last_operators = self.machine.operators - before;
        ended
    }

    /// Ends a batch that was sealed, without sending it anywhere.
    ///
    /// # Errors
    /// If the core refuses.
    pub fn send(&mut self) -> Result<(), Problem> {
        let now = 1.0_f64.to_bits();
        self.machine.invoke("outbound_commit", &[LANE])?;
        loop {
            let octets = self.machine.invoke("tx_plan", &[LANE, self.conn])?;
            if octets == 0 {
                break;
            }
            self.machine
                .invoke("tx_sent", &[LANE, self.conn, octets, now])?;
        }
        self.machine.invoke("tx_unlock", &[LANE, self.conn])?;
        let conn = self.machine.invoke("outbound_next", &[LANE, now])?;
        expect(conn == 0, "no entry is left")
    }

    /// Where the packet in a slot begins.
    pub(crate) fn slot(&self, n: usize) -> Result<u32, Problem> {
        Ok(self.word(self.lane_at + self.layout.of("LANE_SLOT_IOV")? + 16 * n as u32))
    }
}

/// The core's offsets have 32 bits.
const fn offset(bits: u64) -> u32 {
    bits as u32
}

pub(crate) fn expect(holds: bool, what: &str) -> Result<(), Problem> {
    if holds {
        return Ok(());
    }
    Err(Problem::Core(format!("not as expected: {what}")))
}
