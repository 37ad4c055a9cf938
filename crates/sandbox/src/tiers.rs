//! Which implementation of WebAssembly a guest runs on, and how fast it is there.
//!
//! There are two: `wasmi`, which runs everything, and the host's own, which compiles. Callback guests may run on either. By itself a guest begins
//! on wasmi, since compiling is dear for who burns little, and moves between two events when its function has proved heavy.
//!
//! Invariant: nothing that a guest does, and no number that its owner sees, depends on the tier.

use crate::guest::{Clock, Guest, GuestConfig, Resume, Run, Sandbox, Stop, Trap, leave_to_guest};
use crate::snapshot::Image;
use crate::{Artifact, Shape, WasmiSandbox, host_tier};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// What a function's guests burn on wasmi before it counts as heavy: about half a second of a browser's.
const HEAVY_UNITS: u64 = 20_000_000;

/// An implementation of WebAssembly that the host brings, such as the browser's.
pub trait WebAssembly {
    /// Makes an instance of a metered module; none when this implementation does not compile it or has no room, or when making it traps. Its imports
    /// are the functions of an instance of [`glue`](crate::glue). `key` names the bytes, for those who keep compiled modules.
    fn instantiate(
        &self,
        key: &str,
        bytes: &dyn Fn() -> Vec<u8>,
    ) -> Option<Rc<dyn WebAssemblyInstance>>;
    /// Real milliseconds, from any zero.
    fn now_ms(&self) -> f64;
}

/// An instance. Its functions may call [`import`](crate::import) while they run, which reads and writes the same instance.
pub trait WebAssemblyInstance {
    /// Whether it exports a function of this name.
    fn exports(&self, function: &str) -> bool;
    /// Calls an exported function; one that returns nothing gives 0.
    ///
    /// # Errors
    ///
    /// The message of what was thrown.
    fn call(&self, function: &str, args: &[i32]) -> Result<i32, String>;
    /// Bytes of the exported memory; none when there is no memory.
    fn memory_size(&self) -> Option<u64>;
    /// Copies from memory. The range is within it.
    fn read(&self, at: u32, into: &mut [u8]);
    /// Copies into memory. The range is within it.
    fn write(&self, at: u32, bytes: &[u8]);
    /// Adds pages to memory; false when there is no room.
    fn grow(&self, pages: u64) -> bool;
    /// The units in the meter.
    fn left(&self) -> i64;
    /// Fills the meter.
    fn set_left(&self, units: i64);
    /// An exported global that is an integer.
    fn integer(&self, name: &str) -> Option<i64>;
    /// Sets an exported global that is an integer and can change; false when there is none of that name.
    fn set_integer(&self, name: &str, value: i64) -> bool;
}

/// An implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// The interpreter.
    Wasmi,
    /// The host's own.
    WebAssembly,
}

/// What a function's owner wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TierChoice {
    /// Wasmi, until it proves heavy.
    #[default]
    Auto,
    /// Always this one, where it can be.
    Always(Tier),
}

/// Why guests stay on wasmi.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stays {
    /// Their shape waits within calls.
    Shape,
    /// Their module changes tables, or the host does not compile it, or its state cannot be copied.
    Module,
    /// Their calls went deeper than the host's stack.
    Stack,
    /// One run took longer than a host that hears nothing meanwhile should.
    Time,
}

/// Where a function's guests run and how fast: for people to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct TierReport {
    /// What was chosen.
    pub choice: TierChoice,
    /// Where a guest ran last; none before the first.
    pub last: Option<Tier>,
    /// Why that was wasmi although something else was wanted.
    pub stays: Option<Stays>,
    /// Units burned on each tier and real milliseconds that they took: wasmi, WebAssembly.
    pub burned: [(u64, f64); 2],
}

/// What is known of the guests of one name.
#[derive(Debug, Default)]
pub(crate) struct Book {
    choice: Cell<TierChoice>,
    last: Cell<Option<Tier>>,
    stays: Cell<Option<Stays>>,
    wasmi: Cell<(u64, f64)>,
    host: Cell<(u64, f64)>,
    hurried: bool,
}

impl Book {
    pub(crate) fn choice(&self) -> TierChoice {
        self.choice.get()
    }

    pub(crate) fn ran(&self, tier: Tier, units: u64, ms: f64) {
        self.last.set(Some(tier));
        let sum = if tier == Tier::Wasmi { &self.wasmi } else { &self.host };
        let (all, all_ms) = sum.get();
        sum.set((all.saturating_add(units), all_ms + ms));
    }

    pub(crate) fn stays(&self, why: Stays) {
        self.stays.set(Some(why));
    }

    fn wants_host(&self) -> bool {
        match self.choice.get() {
            TierChoice::Auto => self.hurried || self.wasmi.get().0 >= HEAVY_UNITS,
            TierChoice::Always(tier) => tier == Tier::WebAssembly,
        }
    }
}

/// What guests share.
pub(crate) struct Shared {
    pub(crate) wasmi: WasmiSandbox,
    pub(crate) host: Box<dyn WebAssembly>,
    books: RefCell<BTreeMap<String, Rc<Book>>>,
    /// Instances of the host's that there are.
    pub(crate) instances: Rc<Cell<usize>>,
}

impl Shared {
    fn book(&self, name: &str) -> Rc<Book> {
        let mut books = self.books.borrow_mut();
        if let Some(book) = books.get(name) {
            return book.clone();
        }
        books.entry(name.to_owned()).or_default().clone()
    }
}

/// Runs modules on either tier.
pub struct TieredSandbox {
    shared: Rc<Shared>,
    /// See [`Sandbox::hurried`].
    hurried: bool,
}

impl std::fmt::Debug for TieredSandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TieredSandbox").finish_non_exhaustive()
    }
}

impl TieredSandbox {
    /// Of both tiers.
    pub fn new(wasmi: WasmiSandbox, host: Box<dyn WebAssembly>) -> Self {
        let shared = Shared { wasmi, host, books: RefCell::default(), instances: Rc::default() };
        Self { shared: Rc::new(shared), hurried: false }
    }

    fn make(
        &self,
        artifact: &Artifact,
        config: GuestConfig,
        image: Option<&Image>,
    ) -> Result<Box<dyn Guest>, Trap> {
        let mut book = self.shared.book(&config.name);
        if self.hurried {
            let choice = Cell::new(book.choice());
            book = Rc::new(Book { choice, hurried: true, ..Book::default() });
        }
        let owner = Owner {
            shared: self.shared.clone(),
            artifact: artifact.clone(),
            config,
            book: book.clone(),
        };
        // Guests that wait within calls stay on wasmi, which can suspend them; so do those whose tables might grow.
        let may_move = artifact.info.shape == Shape::Callback && artifact.copies;
        if !may_move {
            let by_shape = artifact.info.shape != Shape::Callback;
            book.stays(if by_shape { Stays::Shape } else { Stays::Module });
        } else if book.wants_host() {
            if let Some(guest) = host_tier::start(owner.clone(), image.cloned()) {
                return Ok(guest);
            }
            book.stays(Stays::Module);
        }
        let guest = owner.on_wasmi(image)?;
        Ok(Box::new(Tiered {
            owner,
            guest,
            moved: false,
            may_move,
            resting: false,
            allowed: (0, u64::MAX),
        }))
    }
}

/// Whose a guest is, and what it takes to make it again.
#[derive(Clone)]
pub(crate) struct Owner {
    pub(crate) shared: Rc<Shared>,
    pub(crate) artifact: Artifact,
    pub(crate) config: GuestConfig,
    pub(crate) book: Rc<Book>,
}

impl Owner {
    pub(crate) fn on_wasmi(&self, image: Option<&Image>) -> Result<Box<dyn Guest>, Trap> {
        match image {
            None => self.shared.wasmi.start(&self.artifact, self.config.clone()),
            Some(image) => self.shared.wasmi.restore(&self.artifact, &self.config, image),
        }
    }

    /// Resumes a guest of wasmi's, and writes down how long that took.
    pub(crate) fn resume_on_wasmi(
        &self,
        guest: &mut dyn Guest,
        resume: Resume,
        clock: Clock,
        units_max: u64,
    ) -> Run {
        let began_ms = self.shared.host.now_ms();
        let run = guest.resume(resume, clock, units_max);
        self.book.ran(Tier::Wasmi, run.units, self.shared.host.now_ms() - began_ms);
        run
    }
}

impl Sandbox for TieredSandbox {
    fn start(&self, artifact: &Artifact, config: GuestConfig) -> Result<Box<dyn Guest>, Trap> {
        self.make(artifact, config, None)
    }

    fn restore(
        &self,
        artifact: &Artifact,
        config: &GuestConfig,
        image: &Image,
    ) -> Result<Box<dyn Guest>, Trap> {
        self.make(artifact, config.clone(), Some(image))
    }

    fn runtime(&self, name: &str) -> Option<Artifact> {
        self.shared.wasmi.runtime(name)
    }

    fn tier(&self, name: &str) -> Option<TierReport> {
        let book = self.shared.book(name);
        Some(TierReport {
            choice: book.choice.get(),
            last: book.last.get(),
            stays: book.stays.get().filter(|_| book.last.get() == Some(Tier::Wasmi)),
            burned: [book.wasmi.get(), book.host.get()],
        })
    }

    fn choose_tier(&self, name: &str, choice: TierChoice) {
        let book = self.shared.book(name);
        book.choice.set(choice);
        book.stays.set(None);
    }

    #[allow(clippy::arc_with_non_send_sync, reason = "engines share it, threads do not")]
    fn hurried(&self) -> Option<Arc<dyn Sandbox>> {
        Some(Arc::new(Self { shared: Rc::clone(&self.shared), hurried: true }))
    }
}

/// A guest that begins on wasmi, and may move.
struct Tiered {
    owner: Owner,
    guest: Box<dyn Guest>,
    /// It is the host tier's now.
    moved: bool,
    may_move: bool,
    /// It waits for an event, or for what it has started.
    resting: bool,
    /// See [`Guest::allow`].
    allowed: (u64, u64),
}

impl Guest for Tiered {
    fn resume(&mut self, resume: Resume, clock: Clock, units_max: u64) -> Run {
        if self.moved {
            return self.guest.resume(resume, clock, units_max);
        }
        if self.resting && self.may_move && self.owner.book.wants_host() {
            let image = self.guest.image();
            match image.and_then(|image| host_tier::start(self.owner.clone(), Some(image))) {
                Some(mut guest) => {
                    guest.allow(self.allowed.0, self.allowed.1);
                    self.guest = guest;
                    self.moved = true;
                    return self.guest.resume(resume, clock, units_max);
                }
                None => {
                    self.may_move = false;
                    self.owner.book.stays(Stays::Module);
                }
            }
        }
        let run = self.owner.resume_on_wasmi(&mut *self.guest, resume, clock, units_max);
        self.resting = matches!(run.stop, Stop::Next { .. } | Stop::Pending);
        run
    }

    fn allow(&mut self, units: u64, stop_after: u64) {
        self.allowed = (units, stop_after);
        self.guest.allow(units, stop_after);
    }

    leave_to_guest!();

    fn image(&self) -> Option<Image> {
        self.guest.image()
    }

    fn reseed(&mut self, seed: u64) {
        self.guest.reseed(seed);
    }
}
