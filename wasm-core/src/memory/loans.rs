//! The octets that are lent at the moment. Native debug builds check them; in all other builds
//! these types are empty.

#[cfg(all(debug_assertions, not(target_arch = "wasm32")))]
mod checked {
    use core::cell::RefCell;
    use core::ops::Range;

    #[derive(Clone, PartialEq, Eq)]
    struct Lent {
        octets: Range<u64>,
        is_writable: bool,
    }

    thread_local! {
        static LENT: RefCell<Vec<Lent>> = const { RefCell::new(Vec::new()) };
    }

    /// One range that is lent until this is dropped.
    pub(in super::super) struct Loan(Lent);

    impl Loan {
        /// Lends `len` octets at `offset` for reading.
        ///
        /// # Panics
        /// If one of them is lent for writing.
        pub(in super::super) fn to_read(offset: u32, len: u32) -> Self {
            Self::new(offset, len, false)
        }

        /// Lends `len` octets at `offset` for writing.
        ///
        /// # Panics
        /// If one of them is lent.
        pub(in super::super) fn to_write(offset: u32, len: u32) -> Self {
            Self::new(offset, len, true)
        }

        fn new(offset: u32, len: u32, is_writable: bool) -> Self {
            let octets = u64::from(offset)..u64::from(offset) + u64::from(len);
            let new = Lent {
                octets,
                is_writable,
            };
            LENT.with_borrow_mut(|lent| {
                assert!(
                    !lent.iter().any(|other| new.excludes(other)),
                    "lent already"
                );
                lent.push(new.clone());
            });
            Self(new)
        }
    }

    impl Lent {
        fn excludes(&self, other: &Self) -> bool {
            let (a, b) = (&self.octets, &other.octets);
            (self.is_writable || other.is_writable) && a.start.max(b.start) < a.end.min(b.end)
        }
    }

    impl Drop for Loan {
        fn drop(&mut self) {
            LENT.with_borrow_mut(|lent| {
                if let Some(at) = lent.iter().rposition(|other| *other == self.0) {
                    lent.swap_remove(at);
                }
            });
        }
    }

    /// Loans that end together.
    #[derive(Default)]
    pub(in super::super) struct Loans(RefCell<Vec<Loan>>);

    impl Loans {
        /// Adds one.
        pub(in super::super) fn add(&self, loan: Loan) {
            self.0.borrow_mut().push(loan);
        }
    }
}

#[cfg(not(all(debug_assertions, not(target_arch = "wasm32"))))]
mod unchecked {
    /// One range that is lent until this is dropped.
    pub(in super::super) struct Loan;

    impl Loan {
        /// Lends octets for reading.
        #[inline]
        pub(in super::super) fn to_read(_offset: u32, _len: u32) -> Self {
            Self
        }

        /// Lends octets for writing.
        #[inline]
        pub(in super::super) fn to_write(_offset: u32, _len: u32) -> Self {
            Self
        }
    }

    /// Loans that end together.
    #[derive(Default)]
    pub(in super::super) struct Loans;

    impl Loans {
        /// Adds one.
        #[inline]
        pub(in super::super) fn add(&self, _loan: Loan) {}
    }
}

#[cfg(all(debug_assertions, not(target_arch = "wasm32")))]
pub(super) use checked::{Loan, Loans};
#[cfg(not(all(debug_assertions, not(target_arch = "wasm32"))))]
pub(super) use unchecked::{Loan, Loans};
