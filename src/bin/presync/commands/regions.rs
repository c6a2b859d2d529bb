//! `presync regions`.

use clap::{Args, ValueEnum};
use presync::report::Fact;
use presync::{Edition, Rule, Ruleset, State, SyncRequest};

use super::policy_file::PolicyFile;
use super::state_files::StateFiles;
use crate::format::{json, table};
use crate::outcome::{Failure, Status};
use crate::output::Output;
use crate::region_list::RegionList;

const EXAMPLES: &str = "\
For each region of the state, in its order: can this image be copied there now?
What is checked is a request that names this region alone. `no` has every reason
why it would be refused; `not verified` says which fact is needed. What a policy
asks of the list of destinations as a whole, such as a region that each request
has to name, is said below the table and makes no region wrong.

The source region is the one in which the state lists the image. Where it is
listed in several, --region says which one is meant.

Examples:
  presync regions --state state.json img-o3ycss2p
  presync regions --state state.json --edition latest --region ap-shanghai img-o3ycss2p
  presync regions --state regions.json --state ap-shanghai=images.json img-o3ycss2p
  presync regions --state state.json --format json img-o3ycss2p |
      jq -r '.regions[] | select(.verdict == \"yes\") | .region'

Exit status:
  0  it can be copied to a region, or no known fact is against it
  1  it can be copied to none
  2  it could not be checked: no id of an image, no region, an unreadable state, bad usage
  3  with --strict: there are regions that nothing speaks against, and none is verified";

/// List the regions that an image can be copied to, and every reason against the others
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Regions {
    #[command(flatten)]
    state: StateFiles,

    #[command(flatten)]
    policy: PolicyFile,

    /// The source region [default: the one in which the state lists the image]
    #[arg(long, value_name = "SOURCE")]
    region: Option<String>,

    /// Form of the list; `json` has the whole report on each region
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Take no region in which something could not be verified
    #[arg(long)]
    strict: bool,

    /// The id of the image
    image: String,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Table,
    Json,
}

impl Regions {
    /// Lists the regions. `before` is the edition that stands before the subcommand.
    pub(crate) fn run(&self, before: Option<Edition>, output: &mut Output) -> Result<Status, Failure> {
        self.policy.alone_on_stdin(&[("the state", self.state.count_stdin() > 0)])?;
        if self.state.count_stdin() > 1 {
            return Err(Failure::Message("error: stdin cannot be several responses".to_owned()));
        }
        let (policy, rules) = self.policy.read(before)?;
        let rules = if self.strict { rules.strict() } else { rules };
        let state = self.state.read()?;
        self.policy.warn(&policy, &state);
        self.is_image_id(&rules, &state)?;
        let destinations = match &self.region {
            Some(source) => {
                let request = SyncRequest::new(&*self.image, [""; 0]).with_region(source);
                rules.destinations_of(&request, &state)
            }
            None => rules.destinations(&self.image, &state),
        };
        let Some(first) = destinations.reports().first() else {
            return Err(Failure::Message(
                "error: no region is known: `--state` gives them, such as a response of DescribeRegions"
                    .to_owned(),
            ));
        };
        let source = first.request().region.as_deref();
        let list = RegionList { image: &self.image, source, destinations: &destinations };
        match self.format {
            Format::Table => table::regions(output, &list, rules.edition())?,
            Format::Json => json::regions(output, &list)?,
        }
        Ok(list.status())
    }

    /// Errors when the image is given by a text that is no id of one, such as its name.
    fn is_image_id(&self, rules: &Ruleset, state: &State) -> Result<(), Failure> {
        let is_form =
            |id: &str| rules.rules().iter().any(|rule: &&Rule| rule.id() == id && rule.is_image_id_form());
        let report = rules.check(&SyncRequest::new(&*self.image, [""; 0]), state);
        match report.violations().iter().find(|violation| is_form(violation.rule())) {
            None => Ok(()),
            Some(violation) => {
                let hint = match violation.facts().texts(Fact::Elements) {
                    [] => violation.hint().map(str::to_owned),
                    several => Some(format!("give one image, and not {}", several.len())),
                };
                let hint = hint.map_or_else(String::new, |hint| format!(": {hint}"));
                Err(Failure::Message(format!("error: {}{hint}", violation.message())))
            }
        }
    }
}
