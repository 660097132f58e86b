//! What most commands begin with: the root read, the outlets chosen, the platform reached.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet, HashSet},
    future::Future,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::{Timestamp, tz::TimeZone};

use super::{
    Exit,
    command_error::CommandError,
    output::{Outputs, note},
    progress::Progress,
    signals::Signals,
    store::Store,
    when::When,
};
use crate::{
    catalog::OutletId,
    diagnostic::Diagnostic,
    fleet::{self, Loaded, Member, Selection, Survey},
    platform::paths::{OPERATOR_FILE, canonicalize},
    remote::{Client, Endpoint, Fence, Login, Meter, unfenced},
    report::{self, PlanTarget, counted},
    settings::{self, Credentials, Environment, Settings, StateDir},
    source::{Doing, check_settled},
    state::{
        DaemonLock, OutletRow, Overview, Running, Scope, SharedState, StateError, adopt_shared, is_damaged,
        lock_daemon, running_daemon, set_aside,
    },
    sync::{chain, fence},
};

/// How many diagnostics a terminal gets; JSON has all of them (our choice).
pub(super) const MOST_DIAGNOSTICS: usize = 50;

/// One run of a command.
pub(super) struct Session {
    root: Option<PathBuf>,
    state_dir: Option<PathBuf>,
    /// The settings of whoever runs menusync here, outside of the root.
    pub(super) operator: Option<PathBuf>,
    pub(super) environment: Environment,
    pub(super) outputs: Outputs,
    pub(super) signals: Signals,
    found_root: OnceCell<PathBuf>,
    loaded: OnceCell<Arc<Loaded>>,
    store: OnceCell<Store>,
}

/// The name of the root in a database. It lies elsewhere on each machine, and at another place after each deployment, so it has
/// no path there: a database belongs to one root.
pub(super) const SHARED_ROOT: &str = "the root";

impl Session {
    pub(super) fn new(
        root: Option<PathBuf>,
        state_dir: Option<PathBuf>,
        operator: Option<PathBuf>,
        environment: Environment,
        outputs: Outputs,
        signals: Signals,
    ) -> Self {
        Self {
            root,
            state_dir,
            operator,
            environment,
            outputs,
            signals,
            found_root: OnceCell::new(),
            loaded: OnceCell::new(),
            store: OnceCell::new(),
        }
    }

    /// The root directory.
    pub(super) fn root(&self) -> PathBuf {
        self.found_root.get_or_init(|| settings::root(self.root.as_deref(), &self.environment)).clone()
    }

    /// What says where the root is, for finding it from another directory.
    pub(super) fn root_source(&self) -> (Option<PathBuf>, Environment) {
        (self.root.clone(), self.environment.clone())
    }

    /// `--state-dir`.
    pub(super) fn named_state_dir(&self) -> Option<PathBuf> {
        self.state_dir.clone()
    }

    /// Where a root is to be: the one that is named, else the working directory.
    pub(super) fn new_root(&self) -> PathBuf {
        settings::named_root(self.root.as_deref(), &self.environment).unwrap_or_else(|| PathBuf::from("."))
    }

    /// The options that say where, as they were given.
    pub(super) fn flags(&self) -> String {
        report::command_flags(self.root.as_deref(), self.state_dir.as_deref(), self.named_operator())
    }

    /// The options with which a command means this root and this state wherever it is typed.
    pub(super) fn flags_anywhere(&self) -> String {
        let told = self.state_place().ok().filter(|place| place.is_told).map(|place| place.dir);
        let told = told.map(|dir| std::path::absolute(&dir).unwrap_or(dir));
        report::command_flags(Some(Path::new(&self.root_name())), told.as_deref(), self.named_operator())
    }

    /// Where they are not those that every command here finds.
    fn named_operator(&self) -> Option<&Path> {
        self.operator.as_deref().filter(|path| OPERATOR_FILE.is_none_or(|file| *path != Path::new(file)))
    }

    /// The root, read once.
    pub(super) fn loaded(&self) -> Result<&Loaded, CommandError> {
        self.load_from(&self.root()).map(AsRef::as_ref)
    }

    /// The root, read once, by this name of it if it has not been read yet.
    pub(super) fn load_from(&self, root: &Path) -> Result<&Arc<Loaded>, CommandError> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        settings::check_owner(root, self.root.as_deref(), &self.environment)?;
        let progress = Progress::new("reading files");
        let loaded = fleet::load_under(root, self.operator.as_deref(), &Doing::default(), None)?;
        drop(progress);
        if let Some(why) = &loaded.revision_unknown {
            tracing::warn!("the commit of the files is not known: {why}");
        }
        Ok(self.loaded.get_or_init(|| Arc::new(loaded)))
    }

    /// All outlets as the files have them at `at`, with those whose file cannot be read, if they are remembered.
    pub(super) fn survey(&self, at: Timestamp) -> Result<Survey, CommandError> {
        let loaded = self.loaded()?;
        let progress = Progress::new("checking outlets");
        let mut survey = loaded.survey(at);
        drop(progress);
        if survey.has_errors()
            && let Some(state) = self.memory_to_read()
            // What keeps the state from being read is said by those who need it.
            && let Ok(overview) = block_on(state.overview(at))?
        {
            survey.add_former(overview.of_root());
        }
        Ok(survey)
    }

    /// The text of a file of the root, if it has been read.
    pub(super) fn text(&self, file: &str) -> Option<Arc<str>> {
        self.loaded.get().and_then(|loaded| loaded.text(file))
    }

    /// The time zone in which times are shown and read: that of the settings, if they can be read.
    pub(super) fn zone(&self) -> TimeZone {
        self.loaded().map_or(TimeZone::UTC, Loaded::timezone)
    }

    /// `--at`, else now.
    pub(super) fn moment(&self, at: Option<&When>) -> Result<Timestamp, CommandError> {
        at.map_or_else(|| Ok(Timestamp::now()), |when| when.first(&self.loaded()?.timezone()))
    }

    /// The settings; what is wrong with them otherwise.
    pub(super) fn settings(&self) -> Result<&Settings, CommandError> {
        let loaded = self.loaded()?;
        let wrong = || CommandError::Invalid(loaded.diagnostics.iter().filter(|d| d.is_error()).cloned().collect());
        loaded.settings.as_ref().ok_or_else(wrong)
    }

    /// Where what is remembered is kept.
    pub(super) fn state_dir(&self) -> Result<PathBuf, CommandError> {
        Ok(self.state_place()?.dir)
    }

    fn state_place(&self) -> Result<StateDir, CommandError> {
        Ok(settings::state_dir(self.state_dir.as_deref(), &self.environment, self.settings()?, &self.root())?)
    }

    /// Where the state is.
    pub(super) fn store(&self) -> Result<&Store, CommandError> {
        if let Some(store) = self.store.get() {
            return Ok(store);
        }
        let (settings, dir) = (self.settings()?, self.state_dir()?);
        let database = settings::database_url(settings, &self.environment, &self.loaded()?.root)?;
        let root = if database.is_some() { SHARED_ROOT.to_owned() } else { self.root_name() };
        let scope = Scope { platform: settings.platform(), root };
        Ok(self.store.get_or_init(|| Store::new(dir, database, scope)))
    }

    /// Where the state is, for people.
    pub(super) fn state_shown(&self) -> Option<String> {
        self.store().ok()?.place().ok()
    }

    /// Whose memory is meant.
    pub(super) fn scope(&self) -> Result<Scope, CommandError> {
        Ok(self.store()?.scope().clone())
    }

    /// The root by the name that the state knows it by.
    pub(super) fn root_name(&self) -> String {
        settings::root_name(&self.root())
    }

    /// Where a running daemon keeps what is remembered. A directory that was given needs no settings to be right.
    pub(super) fn daemon_state_dir(&self) -> Result<PathBuf, CommandError> {
        self.state_dir.clone().map_or_else(|| self.state_dir(), Ok)
    }

    /// Takes over what an earlier release kept elsewhere, if there is anything.
    pub(super) fn take_over(&self) -> Result<(), CommandError> {
        if self.store()?.is_database() {
            return Ok(());
        }
        let StateDir { dir, shared, .. } = self.state_place()?;
        shared.map_or(Ok(()), |shared| take_over(&shared, &dir))
    }

    /// Makes the state ready for a command that pushes: a damaged one is put out of the way (beside a daemon that is the
    /// daemon's to do), one of an earlier release is brought up to date.
    pub(super) fn ready_state(&self) -> Result<(), CommandError> {
        let store = self.store()?;
        if store.is_database() {
            return Ok(store.open().map(drop)?);
        }
        self.take_over()?;
        let dir = self.state_dir()?;
        if is_damaged(&dir)?
            && let Ok(lock) = lock_daemon(&dir)
        {
            set_aside_damage(&dir, &lock)?;
        }
        match store.open_to_read() {
            Err(StateError::Older { .. }) => Ok(store.open().map(drop)?),
            _ => Ok(()),
        }
    }

    /// Puts a damaged state out of the way for a daemon.
    pub(super) fn set_aside_damage(&self, lock: &DaemonLock) -> Result<(), CommandError> {
        if self.store()?.is_database() { Ok(()) } else { set_aside_damage(&self.state_dir()?, lock) }
    }

    /// What is asked before a call leaves that changes something at an outlet.
    pub(super) fn fence(&self) -> Result<Arc<dyn Fence>, CommandError> {
        // A file is used by processes of one machine, which lock files keep apart for as long as they live.
        if self.store()?.is_database() { Ok(fence(self.state()?)) } else { Ok(unfenced()) }
    }

    /// The state, to read and write.
    pub(super) fn state(&self) -> Result<SharedState, CommandError> {
        self.take_over()?;
        Ok(self.store()?.open()?)
    }

    /// What is remembered, to read; `None` if nothing is.
    pub(super) fn remembered(&self) -> Result<Option<SharedState>, CommandError> {
        let StateDir { shared, .. } = self.state_place()?;
        let store = self.store()?;
        let state = store.open_to_read()?;
        if state.is_none()
            && !store.is_database()
            && let Some(shared) = shared.filter(|shared| shared.join("menusync.sqlite3").is_file())
        {
            note(&format!(
                "an earlier release kept its state in {}, for all roots; `menusync apply` or the daemon takes it over",
                shared.display()
            ));
        }
        Ok(state)
    }

    /// Says in a line that something is stored of other platforms, where nothing is of this one: it is not used here.
    pub(super) async fn tell_other_platforms(&self, state: Option<&SharedState>) -> Result<(), CommandError> {
        let Some(state) = state else { return Ok(()) };
        let own = self.scope()?.platform;
        let platforms = state.platforms().await?;
        if platforms.iter().any(|(platform, _)| *platform == own) || platforms.is_empty() {
            return Ok(());
        }
        note(&other_platforms(&own, &platforms));
        Ok(())
    }

    /// The root whose files defined an outlet last, if that is another one and still there.
    pub(super) fn other_root<'r>(&self, row: &'r OutletRow) -> Option<&'r str> {
        let (root, own) = (row.root.as_deref()?, self.scope().ok()?.root);
        // In a database roots have no path.
        let other = Some(Path::new(root)).filter(|other| other.is_absolute())?;
        let is_same =
            root == own || matches!((canonicalize(other), canonicalize(Path::new(&own))), (Ok(a), Ok(b)) if a == b);
        (!is_same && other.join(settings::FILE).is_file()).then_some(root)
    }

    /// A line about those of `members` that the files of another root defined last: both would push to them.
    pub(super) fn about_other_roots(&self, overview: &Overview, members: &[&Member]) -> Option<String> {
        let ours: HashSet<&str> = members.iter().map(|member| member.id.as_str()).collect();
        let rows = overview.outlets.iter();
        let rows = rows.filter(|row| row.root.as_ref() != Some(&overview.root) && ours.contains(row.id.as_str()));
        let mut shared = rows.filter_map(|row| Some((row, self.other_root(row)?)));
        let (row, root) = shared.next()?;
        let more = match shared.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Some(format!(
            "outlet {}{more}: defined in {root} as well, whose files were used last; define an outlet in one root only, \
             else each overwrites the other",
            row.id
        ))
    }

    /// What is remembered, to read, where remembering is a convenience.
    fn memory_to_read(&self) -> Option<SharedState> {
        self.store().ok()?.open_to_read().ok().flatten()
    }

    /// What is remembered, to read and write, where remembering is a convenience: only if there is a state already and it
    /// can be used.
    pub(super) fn memory(&self) -> Option<SharedState> {
        self.memory_to_read()?;
        self.store().ok()?.open().ok()
    }

    /// Where a push goes.
    pub(super) fn target(&self) -> Result<PlanTarget, CommandError> {
        let settings = self.settings()?;
        Ok(PlanTarget { name: settings.target.name().to_owned(), api_url: settings.gobiz.api_url.clone() })
    }

    /// The platform, as the account without a name.
    pub(super) fn client(&self) -> Result<Client, CommandError> {
        self.connect(None)
    }

    /// The same; `meter` is told of every call.
    pub(super) fn client_metered(&self, meter: Arc<dyn Meter>) -> Result<Client, CommandError> {
        self.connect(Some(meter))
    }

    fn connect(&self, meter: Option<Arc<dyn Meter>>) -> Result<Client, CommandError> {
        let settings = self.settings()?;
        let (environment, root) = (self.environment.clone(), self.loaded()?.root.clone());
        if settings.gobiz.accounts.is_empty() {
            // Without it nothing can be done; with accounts, only some outlets may need it.
            settings::credentials(settings, None, &environment, &root)?;
        }
        let endpoint = endpoint(settings)?;
        let settings = settings.clone();
        let login_of = move |account: Option<&str>| login(&settings, &environment, &root, account);
        Ok(Client::connect(&endpoint, Arc::new(login_of), meter)?)
    }

    /// The platform as each account that outlets of these go by, by its name.
    pub(super) fn clients(&self, survey: &Survey) -> Result<BTreeMap<Option<Arc<str>>, Client>, CommandError> {
        let client = self.client()?;
        let accounts = self.accounts(survey)?.into_iter();
        Ok(accounts.map(|account| (account.clone(), client.of_account(account.as_deref()))).collect())
    }

    /// Refuses what nobody looks at while git is in the middle of something: the files are those of no commit. Who is asked
    /// is told.
    pub(super) fn refuse_unfinished(&self, is_asked: bool) -> Result<(), CommandError> {
        let Err(error) = check_settled(&self.root()) else { return Ok(()) };
        let words = error.to_string();
        if !is_asked {
            return Err(CommandError::Refused(format!("nothing is pushed: {words}")));
        }
        note(&words);
        Ok(())
    }

    /// The account that outlets go by whose files name none.
    pub(super) fn default_account(&self) -> Result<Option<&str>, CommandError> {
        Ok(self.settings()?.policy.account.as_ref().map(|account| account.value.as_str()))
    }

    /// Those of the settings, and the one without a name where an outlet goes by it or there is no other.
    pub(super) fn accounts(&self, survey: &Survey) -> Result<BTreeSet<Option<Arc<str>>>, CommandError> {
        let mut accounts: BTreeSet<Option<Arc<str>>> =
            self.settings()?.gobiz.accounts.keys().map(|name| Some(Arc::from(name.as_str()))).collect();
        if accounts.is_empty() || survey.members.iter().any(|member| member.valid && member.account.is_none()) {
            accounts.insert(None);
        }
        Ok(accounts)
    }

    /// What `globs` mean.
    pub(super) fn selection(&self, globs: &[String]) -> Result<Selection, CommandError> {
        Selection::new(globs).map_err(|error| CommandError::Usage(chain(&error)))
    }

    /// The outlets that `globs` mean, out of a survey.
    pub(super) fn select<'s>(&self, survey: &'s Survey, globs: &[String]) -> Result<Vec<&'s Member>, CommandError> {
        let selection = self.selection(globs)?;
        let selected: Vec<&Member> = survey.members.iter().filter(|member| selection.matches(member)).collect();
        if selected.is_empty() && !globs.is_empty() {
            return Err(CommandError::Usage(no_match(survey, globs)));
        }
        Ok(selected)
    }
}

impl Session {
    /// Shows the errors of files on stderr, where a command goes on in spite of them.
    pub(super) fn tell_errors(&self, survey: &Survey, selected: &[&Member]) {
        let errors = errors_of(survey, selected);
        if !errors.is_empty() {
            let texts = |file: &str| self.text(file);
            note(&report::diagnostics_text(&errors, &texts, false, MOST_DIAGNOSTICS));
        }
    }

    /// Refuses to push anything if a selected outlet has errors; `what`: what is not done then.
    pub(super) fn refuse_errors(&self, survey: &Survey, selected: &[&Member], what: &str) -> Result<(), CommandError> {
        let errors = errors_of(survey, selected);
        if errors.is_empty() {
            return Ok(());
        }
        note(&format!("{what}: outlets that were selected have errors in their files (--outlet selects others)\n"));
        Err(CommandError::Invalid(errors))
    }

    /// The exit of errors in files that no outlet could be made of.
    pub(super) fn exit_of_files(&self, survey: &Survey) -> Exit {
        if lost_errors(survey) { Exit::Invalid } else { Exit::Done }
    }
}

/// `nothing is stored of https://a yet; what is stored of https://b (3 outlets) is not used here`
pub(super) fn other_platforms(own: &str, platforms: &[(String, u64)]) -> String {
    let named = platforms.iter().filter(|(platform, _)| platform != own).map(|(platform, outlets)| {
        let platform = if platform.is_empty() { "an unknown platform" } else { platform };
        format!("{platform} ({})", counted(usize::try_from(*outlets).unwrap_or(usize::MAX), "outlet"))
    });
    let named: Vec<String> = named.collect();
    format!("nothing is stored of {own} yet; what is stored of {} is not used here", named.join(" and "))
}

/// Takes over the state that an earlier release kept for all roots, unless a daemon of that release still runs.
fn take_over(shared: &Path, dir: &Path) -> Result<(), CommandError> {
    if let Running::Yes(pid) = running_daemon(shared) {
        let pid = pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
        return Err(CommandError::Refused(format!(
            "a daemon of an earlier release{pid} still uses the state in {}; stop it first, then start this one",
            shared.display()
        )));
    }
    let adopted = match adopt_shared(shared, dir) {
        Err(error @ StateError::Corrupt { .. }) => {
            tracing::error!(
                error = chain(&error),
                "the state of an earlier release cannot be taken over; every live menu is a first contact"
            );
            false
        }
        adopted => adopted?,
    };
    if adopted {
        tracing::info!("the state of an earlier release in {} is taken over into {}", shared.display(), dir.display());
    }
    Ok(())
}

/// Puts a damaged state out of the way, loudly.
fn set_aside_damage(dir: &Path, lock: &DaemonLock) -> Result<(), CommandError> {
    if is_damaged(dir)? {
        let aside = set_aside(dir, lock, Timestamp::now())?;
        tracing::error!(
            "the state file in {} is damaged and was set aside as {}; a copy from a backup brings back what was known, and \
             without it every push to a live menu is a first contact",
            dir.display(),
            aside.display()
        );
    }
    Ok(())
}

/// Whether there are errors in files that no outlet could be made of.
pub(super) fn lost_errors(survey: &Survey) -> bool {
    let of_outlets = told_of(&survey.members);
    survey.diagnostics.iter().any(|diagnostic| diagnostic.is_error() && !of_outlets.contains(diagnostic))
}

/// The errors that keep the selected outlets from being used: theirs, and those of files that belong to no outlet.
pub(super) fn errors_of(survey: &Survey, selected: &[&Member]) -> Vec<Diagnostic> {
    let chosen: HashSet<&OutletId> = selected.iter().map(|member| &member.id).collect();
    let of_others = told_of(survey.members.iter().filter(|member| !chosen.contains(&member.id)));
    let theirs = told_of(selected.iter().copied());
    let rest = survey.diagnostics.iter().filter(|diagnostic| !of_others.contains(diagnostic));
    let all: HashSet<&Diagnostic> = rest.chain(theirs).filter(|diagnostic| diagnostic.is_error()).collect();
    let mut errors: Vec<Diagnostic> = all.into_iter().cloned().collect();
    crate::diagnostic::sort(&mut errors);
    errors
}

/// What is said about some outlets.
fn told_of<'s>(members: impl IntoIterator<Item = &'s Member>) -> HashSet<&'s Diagnostic> {
    members.into_iter().flat_map(|member| &member.diagnostics).map(AsRef::as_ref).collect()
}

fn no_match(survey: &Survey, globs: &[String]) -> String {
    let known: Vec<String> =
        survey.members.iter().take(5).map(|member| format!("{} ({})", member.id, member.name)).collect();
    let more = survey.members.len().saturating_sub(known.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let known = match known.is_empty() {
        true => "there are no outlets".to_owned(),
        false => format!("the outlets are: {}{more}", known.join(", ")),
    };
    let globs: Vec<String> = globs.iter().map(|glob| format!("`{glob}`")).collect();
    format!("no outlet matches {}; {known}", globs.join(", "))
}

fn endpoint(settings: &Settings) -> Result<Endpoint, CommandError> {
    let gobiz = &settings.gobiz;
    Ok(Endpoint {
        api_url: gobiz.api_url.clone(),
        oauth_url: gobiz.oauth_url.clone(),
        requests_per_second: gobiz.requests_per_second,
        timeout: gobiz.timeout,
        stock_key: gobiz.stock_key,
        accept: gobiz.accept.clone(),
        proxy: settings::proxy(gobiz.proxy.as_ref())?,
    })
}

/// As whom an account comes.
fn login(settings: &Settings, environment: &Environment, root: &Path, account: Option<&str>) -> Result<Login, String> {
    use secrecy::ExposeSecret;
    let named = account.map(|name| {
        let known = settings.gobiz.accounts.get(name);
        known.map(|known| (name, known)).ok_or_else(|| {
            "it is not in `gobiz.accounts` as read at the start: put it back (what it has sent is looked for by it), or \
             restart if it is there"
                .to_owned()
        })
    });
    let named = named.transpose()?;
    let credentials = settings::credentials(settings, named, environment, root);
    let Credentials { client_id, client_secret } = credentials.map_err(|error| chain(&error))?;
    let requests_per_second = named.and_then(|(_, known)| known.requests_per_second);
    Ok(Login { client_id: client_id.expose_secret().to_owned(), client_secret, requests_per_second })
}

/// Runs something that waits.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| CommandError::failed("cannot start the runtime", error))?;
    let result = runtime.block_on(future);
    // A name that is being looked up cannot be called off, and must not hold up the exit.
    runtime.shutdown_background();
    Ok(result)
}

/// A moment that is given, else now.
pub(super) fn moment(at: Option<Timestamp>) -> Timestamp {
    at.unwrap_or_else(Timestamp::now)
}
