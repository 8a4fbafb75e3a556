//! Records that TypeScript reads or writes whole: their members come from the struct itself.

use core::cell::Cell;

/// A member of a record.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name in the struct; an underscore in front says that it is padding.
    pub field: &'static str,
    /// Its offset in the record.
    pub at: usize,
    /// Its content.
    pub content: Content,
    /// Lines of its documentation.
    pub doc: &'static [&'static str],
}

/// The content of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A number.
    U32,
    /// A number, a bigint in TypeScript.
    U64,
    /// A number.
    F64,
    /// So many octets.
    Octets(usize),
    /// Records of their own.
    Selectors,
}

/// A type that a member may have.
pub trait Crosses {
    /// Its content.
    const CONTENT: Content;
}

impl Crosses for u32 {
    const CONTENT: Content = Content::U32;
}
impl Crosses for Cell<u32> {
    const CONTENT: Content = Content::U32;
}
impl Crosses for Cell<u64> {
    const CONTENT: Content = Content::U64;
}
impl Crosses for Cell<f64> {
    const CONTENT: Content = Content::F64;
}
impl<const N: usize> Crosses for [Cell<u8>; N] {
    const CONTENT: Content = Content::Octets(N);
}

/// Declares a record and the table of its members from one list.
macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[doc = $doc:literal])* $visible:vis $field:ident: $type:ty,)*
    }) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[doc = $doc])* $visible $field: $type,)*
        }

        impl $name {
            /// Its members, in their order.
            pub const MEMBERS: &'static [$crate::layout::record::Member] = &[
                $($crate::layout::record::Member {
                    field: stringify!($field),
                    at: ::core::mem::offset_of!($name, $field),
                    content: <$type as $crate::layout::record::Crosses>::CONTENT,
                    doc: &[$($doc),*],
                },)*
            ];
        }
    };
}

pub(super) use record;
