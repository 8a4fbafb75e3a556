//! The only question that a secret may decide: whether the tag of a packet is right. It may be
//! asked once for each packet, and only while packets are opened.

use crate::value::{KEY, Label, TAG, packet_of};

/// Answers to that question while one batch is opened.
#[derive(Default)]
pub struct Verdicts {
    /// Bit n is set once packet n has been asked about.
    asked: u64,
    /// Bit n modulo 32 is the answer for packet n: whether the branch is taken.
    answers: u32,
}

impl Verdicts {
    /// Answers for a batch that has not been asked about yet.
    pub const fn new(answers: u32) -> Self {
        Self { asked: 0, answers }
    }

    /// Bit n is set if packet n has been asked about.
    pub const fn asked(&self) -> u64 {
        self.asked
    }

    /// Whether a value with this label is a verdict that has been asked for already.
    pub(crate) fn has_answered(&self, label: Label) -> bool {
        let packet = packet_of(label).filter(|_| label & (TAG | KEY) == TAG | KEY);
        packet.is_some_and(|packet| self.asked & 1 << packet != 0)
    }

    /// The answer to a branch on a value with this label. `None` unless the value is a verdict: it
    /// depends on the key and on all octets of one packet's tag, and that packet has not been asked
    /// about.
    pub(crate) fn answer(&mut self, label: Label) -> Option<bool> {
        if label & (TAG | KEY) != TAG | KEY {
            return None;
        }
        let packet = packet_of(label)?;
        if self.asked & 1 << packet != 0 {
            return None;
        }
        self.asked |= 1 << packet;
        Some(self.answers.rotate_right(packet) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{DATA, of_packet, tag_octet};

    fn verdict_on(packet: usize) -> Label {
        TAG | KEY | DATA | of_packet(packet)
    }

    #[test]
    fn each_packet_has_one_verdict_and_its_own_answer() {
        let mut verdicts = Verdicts::new(0b101);
        for packet in 0..64 {
            let answer = matches!(packet % 32, 0 | 2);
            assert_eq!(verdicts.answer(verdict_on(packet)), Some(answer));
        }
        assert_eq!(verdicts.asked(), u64::MAX);
    }

    #[test]
    fn a_second_question_about_a_packet_is_none() {
        let mut verdicts = Verdicts::new(0);
        assert!(verdicts.answer(verdict_on(3)).is_some());
        assert!(verdicts.answer(verdict_on(4)).is_some());
        assert_eq!(verdicts.answer(verdict_on(3)), None);
    }

    #[test]
    fn a_part_of_a_tag_is_no_verdict_nor_is_a_tag_without_key_or_packet() {
        let whole = verdict_on(3);
        for lacking in [tag_octet(0), tag_octet(15), KEY, of_packet(3)] {
            assert_eq!(Verdicts::new(0).answer(whole & !lacking), None);
        }
    }

    #[test]
    fn what_depends_on_two_packets_is_no_verdict() {
        for (a, b) in [(0, 1), (0, 63), (5, 7)] {
            let both = verdict_on(a) | verdict_on(b);
            assert_eq!(Verdicts::new(0).answer(both), None);
        }
    }
}
