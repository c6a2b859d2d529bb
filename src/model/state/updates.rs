//! Updates of a state: what happened in the world since it was made.

use super::State;
use super::error::StateError;
use super::index::{StateIndex, not_listed, refuse_empty};
use super::lookup::RegionIndex;
use crate::model::image::Image;
use crate::model::quota::{QuotaLimit, RegionQuota, Used};
use crate::model::words::ImageType;
use crate::text::clean;

impl State {
    /// Ends a copy in flight: it arrived as this image, which is listed from now on. Returns the image of the
    /// same id that was listed in the region before, if there was one.
    ///
    /// The region has one copy less in flight. If the image has a name that a copy in flight takes, that copy is
    /// the one, else one whose name is not known; if the name of the image is not known, it is not known either
    /// which names the other copies have, unless all have the same. The image is used quota from then on, also
    /// where [`Used::Count`] says how many images there are: what is used and in flight stays the same. An
    /// image whose type is not known counts too, for every copy is a custom image.
    ///
    /// An image that was not in flight is for [`insert_image`](Self::insert_image).
    ///
    /// # Errors
    ///
    /// Errors when no copy that can be this image is in flight to its region, when the region is not listed, or
    /// when the id is empty. The state then stays as it is.
    ///
    /// ```
    /// use presync::{Image, Region, State, SyncRequest};
    ///
    /// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    /// let image = Image::new("ap-guangzhou", "img-o3ycss2p").with_image_name("base");
    /// let mut state = State::new(regions, [image])?;
    /// state.apply(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]));
    ///
    /// let copy = Image::new("ap-shanghai", "img-34vaef8f").with_image_name("base");
    /// state.arrived(copy.clone())?;
    /// assert_eq!(state.account_quota().regions[0].in_flight, 0);
    /// assert_eq!(state.image("ap-shanghai", "img-34vaef8f"), Some(&copy));
    ///
    /// let error = state.arrived(copy).unwrap_err();
    /// assert_eq!(error.to_string(), "no copy is in flight to `ap-shanghai`");
    /// # Ok::<(), presync::StateError>(())
    /// ```
    pub fn arrived(&mut self, image: Image) -> Result<Option<Image>, StateError> {
        self.listed_region_of(&image)?;
        self.land(&image.region, image.image_name.as_deref())?;
        // Every copy is a custom image.
        Ok(self.list(image, |image| Some(is_custom(image).unwrap_or(true))))
    }

    /// Ends a copy in flight that becomes no image. The name is that of the copy: empty if it has none, `None`
    /// if it is not known.
    ///
    /// The copy is told by its name as [`arrived`](Self::arrived) says. Its part of the quota is free again.
    ///
    /// # Errors
    ///
    /// Errors when no such copy is in flight to the region, or when the region is not listed. The state then
    /// stays as it is.
    ///
    /// ```
    /// use presync::{Image, Region, State, SyncRequest};
    ///
    /// let regions = ["ap-guangzhou", "ap-shanghai"].map(Region::new);
    /// let mut state = State::new(regions, [Image::new("ap-guangzhou", "img-o3ycss2p")])?;
    /// state.apply(&SyncRequest::new("img-o3ycss2p", ["ap-shanghai"]).with_image_name("web"));
    ///
    /// let error = state.copy_failed("ap-shanghai", Some("base")).unwrap_err();
    /// assert_eq!(error.to_string(), "no copy with the name `base` is in flight to `ap-shanghai`");
    /// state.copy_failed("ap-shanghai", Some("web"))?;
    /// assert_eq!(state.account_quota().regions[0].in_flight, 0);
    /// # Ok::<(), presync::StateError>(())
    /// ```
    pub fn copy_failed(&mut self, region: &str, name: Option<&str>) -> Result<(), StateError> {
        self.listed_region(region)?;
        self.land(region, name)
    }

    /// Lists an image that is there now. Returns the image of the same id that was listed in the region before,
    /// if there was one: the new one replaces it. The image comes last in [`images`](Self::images).
    ///
    /// Where [`Used::Count`] says how many custom images the region has, a new custom image is one more, and
    /// one that replaces an image of another type changes the count by the difference. The count is no longer
    /// known if that depends on a type which is not known.
    ///
    /// # Errors
    ///
    /// Errors when the region is not listed, or when the id is empty. The state then stays as it is.
    ///
    /// ```
    /// use presync::{AccountQuota, Image, Region, RegionQuota, State, Used};
    ///
    /// let used = RegionQuota::new("ap-shanghai").with_used(Used::Count(9));
    /// let quota = AccountQuota::default().with_regions([used]);
    /// let mut state = State::from_records([Region::new("ap-shanghai")], [], quota, [])?;
    ///
    /// assert_eq!(state.insert_image(Image::new("ap-shanghai", "img-o3ycss2p"))?, None);
    /// assert_eq!(state.account_quota().regions[0].used, Used::Count(10));
    ///
    /// let error = state.insert_image(Image::new("ap-shangha", "img-34vaef8f")).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "Region: region `ap-shangha` is not listed in `Regions`, did you mean `ap-shanghai`?"
    /// );
    /// # Ok::<(), presync::StateError>(())
    /// ```
    pub fn insert_image(&mut self, image: Image) -> Result<Option<Image>, StateError> {
        self.listed_region_of(&image)?;
        Ok(self.list(image, is_custom))
    }

    /// Removes the image of this id from a region, as when it was deleted, and returns it. `None` if the region
    /// does not list it.
    ///
    /// Where [`Used::Count`] says how many custom images the region has, it has one less, and their number is no
    /// longer known if the type of the image is not.
    ///
    /// ```
    /// use presync::{Image, Region, State};
    ///
    /// let image = Image::new("ap-shanghai", "img-o3ycss2p");
    /// let mut state = State::new([Region::new("ap-shanghai")], [image.clone()])?;
    /// assert_eq!(state.remove_image("ap-shanghai", "img-o3ycss2p"), Some(image));
    /// assert_eq!(state.remove_image("ap-shanghai", "img-o3ycss2p"), None);
    /// # Ok::<(), presync::StateError>(())
    /// ```
    pub fn remove_image(&mut self, region: &str, image_id: &str) -> Option<Image> {
        let removed = self.unlist(region, image_id)?;
        self.count_change(region, is_custom(&removed), Some(false));
        self.index_anew();
        Some(removed)
    }

    /// Sets the number of custom images in a region, as when it was counted again.
    ///
    /// # Errors
    ///
    /// Errors when the region is not listed.
    ///
    /// ```
    /// use presync::{Region, State, Used};
    ///
    /// let mut state = State::new([Region::new("ap-shanghai")], [])?;
    /// state.set_used("ap-shanghai", Used::Count(9))?;
    /// assert_eq!(state.account_quota().regions[0].used, Used::Count(9));
    /// # Ok::<(), presync::StateError>(())
    /// ```
    pub fn set_used(&mut self, region: &str, used: Used) -> Result<(), StateError> {
        self.listed_region(region)?;
        self.change_quota(region, |quota| quota.used = used);
        Ok(())
    }

    /// Sets the most custom images that a region may hold.
    ///
    /// # Errors
    ///
    /// Errors when the region is not listed.
    ///
    /// ```
    /// use presync::{QuotaLimit, Region, State};
    ///
    /// let mut state = State::new([Region::new("ap-shanghai")], [])?;
    /// state.set_quota("ap-shanghai", 20)?;
    /// assert_eq!(state.account_quota().regions[0].image_num_quota, QuotaLimit::Count(20));
    /// # Ok::<(), presync::StateError>(())
    /// ```
    pub fn set_quota(
        &mut self,
        region: &str,
        image_num_quota: impl Into<QuotaLimit>,
    ) -> Result<(), StateError> {
        self.listed_region(region)?;
        self.change_quota(region, |quota| quota.image_num_quota = image_num_quota.into());
        Ok(())
    }

    /// Sets the most custom images that a region may hold for which no number of its own is given.
    ///
    /// ```
    /// use presync::{QuotaLimit, State};
    ///
    /// let mut state = State::default();
    /// state.set_account_quota(QuotaLimit::Unknown);
    /// assert_eq!(state.account_quota().image_num_quota, QuotaLimit::Unknown);
    /// ```
    pub fn set_account_quota(&mut self, image_num_quota: impl Into<QuotaLimit>) {
        self.records.account_quota.image_num_quota = image_num_quota.into();
        self.index_anew();
    }

    /// Errors when an image cannot be listed: in a region that is not, or without an id.
    fn listed_region_of(&self, image: &Image) -> Result<RegionIndex, StateError> {
        refuse_empty(&image.image_id, || "ImageId".to_owned())?;
        self.listed_region(&image.region)
    }

    fn listed_region(&self, region: &str) -> Result<RegionIndex, StateError> {
        let names = || self.regions().iter().map(|region| &*region.region);
        self.find_region(region).ok_or_else(|| not_listed(region, "Region".to_owned(), names()))
    }

    /// Lists an image, and counts it as these types say: `counts` is true of a custom image, and `None` where that
    /// is not known.
    fn list(&mut self, image: Image, counts: impl Fn(&Image) -> Option<bool>) -> Option<Image> {
        let replaced = self.unlist(&image.region, &image.image_id);
        let before = replaced.as_ref().map_or(Some(false), &counts);
        self.count_change(&image.region, before, counts(&image));
        self.records.images.push(image);
        self.index_anew();
        replaced
    }

    fn unlist(&mut self, region: &str, image_id: &str) -> Option<Image> {
        let images = &mut self.records.images;
        let at = images.iter().position(|image| image.region == region && image.image_id == image_id)?;
        Some(images.remove(at))
    }

    /// Changes a count that is given, by what an image counted before and what it counts now.
    fn count_change(&mut self, region: &str, before: Option<bool>, now: Option<bool>) {
        let quotas = &mut self.records.account_quota.regions;
        let Some(quota) = quotas.iter_mut().find(|quota| quota.region == region) else { return };
        if let Used::Count(count) = quota.used
            && before != now
        {
            quota.used = match (before, now) {
                (Some(true), Some(_)) => Used::Count(count.saturating_sub(1)),
                (Some(false), Some(_)) => Used::Count(count.saturating_add(1)),
                (None, _) | (_, None) => Used::Unknown,
            };
        }
    }

    /// Takes a copy of this name out of those in flight; `None` stands for a name that is not known.
    fn land(&mut self, region: &str, name: Option<&str>) -> Result<(), StateError> {
        let quotas = &mut self.records.account_quota.regions;
        let not_in_flight = |is_any: bool| StateError::NotInFlight {
            region: clean(region),
            name: name.filter(|_| is_any).map(clean),
        };
        let Some(quota) = quotas.iter_mut().find(|quota| quota.region == region) else {
            return Err(not_in_flight(false));
        };
        land(quota, name).ok_or_else(|| not_in_flight(quota.in_flight > 0))?;
        self.index_anew();
        Ok(())
    }

    /// Changes the record of a region's quota, which is made where there is none.
    fn change_quota(&mut self, region: &str, change: impl FnOnce(&mut RegionQuota)) {
        let quotas = &mut self.records.account_quota.regions;
        match quotas.iter_mut().find(|quota| quota.region == region) {
            Some(quota) => change(quota),
            None => {
                let mut quota = RegionQuota::new(region);
                change(&mut quota);
                quotas.push(quota);
            }
        }
        self.index_anew();
    }

    fn index_anew(&mut self) {
        let possible = std::mem::take(&mut self.index.possible);
        if let Ok(index) = StateIndex::of(&self.records) {
            self.index = index;
        }
        self.index.possible = possible;
    }
}

/// True of a custom image; `None` if its type is not known.
fn is_custom(image: &Image) -> Option<bool> {
    image.image_type.as_ref().map(|image_type| *image_type == ImageType::PRIVATE_IMAGE)
}

/// Takes a copy of this name out of those in flight; `None` stands for a name that is not known. Returns `None`
/// if there is no such copy.
fn land(quota: &mut RegionQuota, name: Option<&str>) -> Option<()> {
    let RegionQuota { in_flight, in_flight_names: names, .. } = quota;
    let listed = u64::try_from(names.len()).unwrap_or(u64::MAX);
    // Copies without a name are not among the names.
    let has_nameless = *in_flight > listed;
    let position = |wanted: Option<&str>| names.iter().position(|name| name.as_deref() == wanted);
    let ended = match name {
        Some("") if has_nameless => None,
        Some("") => Some(position(None)?),
        Some(name) => match position(Some(name)).or_else(|| position(None)) {
            None if !has_nameless => return None,
            ended => ended,
        },
        None if names.is_empty() && !has_nameless => return None,
        None if names.iter().zip(names.iter().skip(1)).all(|(a, b)| a == b) && !has_nameless => Some(0),
        None => {
            // It may be any of them.
            names.iter_mut().for_each(|name| *name = None);
            names.truncate(usize::try_from(in_flight.saturating_sub(1)).unwrap_or(usize::MAX));
            None
        }
    };
    if let Some(ended) = ended {
        names.remove(ended);
    }
    *in_flight = in_flight.saturating_sub(1);
    Some(())
}
