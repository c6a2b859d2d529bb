//! Updates of a state: what happened in the world since it was made.

use std::sync::Arc;

use super::State;
use super::error::StateError;
use super::lookup::RegionIndex;
use super::regions::refuse_empty;
use super::summary::is_custom;
use crate::model::image::Image;
use crate::model::quota::{QuotaLimit, RegionQuota, Used};
use crate::model::words::ImageType;
use crate::text::clean;

impl State {
    /// Ends a copy in flight: it arrived as this image, which is listed from now on. Returns the
    /// image of the same id that was listed in the region before, if there was one.
    ///
    /// The region has one copy less in flight. If the image has a name that a copy in flight
    /// takes, that copy is the one, else one whose name is not known, else one without a name; if
    /// the name of the image is not known, it is not known either which names the other copies
    /// have, unless all have the same. Where none of them can be the image, it is a copy that an
    /// earlier request of a [plan](crate::check::plan) may have made, if there is one: a request
    /// that was accepted with a rule unverified.
    ///
    /// The image is used quota from then on, also where [`Used::Count`] says how many images there
    /// are: what is used and in flight stays the same. An image whose type is not known is listed
    /// as a custom image, for every copy is one.
    ///
    /// An image that was not in flight is for [`insert_image`](Self::insert_image). The time grows
    /// with the number of copies that are in flight to the region.
    ///
    /// # Errors
    ///
    /// Errors when no copy that can be this image is in flight to its region, when the region is
    /// not listed, or when the id is empty. The state then stays as it is.
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
    pub fn arrived(&mut self, mut image: Image) -> Result<Option<Image>, StateError> {
        let region = self.listed_region_of(&image)?;
        self.land(region, &image.region, image.image_name.as_deref())?;
        // Every copy is a custom image, also one that was listed before it arrived.
        image.image_type.get_or_insert(ImageType::PRIVATE_IMAGE);
        Ok(self.list(region, image, |image| Some(is_custom(image).unwrap_or(true))))
    }

    /// Ends a copy in flight that becomes no image. The name is that of the copy: empty if it has
    /// none, `None` if it is not known.
    ///
    /// The copy is told by its name as [`arrived`](Self::arrived) says. Its part of
    /// the quota is free again.
    ///
    /// # Errors
    ///
    /// Errors when no such copy is in flight to the region, or when the region is not listed. The
    /// state then stays as it is.
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
        let index = self.listed_region(region)?;
        self.land(index, region, name)?;
        self.sum_up(index);
        Ok(())
    }

    /// Lists an image that is there now. Returns the image of the same id that was listed in the
    /// region before, if there was one: the new one replaces it. The image comes last in
    /// [`images`](Self::images).
    ///
    /// The images are not all indexed anew each time, but once for every few hundred that come or
    /// go; for each one the time grows with the root of their number.
    ///
    /// Where [`Used::Count`] says how many custom images the region has, a new custom image is one
    /// more, and one that replaces an image of another type changes the count by the difference.
    /// The count is no longer known if that depends on a type which is not known.
    ///
    /// # Errors
    ///
    /// Errors when the region is not listed, or when the id is empty. The
    /// state then stays as it is.
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
        let region = self.listed_region_of(&image)?;
        Ok(self.list(region, image, is_custom))
    }

    /// Removes the image of this id from a region, as when it was deleted, and returns it. `None`
    /// if the region does not list it.
    ///
    /// Where [`Used::Count`] says how many custom images the region has, it has one less, and their
    /// number is no longer known if the type of the image is not.
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
        let region = self.find_region(region)?;
        let removed = self.unlist(region, image_id)?;
        self.count_change(region, is_custom(&removed), Some(false));
        self.sum_up(region);
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
    pub fn set_used(&mut self, region: &str, used: impl Into<Used>) -> Result<(), StateError> {
        let (region, used) = (self.listed_region(region)?, used.into());
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
        let region = self.listed_region(region)?;
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
        Arc::make_mut(&mut self.quotas).account.image_num_quota = image_num_quota.into();
        self.sum_all_up();
    }

    /// Errors when an image cannot be listed: in a region that is not, or without an id.
    fn listed_region_of(&self, image: &Image) -> Result<RegionIndex, StateError> {
        refuse_empty(&image.image_id, || "ImageId".to_owned())?;
        self.listed_region(&image.region)
    }

    fn listed_region(&self, region: &str) -> Result<RegionIndex, StateError> {
        self.regions.listed(region, || "Region".to_owned())
    }

    /// Lists an image. `counts` is true of one that counts as a custom image, and `None`
    /// where that is not known.
    fn list(
        &mut self,
        region: RegionIndex,
        image: Image,
        counts: impl Fn(&Image) -> Option<bool>,
    ) -> Option<Image> {
        let replaced = self.unlist(region, &image.image_id);
        let before = replaced.as_ref().map_or(Some(false), &counts);
        self.count_change(region, before, counts(&image));
        if let Some(listing) = region.of_mut(&mut self.listings) {
            listing.add(&image);
        }
        self.images.insert(image, region);
        self.sum_up(region);
        replaced
    }

    fn unlist(&mut self, region: RegionIndex, image_id: &str) -> Option<Image> {
        let image = self.images.remove(region, image_id)?;
        if let Some(listing) = region.of_mut(&mut self.listings) {
            listing.remove(&image);
        }
        Some(image)
    }

    /// Changes a count that is given, by what an image counted before and what it counts now.
    fn count_change(&mut self, region: RegionIndex, before: Option<bool>, now: Option<bool>) {
        let Some(Used::Count(count)) = self.quotas.of_region(region).map(|quota| quota.used) else { return };
        if before == now {
            return;
        }
        let used = match (before, now) {
            (Some(true), Some(_)) => Used::Count(count.saturating_sub(1)),
            (Some(false), Some(_)) => Used::Count(count.saturating_add(1)),
            (None, _) | (_, None) => Used::Unknown,
        };
        self.change_quota(region, |quota| quota.used = used);
    }

    /// Takes a copy of this name out of those in flight; `None` stands for
    /// a name that is not known.
    fn land(&mut self, region: RegionIndex, region_name: &str, name: Option<&str>) -> Result<(), StateError> {
        if Arc::make_mut(&mut self.quotas).land(region, name) {
            return Ok(());
        }
        let is_any = self.quotas.of_region(region).is_some_and(|quota| quota.in_flight > 0);
        let name = name.filter(|_| is_any).map(clean);
        Err(StateError::NotInFlight { region: clean(region_name), name })
    }

    /// Changes the record of a region's quota, which is made where there is none.
    fn change_quota(&mut self, region: RegionIndex, change: impl FnOnce(&mut RegionQuota)) {
        if let Some(quota) = Arc::make_mut(&mut self.quotas).of_region_mut(region, &self.regions) {
            change(quota);
        }
        self.sum_up(region);
    }
}
