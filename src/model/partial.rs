//! Requests with something that is not known yet.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::parameter::{Parameter, Row, Slot};
use super::request::SyncRequest;

/// A request, and which of its parameters are not known.
///
/// The plan of another tool says what will be requested, and of some values only that they will be
/// known later. What can be said before is said: what is wrong whatever these values are is a
/// violation, and what depends on them is unverified.
///
/// A list can be known in part: an element that is not known counts as an element. The elements of
/// a list are taken for different ones, as Terraform and Packer make them. A parameter that is not
/// known may turn out not to be sent at all.
///
/// ```
/// use presync::{Parameter, PartialRequest, Region, Ruleset, State, SyncRequest};
///
/// let request = SyncRequest::new("", ["ap-shanghai", "ap-shanghai-2"]).with_region("ap-guangzhou");
/// let request = PartialRequest::new(request).unknown(Parameter::IMAGE_IDS.element(0), "the image of the next build");
///
/// let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [])?;
/// let report = Ruleset::default().check_partial(&request, &state);
/// assert_eq!(report.violations().len(), 1);
/// assert_eq!(report.violations()[0].value(), Some("ap-shanghai-2"));
/// let unverified = &report.unverified()[0];
/// assert_eq!((unverified.rule(), unverified.needs()), ("image-id-format", "the image of the next build"));
/// # Ok::<(), presync::StateError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PartialRequest {
    /// The parameters and the elements that are known.
    request: SyncRequest,
    /// For each parameter that is not known, what would settle it.
    unknowns: BTreeMap<Parameter, String>,
    /// For each list, the subscripts of the known elements.
    images: Subscripts,
    destinations: Subscripts,
    leaves_out_source: bool,
    sends_region: bool,
    /// For the subscript of each image that the client makes itself, the name of that image.
    new_images: BTreeMap<usize, Name>,
    /// The words for what would settle whether the request is made at all; none if it is.
    needs_to_be_made: Option<String>,
}

/// The name of a new image: none where it has none, else the name, or what would settle it.
type Name = Option<Result<String, String>>;

/// An image that a client, such as Packer, makes before it copies it: a custom image in the state
/// `NORMAL`, in the source region. Its id, its size and whether it is encrypted are not known.
///
/// Its copies carry its name, where no `ImageName` is sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NewImage {
    needs: String,
    name: Name,
}

impl NewImage {
    /// Returns an image without a name. `needs` says what would settle its id.
    #[must_use]
    pub fn new(needs: impl Into<String>) -> Self {
        Self { needs: needs.into(), name: None }
    }

    /// Sets the name: the name itself, or what would settle it.
    #[must_use]
    pub fn with_name(self, name: Result<String, String>) -> Self {
        Self { name: Some(name), ..self }
    }
}

/// The subscripts of the known elements of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Subscripts {
    /// The subscripts, in order; `None` where every element is known.
    known: Option<Vec<usize>>,
    /// The number of elements, known or not.
    count: usize,
}

impl Subscripts {
    fn of(list: &[String]) -> Self {
        Self { known: None, count: list.len() }
    }

    /// Returns the subscript of the known element at `index`.
    fn at(&self, index: usize) -> usize {
        self.known.as_ref().and_then(|known| known.get(index).copied()).unwrap_or(index)
    }

    /// Takes out the element of this subscript. Returns its index among the known ones.
    fn remove(&mut self, subscript: usize) -> Option<usize> {
        let count = self.count;
        if subscript >= count {
            return None;
        }
        let known = self.known.get_or_insert_with(|| (0..count).collect());
        let index = known.binary_search(&subscript).ok()?;
        known.remove(index);
        Some(index)
    }
}

impl From<SyncRequest> for PartialRequest {
    fn from(request: SyncRequest) -> Self {
        Self::new(request)
    }
}

impl PartialRequest {
    /// Returns a request with nothing unknown.
    #[must_use]
    pub fn new(request: SyncRequest) -> Self {
        let images = Subscripts::of(&request.image_ids);
        let destinations = Subscripts::of(&request.destination_regions);
        Self {
            request,
            unknowns: BTreeMap::new(),
            images,
            destinations,
            leaves_out_source: false,
            sends_region: false,
            new_images: BTreeMap::new(),
            needs_to_be_made: None,
        }
    }

    /// Takes out the value of one parameter. `needs` says what would settle it.
    ///
    /// The value that the request has for it is dropped. Of a list one element can be meant
    /// (`DestinationRegions.1`), or all of it (`DestinationRegions`): then there may be others
    /// beside the elements that are there. An element that the list does not have stands for all of
    /// it. A name that no request has changes nothing.
    ///
    /// ```
    /// use presync::{Parameter, PartialRequest, SyncRequest};
    ///
    /// let second = Parameter::DESTINATION_REGIONS.element(1);
    /// let request = PartialRequest::new(SyncRequest::new("img-o3ycss2p", ["ap-shanghai", ""]));
    /// let request = request.unknown(second.clone(), "the second region");
    /// assert_eq!(request.needs(&second), Some("the second region"));
    /// assert_eq!(request.request().destination_regions, ["ap-shanghai"]);
    /// ```
    #[must_use]
    pub fn unknown(mut self, parameter: Parameter, needs: impl Into<String>) -> Self {
        let Some(row) = Row::named(parameter.name()) else { return self };
        let request = &mut self.request;
        let parameter = match row.slot {
            Slot::Action | Slot::Ignored => return self,
            Slot::Text { get_mut, .. } => {
                *get_mut(request) = None;
                parameter
            }
            Slot::Flag { get_mut, .. } => {
                *get_mut(request) = None;
                parameter
            }
            Slot::List { get_mut, .. } => {
                let subscripts = if parameter.is_image() { &mut self.images } else { &mut self.destinations };
                let index = parameter.subscript().and_then(|subscript| subscripts.remove(subscript));
                match index {
                    Some(index) => {
                        let list = get_mut(request);
                        if index < list.len() {
                            list.remove(index);
                        }
                        parameter
                    }
                    None if self.unknowns.contains_key(&parameter) => parameter,
                    None => parameter.whole(),
                }
            }
        };
        self.unknowns.insert(parameter, needs.into());
        self
    }

    /// Sets a list, element by element: a value, or what would settle one that is not known. A
    /// parameter that is no list is left as it is.
    ///
    /// ```
    /// use presync::{Parameter, PartialRequest, SyncRequest};
    ///
    /// let elements = [Ok("ap-shanghai".to_owned()), Err("the variable `region`".to_owned())];
    /// let request = PartialRequest::new(SyncRequest::default()).with_list(Parameter::DESTINATION_REGIONS, elements);
    /// assert_eq!(request.needs(&Parameter::DESTINATION_REGIONS.element(1)), Some("the variable `region`"));
    /// ```
    #[must_use]
    pub fn with_list(
        mut self,
        list: Parameter,
        elements: impl IntoIterator<Item = Result<String, String>>,
    ) -> Self {
        let Some(Slot::List { get_mut, .. }) = Row::named(list.name()).map(|row| row.slot) else {
            return self;
        };
        self.unknowns.retain(|parameter, _| parameter.name() != list.name());
        let (mut values, mut known, mut count) = (Vec::new(), Vec::new(), 0);
        for (subscript, element) in elements.into_iter().enumerate() {
            count = subscript + 1;
            match element {
                Ok(value) => {
                    values.push(value);
                    known.push(subscript);
                }
                Err(needs) => {
                    self.unknowns.insert(list.whole().element(subscript), needs);
                }
            }
        }
        let known = (known.len() < count).then_some(known);
        if list.is_image() {
            self.new_images.clear();
        }
        *(if list.is_image() { &mut self.images } else { &mut self.destinations }) =
            Subscripts { known, count };
        *get_mut(&mut self.request) = values;
        self
    }

    /// Returns every element of a list with its subscript: a value, or what would settle it.
    pub(crate) fn elements(&self, list: &Parameter) -> impl Iterator<Item = (usize, Result<String, String>)> {
        let (subscripts, values) = if list.is_image() {
            (&self.images, &self.request.image_ids)
        } else {
            (&self.destinations, &self.request.destination_regions)
        };
        let mut values = (0..).map(|index| subscripts.at(index)).zip(values).peekable();
        let elements = (0..subscripts.count).filter_map(move |subscript| {
            let known = values.next_if(|(own, _)| *own == subscript).map(|(_, value)| Ok(value.clone()));
            let needs = || self.needs(&list.whole().element(subscript)).map(|needs| Err(needs.to_owned()));
            known.or_else(needs).map(|element| (subscript, element))
        });
        elements.collect::<Vec<_>>().into_iter()
    }

    /// Sets a list, element by element. Where it may have others, it still may.
    pub(crate) fn with_elements(
        self,
        list: &Parameter,
        elements: impl IntoIterator<Item = Result<String, String>>,
    ) -> Self {
        let whole = self.needs(list).map(str::to_owned);
        let mut request = self.with_list(list.clone(), elements);
        request.unknowns.extend(whole.map(|needs| (list.clone(), needs)));
        request
    }

    /// Sets a parameter of one value, or leaves it out. A flag is never set, only left out.
    pub(crate) fn set_parameter(&mut self, parameter: &Parameter, value: Option<&str>) {
        match Row::named(parameter.name()).map(|row| row.slot) {
            Some(Slot::Text { get_mut, .. }) => *get_mut(&mut self.request) = value.map(str::to_owned),
            Some(Slot::Flag { get_mut, .. }) => *get_mut(&mut self.request) = None,
            _ => return,
        }
        if *parameter == Parameter::REGION && value.is_some() {
            self.request.has_no_region = false;
        }
    }

    /// Makes the image of one subscript one that the client makes itself
    /// before it sends the request.
    ///
    /// Its id is not known, and still it breaks none of the rules on the form of an id, on
    /// whether the image is there, on its type and on its state. A subscript that the list does
    /// not have changes nothing.
    ///
    /// ```
    /// use presync::{Edition, NewImage, PartialRequest, Region, Ruleset, State, SyncRequest};
    ///
    /// let request = SyncRequest::new("", ["ap-shanghai"]).with_region("ap-guangzhou");
    /// let request = PartialRequest::new(request).with_new_image(0, NewImage::new("the image of the next build"));
    ///
    /// let state = State::new(["ap-guangzhou", "ap-shanghai"].map(Region::new), [])?;
    /// let report = Ruleset::default().check_partial(&request, &state);
    /// let unverified: Vec<_> = report.unverified().iter().map(|unverified| unverified.rule()).collect();
    /// assert_eq!(unverified, ["image-size"]);
    /// # Ok::<(), presync::StateError>(())
    /// ```
    #[must_use]
    pub fn with_new_image(self, subscript: usize, image: NewImage) -> Self {
        if subscript >= self.images.count {
            return self;
        }
        let mut request = self.unknown(Parameter::IMAGE_IDS.element(subscript), image.needs);
        request.new_images.insert(subscript, image.name);
        request
    }

    /// Makes it a request that may not be made at all. `needs` says what would settle it.
    ///
    /// What is wrong with it is unverified then, as long as it is not known whether it is made.
    ///
    /// ```
    /// use presync::{PartialRequest, Ruleset, State, SyncRequest};
    ///
    /// let request = PartialRequest::new(SyncRequest::new("img-o3ycss2p", ["ap-nowhere"]));
    /// let rules = Ruleset::default();
    /// assert!(!rules.check_partial(&request, &State::default()).accepted());
    /// let report = rules.check_partial(&request.perhaps("the builds of the template"), &State::default());
    /// assert!(report.accepted());
    /// assert_eq!(report.unverified()[0].needs(), "the builds of the template");
    /// ```
    #[must_use]
    pub fn perhaps(self, needs: impl Into<String>) -> Self {
        Self { needs_to_be_made: Some(needs.into()), ..self }
    }

    /// Makes it the request of a client, such as Packer, that always sends its `Region`, takes it
    /// out of the destinations, and makes no request at all if none is left.
    ///
    /// This matters where the source region is not known: any of the destinations may then be left
    /// out.
    ///
    /// ```
    /// use presync::{Parameter, PartialRequest, Ruleset, State, SyncRequest};
    ///
    /// let request = PartialRequest::new(SyncRequest::new("img-o3ycss2p", ["ap-nowhere"]));
    /// let request = request.unknown(Parameter::REGION, "the region of the builder");
    /// let rules = Ruleset::default();
    /// assert!(!rules.check_partial(&request, &State::default()).accepted());
    /// assert!(rules.check_partial(&request.leaving_out_source(), &State::default()).accepted());
    /// ```
    #[must_use]
    pub fn leaving_out_source(self) -> Self {
        Self { leaves_out_source: true, sends_region: true, ..self }
    }

    /// Makes it the request of a client, such as Terraform, that always sends its `Region`, be it
    /// known or not.
    ///
    /// ```
    /// use presync::{Edition, Parameter, PartialRequest, Ruleset, State, SyncRequest};
    ///
    /// let request = PartialRequest::new(SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]));
    /// let request = request.unknown(Parameter::REGION, "the region of the provider");
    /// let rules = Ruleset::documented(Edition::LATEST);
    /// let may_be_missing = |request: &PartialRequest| {
    ///     let report = rules.check_partial(request, &State::default());
    ///     report.unverified().iter().any(|unverified| unverified.rule() == "region-required")
    /// };
    /// assert!(may_be_missing(&request));
    /// assert!(!may_be_missing(&request.sending_region()));
    /// ```
    #[must_use]
    pub fn sending_region(self) -> Self {
        Self { sends_region: true, ..self }
    }

    /// Returns the parameters and the elements that are known.
    #[must_use]
    pub fn request(&self) -> &SyncRequest {
        &self.request
    }

    /// Returns what would settle a parameter that is not known, and `None` for one that is known.
    #[must_use]
    pub fn needs(&self, parameter: &Parameter) -> Option<&str> {
        self.unknowns.get(parameter).map(String::as_str)
    }

    /// True if everything is known, and [`request`](Self::request) is made as it is: no
    /// destination of it is left out.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.unknowns.is_empty() && self.needs_to_be_made.is_none() && !self.has_left_out()
    }

    /// True if a known destination is the known `Region`, which the client leaves out.
    fn has_left_out(&self) -> bool {
        self.leaves_out_source
            && self
                .request
                .region
                .as_ref()
                .is_some_and(|source| self.request.destination_regions.contains(source))
    }

    /// Returns the request without the destinations that the client certainly leaves out; `None` if
    /// none is left then, for it makes no request.
    pub(crate) fn sent(&self) -> Option<Cow<'_, Self>> {
        if !self.has_left_out() {
            return Some(Cow::Borrowed(self));
        }
        let source = self.request.region.as_ref();
        let is_open = self.unknowns.contains_key(&Parameter::DESTINATION_REGIONS);
        let elements = (0..self.destinations.count).filter_map(|subscript| {
            let parameter = Parameter::DESTINATION_REGIONS.element(subscript);
            match (self.destination(subscript), self.needs(&parameter)) {
                (Some(region), _) => (Some(region) != source).then(|| Ok(region.clone())),
                (None, needs) => needs.map(|needs| Err(needs.to_owned())),
            }
        });
        let elements: Vec<_> = elements.collect();
        if elements.is_empty() && !is_open {
            return None;
        }
        let mut sent = self.clone().with_list(Parameter::DESTINATION_REGIONS, elements);
        let whole = self.unknowns.get(&Parameter::DESTINATION_REGIONS);
        sent.unknowns.extend(whole.map(|needs| (Parameter::DESTINATION_REGIONS, needs.clone())));
        Some(Cow::Owned(sent))
    }

    /// Returns what would settle whether the request is made at all, and `None` for one that is.
    #[must_use]
    pub fn needs_to_be_made(&self) -> Option<&str> {
        self.needs_to_be_made.as_deref()
    }

    /// True if this parameter is an image that the client makes itself.
    #[must_use]
    pub fn is_new_image(&self, parameter: &Parameter) -> bool {
        parameter.is_image()
            && parameter.subscript().is_some_and(|subscript| self.new_images.contains_key(&subscript))
    }

    /// Returns the name of the copies, where it is known beforehand that they get one:
    /// the request's `ImageName`, else that of the new image that is copied. The error
    /// says what would settle it.
    ///
    /// ```
    /// use presync::{NewImage, PartialRequest, SyncRequest};
    ///
    /// let image = NewImage::new("the next build").with_name(Ok("web".to_owned()));
    /// let request = PartialRequest::new(SyncRequest::new("", ["ap-shanghai"])).with_new_image(0, image);
    /// assert_eq!(request.name_of_copies(), Some(Ok("web")));
    /// ```
    #[must_use]
    pub fn name_of_copies(&self) -> Option<Result<&str, &str>> {
        if let Some(needs) = self.needs(&Parameter::IMAGE_NAME) {
            return Some(Err(needs));
        }
        let sent = self.request.image_name.as_deref().filter(|name| !name.is_empty()).map(Ok);
        let kept = || {
            let name = self.new_images.values().find_map(Option::as_ref)?;
            let name = name.as_deref().map_err(String::as_str);
            Some(name).filter(|name| *name != Ok(""))
        };
        sent.or_else(kept)
    }

    /// True if it is made, and all that is not known of it is the ids of new images.
    pub(crate) fn lacks_only_new_images(&self) -> bool {
        self.needs_to_be_made.is_none() && self.unknowns.keys().all(|parameter| self.is_new_image(parameter))
    }

    /// Returns every parameter that is not known, and what would settle it.
    pub fn unknowns(&self) -> impl Iterator<Item = (&Parameter, &str)> {
        self.unknowns.iter().map(|(parameter, needs)| (parameter, &**needs))
    }

    /// Returns what would settle the first thing of this list that is not known, be it an element
    /// or all of it.
    pub(crate) fn needs_in(&self, list: &Parameter) -> Option<&str> {
        // A list comes before its elements.
        let (parameter, needs) = self.unknowns.range(list.whole()..).next()?;
        (parameter.name() == list.name()).then_some(needs.as_str())
    }

    /// Returns what would settle which of the known destinations are left out, and `None` if all of
    /// them are sent.
    pub(crate) fn needs_for_left_out(&self) -> Option<&str> {
        self.needs(&Parameter::REGION)
            .filter(|_| self.leaves_out_source && !self.request.destination_regions.is_empty())
    }

    /// True if no destination is ever the source region.
    pub(crate) fn leaves_out_source(&self) -> bool {
        self.leaves_out_source
    }

    /// True if `Region` is always sent.
    pub(crate) fn sends_region(&self) -> bool {
        self.sends_region
    }

    /// Returns the subscript of the known image at `index`.
    pub(crate) fn image_subscript(&self, index: usize) -> usize {
        self.images.at(index)
    }

    /// Returns the subscript of the known destination at `index`.
    pub(crate) fn destination_subscript(&self, index: usize) -> usize {
        self.destinations.at(index)
    }

    /// Returns the known destination of this subscript.
    pub(crate) fn destination(&self, subscript: usize) -> Option<&String> {
        let index = match &self.destinations.known {
            Some(known) => known.binary_search(&subscript).ok()?,
            None => subscript,
        };
        self.request.destination_regions.get(index)
    }

    /// Returns the number of images, known or not.
    pub(crate) fn image_count(&self) -> usize {
        self.images.count
    }

    /// Returns the number of destinations, known or not.
    pub(crate) fn destination_count(&self) -> usize {
        self.destinations.count
    }
}

impl Parameter {
    /// True if it is `ImageIds` or an element of it.
    pub(crate) fn is_image(&self) -> bool {
        self.name() == Self::IMAGE_IDS.name()
    }

    /// True if it is `DestinationRegions` or an element of it.
    pub(crate) fn is_destination(&self) -> bool {
        self.name() == Self::DESTINATION_REGIONS.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_that_is_set_is_sent_and_no_other_parameter_says_so() {
        let without = PartialRequest::new(SyncRequest::new("img-1", ["a"]).without_region());
        for (parameter, value, has_no_region) in [
            (Parameter::REGION, Some("b"), false),
            (Parameter::REGION, None, true),
            (Parameter::VERSION, Some("2017-03-12"), true),
            (Parameter::VERSION, None, true),
            (Parameter::IMAGE_NAME, Some("web"), true),
            (Parameter::ENCRYPT, None, true),
            (Parameter::IMAGE_IDS, Some("img-2"), true),
        ] {
            let mut partial = without.clone();
            partial.set_parameter(&parameter, value);
            assert_eq!(partial.request.has_no_region, has_no_region, "{parameter} {value:?}");
            let region = value.filter(|_| parameter == Parameter::REGION);
            assert_eq!(partial.request.region.as_deref(), region);
        }
    }
}
