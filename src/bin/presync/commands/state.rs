//! `presync state`.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use presync::sources::describe::{DescribeError, Responses};

use crate::input::{self, RegionSource, Source};
use crate::outcome::{Failure, Status, complain, reason};
use crate::output::{Output, shown};

const EXAMPLES: &str = "\
Responses may have their envelope or not, stand one after another or in a list,
or be cut down to the list of their records; `-` is stdin. A fact that no
response has is unknown in the state, and a rule that needs it is unverified.
Two facts are in no response and are never unknown: a route is open unless
--block names it, and no copy is in flight. For copies that are, write the key
`InFlight` of a region of the quota into the state.

No response says by which filter it was made. With --images, the listed images
are there, and any other may be there too. With --custom-images and --all-images
you say that the listing is whole: give every page of it.
  --custom-images   DescribeImages filtered by image-type=PRIVATE_IMAGE alone:
                    every custom image is known, their number and their names
  --all-images      DescribeImages without a filter: an image that is not listed
                    is not there

With --regions, only the regions in it exist. Without it, or where the list is
empty, shorter than it counts or cut out of its response, any other region may
exist too. With --all-regions you say that such a list is whole.

Examples:
  tccli cvm DescribeRegions > regions.json
  tccli cvm DescribeImages --region ap-shanghai --Limit 100 > images.json
  presync state --regions regions.json --images ap-shanghai=images.json -o state.json
  presync state --regions regions.json --all-images ap-shanghai=page1.json page2.json \\
      --quota 50 --used ap-beijing=49 --no-sync ap-seoul --block ap-tokyo:ap-beijing

  tccli cvm DescribeImages --region ap-seoul --Limit 100 \\
      --Filters '[{\"Name\": \"image-type\", \"Values\": [\"PRIVATE_IMAGE\"]}]' > custom.json
  tccli cvm DescribeAccountQuota --region ap-tokyo > account.json
  presync state --regions regions.json --custom-images ap-seoul=custom.json \\
      --account-quota account.json -o state.json

Exit status:
  0  the state was written
  2  it was not: an unreadable response, a contradiction, bad usage";

/// Make a state of responses of the API
#[derive(Args)]
#[command(after_help = EXAMPLES, override_usage = "presync state [OPTIONS]")]
pub(crate) struct State {
    #[command(flatten)]
    facts: Facts,

    /// The file to write; it is replaced as a whole or not at all [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Facts {
    /// The response of DescribeRegions
    #[arg(long, value_name = "FILE")]
    regions: Option<OsString>,

    /// A list of all regions, such as one that was cut out of the response of DescribeRegions
    #[arg(long, value_name = "FILE", conflicts_with = "regions")]
    all_regions: Option<OsString>,

    /// Responses of DescribeImages in a region, any pages: other images may be there too. A FILE
    /// without REGION= is of the region before it
    #[arg(long, value_name = "REGION=FILE", num_args = 1..)]
    images: Vec<OsString>,

    /// Every page of DescribeImages filtered by image-type=PRIVATE_IMAGE alone: all
    /// custom images of the region
    #[arg(long, value_name = "REGION=FILE", num_args = 1..)]
    custom_images: Vec<OsString>,

    /// Every page of DescribeImages without a filter: all images of the region
    #[arg(long, value_name = "REGION=FILE", num_args = 1..)]
    all_images: Vec<OsString>,

    /// The response of DescribeImageQuota, or the number itself; with REGION=, of that region alone
    #[arg(long, value_name = "[REGION=]FILE|N")]
    quota: Vec<OsString>,

    /// The response of DescribeAccountQuota: the number of custom images in its region, and
    /// the most that it may hold
    #[arg(long, value_name = "[REGION=]FILE")]
    account_quota: Vec<OsString>,

    /// The number of custom images in a region, where no response has it or a response is out of
    /// date
    #[arg(long, value_name = "REGION=N", value_parser = used)]
    used: Vec<(String, u64)>,

    /// A region to which images can be synchronized
    #[arg(long, value_name = "REGION")]
    sync: Vec<String>,

    /// A region to which images cannot be synchronized
    #[arg(long, value_name = "REGION")]
    no_sync: Vec<String>,

    /// Two regions between which images cannot be copied, in this direction
    #[arg(long, value_name = "FROM:TO", value_parser = block)]
    block: Vec<(String, String)>,
}

fn used(text: &str) -> Result<(String, u64), &'static str> {
    let parts = text.split_once('=');
    parts
        .and_then(|(region, count)| Some((region.to_owned(), count.parse().ok()?)))
        .ok_or("a region and a count are expected, such as `ap-shanghai=9`")
}

fn block(text: &str) -> Result<(String, String), &'static str> {
    let parts = text.split_once(':').filter(|(_, to)| !to.contains(':'));
    parts
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .ok_or("two regions are expected, such as `ap-seoul:ap-shanghai`")
}

impl State {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Status, Failure> {
        let state = self.facts.import().map_err(Failure::Message)?;
        // The whole state is made before a byte is written.
        let mut json = serde_json::to_vec_pretty(&state).map_err(io::Error::from)?;
        json.push(b'\n');
        match &self.output {
            Some(path) => write_whole(path, &json).map_err(|error| {
                let reason = match error.kind() {
                    io::ErrorKind::NotFound => "there is no such folder".to_owned(),
                    _ => reason(&error),
                };
                Failure::Message(format!("{}: cannot be written: {reason}", shown(path.as_os_str())))
            })?,
            None => output.write_all(&json)?,
        }
        Ok(Status::Accepted)
    }
}

impl Facts {
    fn import(&self) -> Result<presync::State, String> {
        let regions: [(&Option<OsString>, Regions); 2] =
            [(&self.regions, Responses::regions), (&self.all_regions, Responses::all_regions)];
        let regions = regions
            .into_iter()
            .filter_map(|(file, add)| file.as_ref().map(|file| (Source::of_file(file), add)));
        let listings: [(&[OsString], &str, Listing); 3] = [
            (&self.images, "--images", Responses::images),
            (&self.custom_images, "--custom-images", Responses::custom_images),
            (&self.all_images, "--all-images", Responses::all_images),
        ];
        let mut images = Vec::new();
        for (arguments, flag, add) in listings {
            images.extend(pages(arguments, flag)?.into_iter().map(|(region, source)| (region, source, add)));
        }
        let (quotas, account_quotas) = (of_regions(&self.quota), of_regions(&self.account_quota));
        let on_stdin = regions
            .clone()
            .map(|(source, _)| source)
            .chain(images.iter().map(|(_, source, _)| *source))
            .chain(quotas.iter().chain(&account_quotas).map(|file| file.source))
            .filter(|source| source.is_stdin());
        if on_stdin.count() > 1 {
            return Err("error: stdin cannot be several responses".to_owned());
        }

        let mut import = Responses::default();
        let mut list = None;
        for (source, add) in regions {
            import = source.response(|bytes| add(import, bytes))?;
            list = Some(source.name());
        }
        for (region, source, add) in images {
            import = source.response(|bytes| add(import, region, bytes))?;
        }
        for RegionSource { region, source } in quotas {
            import = match number(source) {
                Some(count) => import.quota_count(region, count).map_err(usage)?,
                None => source.response(|bytes| import.quota(region, bytes))?,
            };
        }
        for RegionSource { region, source } in account_quotas {
            import = source.response(|bytes| import.account_quota(region, bytes))?;
        }
        let import = self.with_stated(import).map_err(usage)?;
        for warning in import.warnings() {
            complain(input::warning(&warning, list.as_deref()));
        }
        import.state().map_err(usage)
    }

    /// Adds the facts that other arguments state.
    fn with_stated(&self, mut import: Responses) -> Result<Responses, DescribeError> {
        for (region, count) in &self.used {
            import = import.used(region, *count)?;
        }
        for region in &self.sync {
            import = import.sync(region)?;
        }
        for region in &self.no_sync {
            import = import.no_sync(region)?;
        }
        for (from, to) in &self.block {
            import = import.block(from, to)?;
        }
        Ok(import)
    }
}

fn of_regions(arguments: &[OsString]) -> Vec<RegionSource<'_>> {
    arguments.iter().map(|argument| RegionSource::of_argument(argument)).collect()
}

/// A method that adds a list of regions.
type Regions = fn(Responses, &[u8]) -> Result<Responses, DescribeError>;

/// A method that adds a page of one kind of listing.
type Listing = fn(Responses, &str, &[u8]) -> Result<Responses, DescribeError>;

/// Returns each page of a listing with its region.
fn pages<'a>(arguments: &'a [OsString], flag: &str) -> Result<Vec<(&'a str, Source<'a>)>, String> {
    let mut region = None;
    let mut pages = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let file = RegionSource::of_argument(argument);
        region = file.region.or(region);
        let Some(region) = region else {
            let file = shown(argument);
            return Err(format!("error: `{flag} {file}` does not name its region: write `REGION={file}`"));
        };
        pages.push((region, file.source));
    }
    Ok(pages)
}

/// A number that stands for a file; `./20` is the file.
fn number(source: Source<'_>) -> Option<u64> {
    match source {
        Source::File(path) => path.to_str()?.parse().ok(),
        _ => None,
    }
}

fn usage(error: DescribeError) -> String {
    format!("error: {error}")
}

/// Replaces a file by one that is written beside it, so that a reader sees all of the old one or
/// all of the new one. A path that is no file, such as `/dev/null`, is opened and written to.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let old = fs::metadata(path);
    if old.as_ref().is_ok_and(|old| !old.is_file()) {
        return fs::File::options().write(true).open(path)?.write_all(bytes);
    }
    let path = behind_links(path)?;
    // The folder of a bare name is the empty path, in which a file is made where the command runs.
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".presync-");
    // A new file has the permissions of any new file: the user's mask has the last word.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    if let Ok(old) = old {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.write_all(bytes)?;
    file.persist(&path)?;
    Ok(())
}

/// Returns the path to which links lead, so that a link stays a link. The
/// file need not be there yet.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    const MOST: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..=MOST {
        let Ok(target) = fs::read_link(&path) else { return Ok(path) };
        // A relative target is one from the folder of the link.
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(io::Error::other(format!("it leads through more than {MOST} links")))
}
