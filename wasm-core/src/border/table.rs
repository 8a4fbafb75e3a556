//! The table of exports, and the macro that makes a section of it together with its functions.

/// A section of the border.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its heading in documents.
    pub title: &'static str,
    /// Its functions, in the order in which they are called.
    pub exports: &'static [Export],
}

/// A function that TypeScript calls.
#[derive(Clone, Copy, Debug)]
pub struct Export {
    /// Its name, which the module exports.
    pub name: &'static str,
    /// What it takes, in order.
    pub parameters: &'static [Parameter],
    /// The type of its result, as the source names it; `None` if it has none.
    pub result: Option<&'static str>,
    /// Lines of its documentation, each as it stands behind `///`.
    pub doc: &'static [&'static str],
}

/// A parameter of an export.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name in the source; an underscore in front says that the core does not read it.
    pub name: &'static str,
    /// Its type, as the source names it.
    pub kind: &'static str,
}

/// Octets from the start of the memory. WebAssembly hands out i32, so TypeScript makes each of them
/// unsigned again.
pub type Offset = u32;

/// A value, 1 and up, or minus the number of the status for which there is none.
pub type Outcome = i32;

/// Number of a status; 0 is `Ok`.
pub type StatusNumber = u32;

/// 1 if it was done, else 0.
pub type Done = u32;

/// Makes a section: each function as an export of the module, and a row of `SECTION` for it.
macro_rules! exports {
    (section $title:literal; $(
        $(#[doc = $doc:literal])+
        fn $name:ident($($parameter:ident: $kind:ident),* $(,)?) $(-> $result:ident)? $body:block
    )+) => {
        $(
            $(#[doc = $doc])+
            #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
            #[allow(clippy::too_many_arguments)] // the border knows numbers only
            pub extern "C" fn $name($($parameter: $kind),*) $(-> $result)? $body
        )+

        pub(super) const SECTION: crate::border::table::Section = crate::border::table::Section {
            title: $title,
            exports: &[$(crate::border::table::Export {
                name: stringify!($name),
                parameters: &[$(crate::border::table::Parameter {
                    name: stringify!($parameter),
                    kind: stringify!($kind),
                }),*],
                result: crate::border::table::first(&[$(stringify!($result))?]),
                doc: &[$($doc),+],
            }),+],
        };
    };
}

pub(super) use exports;

/// The first of a list, for what a macro has once or not at all.
pub(super) const fn first(all: &[&'static str]) -> Option<&'static str> {
    match all {
        [first, ..] => Some(first),
        [] => None,
    }
}
