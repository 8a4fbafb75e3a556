//! Messages of IKE: sealed, opened, and refused, in the octets of the lane's slots.

use culvert_core::aead::kinds;

use crate::Problem;
use crate::gateway::{Gateway, expect};
use crate::value::{DATA, KEY, Label, of_packet, tag_octet};
use crate::verdict::Verdicts;

/// The AAD of a message, and of a fragment.
const AAD_LENS: [u32; 2] = [32, 36];
/// Octets of the text. Longer ones are those of ESP, which run the same kernels.
const TEXT_LENS: [u32; 6] = [1, 48, 63, 100, 300, 1400];
const IV_LEN: u32 = 8;
const ICV_LEN: u32 = 16;

/// Runs all messages with secret keys and texts.
///
/// # Errors
/// The first leak.
pub fn run(gateway: &mut Gateway<'_>) -> Result<(), Problem> {
    for (algorithm, key_len) in kinds() {
        for (aad_len, text_len) in AAD_LENS
            .iter()
            .flat_map(|&aad| TEXT_LENS.map(|len| (aad, len)))
        {
            let message = Message {
                algorithm: algorithm.number().into(),
                // A key and its salt have at most 40 octets.
                key_len: key_len as u64 + 4,
                aad_len,
                text_len,
            };
            seal(gateway, &message)?;
            open(gateway, &message, 0)?;
            open(gateway, &message, 1)?;
        }
    }
    Ok(())
}

struct Message {
    algorithm: u64,
    key_len: u64,
    aad_len: u32,
    text_len: u32,
}

impl Message {
    const fn len(&self) -> u32 {
        self.aad_len + IV_LEN + self.text_len + ICV_LEN
    }
}

/// Hides a new key, and returns where it lies.
fn key(gateway: &mut Gateway<'_>, message: &Message) -> Result<u32, Problem> {
    let at = gateway.slot(2)?;
    let secret = vec![KEY; message.key_len as usize];
    gateway.machine.memory.hide(at, &secret);
    Ok(at)
}

fn seal(gateway: &mut Gateway<'_>, message: &Message) -> Result<(), Problem> {
    let (at, text_at) = (gateway.slot(0)?, gateway.slot(1)?);
    let key_at = key(gateway, message)?;
    let memory = &mut gateway.machine.memory;
    memory.write(at, &vec![0; message.len() as usize]);
    memory.hide(text_at, &vec![DATA; message.text_len as usize]);
    let arguments = [
        message.algorithm,
        key_at.into(),
        message.key_len,
        at.into(),
        message.len().into(),
        message.aad_len.into(),
        text_at.into(),
    ];
    expect(gateway.watch("ike_seal", &arguments)? == 1, "ike_seal")
}

/// Opens a message whose tag is secret, as in [`Gateway::open`].
fn open(gateway: &mut Gateway<'_>, message: &Message, answers: u32) -> Result<(), Problem> {
    let at = gateway.slot(0)?;
    let key_at = key(gateway, message)?;
    let text_at = at + message.aad_len + IV_LEN;
    let own = of_packet(0);
    let memory = &mut gateway.machine.memory;
    memory.write(at, &vec![0; (message.aad_len + IV_LEN) as usize]);
    memory.hide(text_at, &vec![DATA | own; message.text_len as usize]);
    let tag: [Label; 16] = std::array::from_fn(|n| tag_octet(n) | own);
    memory.hide(text_at + message.text_len, &tag);
    gateway.machine.verdicts = Some(Verdicts::new(answers));
    let arguments = [
        message.algorithm,
        key_at.into(),
        message.key_len,
        at.into(),
        message.len().into(),
        message.aad_len.into(),
    ];
    let ended = gateway.watch("ike_open", &arguments);
    let asked = gateway.machine.verdicts.take().map_or(0, |all| all.asked());
    ended?;
    expect(asked == 1, "one verdict for a message")
}
