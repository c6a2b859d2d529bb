//! The inputs of a rule: what a request and a state say, as far as any rule looks at it.

/// One row makes an input and its meaning.
macro_rules! inputs {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {
        /// One thing that a request or a state says and that a rule may look at. The set is closed:
        /// no rule looks at anything else.
        ///
        /// A finding on one element of a list (`ImageIds.1`, `DestinationRegions.0`) depends on
        /// that element of its own list alone: on its image, or on its destination and what the
        /// state says of it. A finding on another parameter depends on all of the list.
        ///
        /// ```
        /// use presync::{Input, rules};
        ///
        /// let size = rules::find("image-size").unwrap();
        /// assert!(size.reads().any(|input| input == Input::ImageSize));
        /// assert!(size.reads().all(|input| input != Input::ImageState));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Input {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Input {
            /// Returns every input, those of the request first.
            #[must_use]
            pub const fn all() -> &'static [Self] {
                &[$(Self::$name),+]
            }
        }
    };
}

inputs! {
    /// The request's `Version`.
    Version;
    /// The request's `Region`.
    Region;
    /// The knowledge that no `Region` is sent, not even in a header.
    NoRegion;
    /// The ids of the images that the request names.
    ImageIds;
    /// The number of images that the request names.
    ImageCount;
    /// The destinations, and which of them are duplicates.
    Destinations;
    /// The number of destinations.
    DestinationCount;
    /// The request's `DryRun`.
    DryRun;
    /// The request's `ImageName`.
    ImageName;
    /// The request's `ImageSetRequired`.
    ImageSetRequired;
    /// The request's `Encrypt`.
    Encrypt;
    /// The request's `KmsKeyId`.
    KmsKeyId;
    /// The claim that the state lists every region.
    RegionsComplete;
    /// The record of the request's `Region`: there is one or not. Where the request has no
    /// `Region`, and the image may be anywhere, the records of all regions.
    SourceListed;
    /// The claim that every image is listed, of the request's `Region`. Where the request
    /// has none, of every region.
    ImagesComplete;
    /// The records of a named image in the request's `Region`. Where the request
    /// has none, in every region.
    ImageRecords;
    /// The type of a named image, by those records.
    ImageType;
    /// The state of a named image, by those records.
    ImageState;
    /// The size of a named image, by those records.
    ImageSize;
    /// The encryption of a named image, by those records.
    Encrypted;
    /// The record of a destination: there is one or not.
    DestinationListed;
    /// The state of a destination.
    DestinationState;
    /// The image sync of a destination.
    DestinationSync;
    /// The blocked routes into a destination, from where the image may be.
    BlockedRoutes;
    /// The claim that every custom image in a destination is listed.
    DestinationComplete;
    /// The images that are listed in a destination.
    DestinationImages;
    /// The types of the images in a destination.
    DestinationTypes;
    /// The names of the images in a destination.
    DestinationNames;
    /// The quota of the account.
    AccountLimit;
    /// The quota of a destination.
    DestinationLimit;
    /// The number of custom images in a destination, where the state gives it.
    Used;
    /// The number of copies in flight to a destination.
    InFlight;
    /// The names of the copies in flight to a destination.
    InFlightNames;
}

impl Input {
    /// The inputs by which images are looked up. The source region is found by these and the type
    /// of an image: of one that is not a custom image it is not known where else it is.
    pub(crate) const IMAGE: &[Self] = &[
        Self::ImageIds,
        Self::Region,
        Self::SourceListed,
        Self::RegionsComplete,
        Self::ImageRecords,
        Self::ImagesComplete,
    ];

    /// The inputs by which a destination is looked up, beside the claim
    /// that every region is listed.
    pub(crate) const DESTINATION: &[Self] = &[Self::Destinations, Self::DestinationListed];
}
