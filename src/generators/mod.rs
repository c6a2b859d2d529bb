//! Generators for other people's tests.

mod accepted;
mod any;
#[cfg(feature = "arbitrary")]
mod arbitrary;
#[cfg(feature = "vectors")]
mod boundaries;
#[cfg(feature = "proptest")]
pub mod conformance;
mod dice;
mod faults;
mod pair;
mod pools;
#[cfg(feature = "proptest")]
mod rolls;
#[cfg(feature = "vectors")]
mod sent;
#[cfg(feature = "proptest")]
pub mod strategies;
#[cfg(feature = "vectors")]
pub mod vectors;

#[cfg(feature = "arbitrary")]
pub use arbitrary::Pair;
